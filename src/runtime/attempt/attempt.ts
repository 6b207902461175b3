import {
  Clock,
  Context,
  Data,
  DateTime,
  Deferred,
  Duration,
  Effect,
  Either,
  Exit,
  Fiber,
  FiberRef,
  Option,
  Predicate,
  Schedule,
  Schema,
  Scope,
  Tracer
} from "effect"
import * as Backoff from "../../domain/Backoff.ts"
import { CurrentJob } from "../../domain/CurrentJob.ts"
import type { LeaseLost } from "../../domain/errors.ts"
import { isLasting, StoreError } from "../../domain/errors.ts"
import type { HandlerService } from "../../domain/Job.ts"
import type { JobStatus } from "../../domain/JobRecord.ts"
import { Outcome, outcomeOf, StopReason } from "../../domain/Outcome.ts"
import { truncated } from "../../domain/readableCause.ts"
import { decodeJson, encodeJson } from "../../domain/wireValue.ts"
import { withoutTransaction } from "../../store/ambientTransaction.ts"
import type { ClaimedJob, Fenced, Settled, StoreFailure } from "../../store/JobStore.ts"
import { JobStore, only } from "../../store/JobStore.ts"
import { recurUpTo } from "../../platform/monotonic.ts"
import { delayAfter } from "./delayAfter.ts"
import * as events from "../telemetry/events.ts"
import type { KeptLease } from "./heartbeat.ts"
import { beatMayTake, keepLease } from "./heartbeat.ts"
import { HeldLeases } from "./HeldLeases.ts"
import { LoopWatch } from "../telemetry/LoopWatch.ts"
import { monotonicMillis } from "../../platform/monotonic.ts"
import { placeInTrace } from "../telemetry/traceContext.ts"

/** How long a handler may take to stop once it is told to, before it counts as a zombie. */
const patience = Duration.seconds(30)

/** How long a worker that has to end still waits for the store to take an outcome. */
const lastWait = Duration.seconds(4)

/** One claimed job and what it takes to run it. */
export interface Attempt {
  readonly job: ClaimedJob
  readonly handler: HandlerService
  /** Milliseconds. */
  readonly leaseFor: number
  readonly heartbeatInterval: Duration.Duration
  /** Monotonic milliseconds, read before the claim was sent. */
  readonly claimSentAt: number
  /** Whether the handler is to run. Else the job is handed back: nobody waits for the claim any more. */
  readonly begins: boolean
  /** Succeeded by whoever wants the handler to stop; the first one counts. */
  readonly stopRequest: Deferred.Deferred<StopReason>
  /** Told of the lease once it is being kept. */
  readonly onKept: (lease: KeptLease) => Effect.Effect<void>
  /** Comes when the grace of its worker's shutdown is over. */
  readonly graceOver: Effect.Effect<void>
}

/**
 * Takes one claimed job to its end: decode, run under the lease, decide the
 * outcome, settle. Never fails. When it returns the heartbeat has stopped, and
 * the job is settled or its lease is left to run out.
 */
export const runAttempt = (attempt: Attempt): Effect.Effect<void, never, JobStore> =>
  Effect.gen(function*() {
    yield* events.claimed(attempt.job)
    // The heartbeat goes on while the job settles, and ends with this scope.
    const lease = yield* keepLease({
      ...attempt,
      interval: attempt.heartbeatInterval,
      stop: (reason) => Effect.asVoid(Deferred.succeed(attempt.stopRequest, reason))
    })
    const held = yield* HeldLeases
    const loopWatch = yield* LoopWatch
    yield* Effect.acquireRelease(
      held.hold(attempt.job.lease, lease.deadline),
      () => held.letGo(attempt.job.lease)
    )
    yield* loopWatch.runs(attempt.job.kind)
    yield* attempt.onKept(lease)
    const outcome = yield* Either.match(decodePayload(attempt), {
      onLeft: (refused) => Effect.succeed(refused),
      onRight: (payload) => runHandler(attempt, payload, lease)
    })
    const settled = yield* settle(attempt, outcome)
    yield* Effect.annotateCurrentSpan("job.outcome", settled.ended)
    if (settled.error !== undefined) return yield* new AttemptFailed({ error: settled.error })
  }).pipe(
    Effect.scoped,
    Effect.annotateLogs({
      jobId: attempt.job.lease.jobId,
      kind: attempt.job.kind,
      attempt: attempt.job.lease.attempt
    }),
    Effect.withSpan(`job ${attempt.job.kind}`, {
      kind: "consumer",
      attributes: {
        "job.id": attempt.job.lease.jobId,
        "job.kind": attempt.job.kind,
        "job.queue": attempt.job.queue,
        "job.attempt": attempt.job.lease.attempt,
        "job.worker": attempt.job.lease.worker
      },
      ...placeInTrace(attempt.job)
    }),
    // It has been settled and logged, and is there for the span alone.
    Effect.catchTag("AttemptFailed", () => Effect.void)
  )

/** Ends the span of an attempt that failed, so that it reads as one. Names the error and shows nothing of it. */
class AttemptFailed extends Data.TaggedError("AttemptFailed")<{ readonly error: string }> {
  override get message() {
    return `The attempt failed with ${this.error}`
  }
}

/**
 * While an app is deployed, a payload may be of a release that this worker is not
 * of: another reads it, or this one once it is replaced. Text that is not JSON no
 * release reads.
 */
const decodePayload = ({ handler, job }: Attempt): Either.Either<unknown, Outcome> =>
  Either.mapLeft(
    decodeJson(job.kind, "payload", handler.job.payloadSchema, job.payload),
    (error) =>
      Outcome.Fail({
        error: truncated(error.message),
        name: error._tag,
        final: job.payload === undefined,
        retryAfter: Backoff.undecodedDelay(job.lease.failures + 1)
      })
  )

/** Runs the handler in a fiber of its own, which a stop request interrupts, and decides what its end means. */
const runHandler = (attempt: Attempt, payload: unknown, lease: KeptLease) =>
  Effect.gen(function*() {
    const { handler, job, stopRequest } = attempt
    const beatBy = (yield* lease.deadline) - Duration.toMillis(beatMayTake(attempt.heartbeatInterval))
    if (!attempt.begins || beatBy <= (yield* monotonicMillis)) {
      // The claim's answer was so late that its worker ends, that no beat may come before the deadline, or that another
      // attempt may run by now. If none does, handing it back costs nothing.
      yield* events.claimedTooLate(yield* blame(attempt))
      return Outcome.Release()
    }
    const unhandled = yield* FiberRef.get(FiberRef.unhandledErrorLogLevel)
    const fiber = yield* handle(handler, payload).pipe(
      Effect.scoped,
      Effect.provideService(CurrentJob, yield* currentJob(attempt, lease)),
      Effect.withUnhandledErrorLogLevel(unhandled),
      Effect.interruptible,
      Effect.fork,
      // A fiber that fails logs its whole error by itself; this one's is an outcome, and may show the payload.
      Effect.withUnhandledErrorLogLevel(Option.none())
    )
    if (Option.isSome(handler.job.timeout)) {
      const after = handler.job.timeout.value
      yield* Deferred.succeed(stopRequest, StopReason.TimedOut({ after })).pipe(Effect.delay(after), Effect.forkScoped)
    }
    yield* Effect.forkScoped(Effect.gen(function*() {
      const reason = yield* Deferred.await(stopRequest)
      yield* events.stopping(reason, yield* blame(attempt))
      yield* Fiber.interruptFork(fiber)
      yield* Effect.sleep(patience)
      yield* events.zombie(job)
      yield* lease.letGo
    }))
    const exit = yield* Fiber.await(fiber)
    const stopped = yield* Deferred.poll(stopRequest)
    return outcomeOf(exit, Option.isSome(stopped) ? Option.some(yield* stopped.value) : Option.none())
  }).pipe(Effect.scoped)

/**
 * A handler runs in the services its layer was built with, but in no transaction
 * that was open then, and takes from the attempt what belongs to the attempt.
 */
const handle = ({ run, services }: HandlerService, payload: unknown) =>
  Effect.contextWithEffect((attempt: Context.Context<CurrentJob | Scope.Scope>) =>
    run(payload).pipe(
      Effect.provide(Context.merge(withoutTransaction(services), attemptServices(attempt as Context.Context<never>)))
    )
  )

const attemptServices = Context.pick(CurrentJob, Scope.Scope, Tracer.ParentSpan)

const currentJob = ({ job }: Attempt, lease: KeptLease) =>
  Effect.map(JobStore, (store) =>
    CurrentJob.of({
      id: job.lease.jobId,
      kind: job.kind,
      queue: job.queue,
      partitionKey: job.partitionKey,
      attempt: job.lease.attempt,
      fencingToken: job.lease.attempt,
      lease: job.lease,
      deadline: Effect.gen(function*() {
        const left = (yield* lease.deadline) - (yield* monotonicMillis)
        return DateTime.unsafeMake((yield* Clock.currentTimeMillis) + left)
      }),
      progress: (value) =>
        Effect.gen(function*() {
          const progress = yield* encodeJson(job.kind, "progress", Schema.Unknown, value)
          yield* yield* only(store.progress([{ lease: job.lease, progress }]))
        })
    }))

/**
 * Writes the outcome, again and again until the store answers: for at most as
 * long as one lease, and for 4 s when the worker's grace is over; not when the
 * database was replaced. What is given up goes stale, as after a crash.
 */
const settle = (attempt: Attempt, outcome: Outcome): Effect.Effect<Ended, never, JobStore> =>
  Effect.gen(function*() {
    const { claimSentAt, job, leaseFor } = attempt
    if (outcome._tag === "Abandon") {
      return yield* Effect.as(events.leaseLost(job, outcome.reason, yield* blame(attempt)), lost)
    }
    const delay = outcome._tag === "Fail" && !outcome.final
      ? outcome.retryAfter === undefined
        ? yield* delayAfter(attempt.handler.job.backoff, job.lease.failures + 1)
        : Option.some(outcome.retryAfter)
      : Option.none()
    const write = settlement(attempt, outcome, delay).pipe(
      // An answer that never comes is asked for again: if the first write happened, the second is told so.
      Effect.disconnect,
      Effect.timeoutFail({
        duration: Math.max(1000, leaseFor / 8),
        onTimeout: () => new StoreError({ operation: "settle", cause: new Error("no answer in time") })
      }),
      Effect.catchAllDefect((cause) => new StoreError({ operation: "settle", cause })),
      Effect.tapError(events.settleFailed)
    )
    const writeOr = <A>(leaseLost: A) => Effect.map(write, Either.getOrElse(() => leaseLost))
    // A write that failed may have happened all the same, and the job been settled again since.
    const answer = yield* Effect.catchIf(
      writeOr(lost),
      Predicate.not(isLasting),
      () => Effect.retry(writeOr(unknown), { schedule: untilLeaseIsOver(leaseFor), until: isLasting })
    ).pipe(
      Effect.raceFirst(Effect.zipRight(attempt.graceOver, Effect.delay(hasToEnd, lastWait))),
      Effect.exit
    )
    if (Exit.isFailure(answer)) return yield* Effect.as(events.settleGivenUp(job, answer.cause), unknown)
    const { ended, ...more } = answer.value
    if (ended === "lost") yield* events.leaseLost(job, "LeaseLost", yield* blame(attempt))
    else if (ended === "unknown") yield* events.outcomeUnknown(job)
    else yield* events.settled(job, ended, (yield* monotonicMillis) - claimSentAt, more)
    return answer.value
  })

/** The stall of the event loop that may have cost an attempt its lease. */
const blame = ({ leaseFor }: Attempt) => Effect.flatMap(LoopWatch, (loopWatch) => loopWatch.blame(leaseFor))

const hasToEnd = Effect.fail(new StoreError({ operation: "settle", cause: new Error("the worker has to end") }))

/** Again after 50 ms, then later, to at most 5 s, for as long as one lease. */
const untilLeaseIsOver = (leaseFor: number) =>
  Schedule.exponential("50 millis").pipe(
    Schedule.union(Schedule.spaced("5 seconds")),
    Schedule.jittered,
    Schedule.intersect(recurUpTo(leaseFor))
  )

/** How an attempt ended, in the words of logs and metrics, and what else a line may show of it. */
interface Settlement {
  readonly ended: "succeeded" | "retrying" | "failed" | "snoozed" | "released" | "cancelled"
  readonly error?: string
  /** Of the error: only for apps whose errors may be logged. */
  readonly text?: string
  readonly retryIn?: string | undefined
}

/** The same for its span, which also knows the attempt whose outcome was not written, or may not have been. */
type Ended = Settlement | typeof lost | typeof unknown

const lost = { ended: "lost", error: "LeaseLost" } as const

const unknown = { ended: "unknown", error: "OutcomeUnknown" } as const

/** The write that settles a job with this outcome; what failed is tried again after `delay`, or with none never. */
const settlement = (
  attempt: Attempt,
  outcome: Exclude<Outcome, { readonly _tag: "Abandon" }>,
  delay: Option.Option<Duration.Duration>
): Effect.Effect<Either.Either<Settlement, LeaseLost>, StoreFailure, JobStore> =>
  Effect.gen(function*() {
    const store = yield* JobStore
    const { handler, job } = attempt
    const { lease } = job
    switch (outcome._tag) {
      case "Complete": {
        const result = encodeJson(job.kind, "result", handler.job.successSchema, outcome.value)
        // The side effect is done, and another attempt would do it again.
        if (Either.isLeft(result)) {
          const { _tag, message } = result.left
          const refused = Outcome.Fail({ error: truncated(message), name: _tag, final: true })
          return yield* settlement(attempt, refused, Option.none())
        }
        return yield* one(store.complete([{ lease, result: result.right }]), () => ({ ended: "succeeded" }))
      }
      case "Fail": {
        const { error, name } = outcome
        const retryAfter = Option.getOrNull(Option.map(delay, Backoff.storableMillis))
        return yield* one(store.fail([{ lease, error, retryAfter }]), (status) =>
          status === "pending"
            ? {
              ended: "retrying",
              error: name,
              text: error,
              retryIn: Option.getOrUndefined(Option.map(delay, Duration.format))
            }
            : { ended: status === "cancelled" ? "cancelled" : "failed", error: name, text: error })
      }
      case "Snooze": {
        const delay = Backoff.storableMillis(outcome.delay)
        return yield* one(store.release([{ lease, delay }]), (status) => ({
          ended: status === "cancelled" ? "cancelled" : "snoozed"
        }))
      }
      case "Release":
        return yield* one(store.release([{ lease, delay: 0 }]), (status) => ({
          ended: status === "cancelled" ? "cancelled" : "released"
        }))
    }
  })

/** The answer to the one item of a settle. */
const one = (
  answers: Effect.Effect<ReadonlyArray<Fenced<Settled>>, StoreFailure>,
  ended: (status: JobStatus) => Settlement
) => Effect.map(only(answers), Either.map(({ status }) => ended(status)))
