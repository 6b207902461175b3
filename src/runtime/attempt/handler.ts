import {
  Clock,
  Context,
  DateTime,
  Duration,
  Effect,
  Fiber,
  FiberRef,
  Option,
  Runtime,
  Schema,
  Scope,
  Tracer
} from "effect"
import { CurrentJob } from "../../domain/CurrentJob.ts"
import { JobEvent } from "../../domain/JobEvent.ts"
import type { HandlerService } from "../../domain/Job.ts"
import { Outcome, outcomeOf, StopReason } from "../../domain/Outcome.ts"
import { encodeJson } from "../../domain/wireValue.ts"
import { monotonicMillis } from "../../platform/monotonic.ts"
import { withoutTransaction } from "../../store/ambientTransaction.ts"
import { JobStore, only } from "../../store/JobStore.ts"
import { factsOf, publish } from "../telemetry/jobEvents.ts"
import * as log from "../telemetry/workerLog.ts"
import type { Attempt } from "./Attempt.ts"
import { blame } from "./Attempt.ts"
import type { KeptLease } from "./heartbeat.ts"
import { beatMayTake } from "./heartbeat.ts"

/** How long a handler may take to stop once it is told to, before it counts as a zombie. */
const patience = Duration.seconds(30)

/** Runs the handler in a fiber of its own, which a stop request interrupts, and decides what its end means. */
export const runHandler = (attempt: Attempt, payload: unknown, lease: KeptLease) =>
  Effect.gen(function*() {
    const { handler, job, stopRequest } = attempt
    const beatBy = (yield* lease.deadline) - Duration.toMillis(beatMayTake(attempt.heartbeatInterval))
    if (!attempt.begins || beatBy <= (yield* monotonicMillis)) {
      // The claim was answered so late that its worker ends, or that no beat can come before the deadline, or that
      // another attempt may run by now. If none does, handing the job back costs nothing.
      yield* log.claimedTooLate(yield* blame(attempt))
      return Outcome.Release()
    }
    const unhandled = yield* FiberRef.get(FiberRef.unhandledErrorLogLevel)
    const fiber = yield* handle(handler, payload).pipe(
      Effect.scoped,
      Effect.provideService(CurrentJob, yield* currentJob(attempt, lease)),
      Effect.withUnhandledErrorLogLevel(unhandled),
      Effect.interruptible,
      Effect.fork,
      // A fiber that fails logs its whole error by itself. The error of this one is an outcome, and may show the payload.
      Effect.withUnhandledErrorLogLevel(Option.none())
    )
    if (Option.isSome(handler.job.timeout)) {
      const after = handler.job.timeout.value
      yield* stopRequest.tell(StopReason.TimedOut({ after })).pipe(Effect.delay(after), Effect.forkScoped)
    }
    const stop = (reason: StopReason) =>
      Effect.gen(function*() {
        yield* publish(JobEvent.Stopping({ ...factsOf(job), reason, stall: yield* blame(attempt) }))
        yield* Fiber.interruptFork(fiber)
        yield* Effect.sleep(patience)
        yield* publish(JobEvent.Zombie(factsOf(job)))
        yield* lease.letGo
      })
    // Few handlers are told to stop, so no fiber waits for it.
    const runtime = yield* Effect.runtime<JobStore>()
    let stopping: Fiber.RuntimeFiber<void> | undefined
    const listenNoMore = stopRequest.listen((reason) => {
      stopping = Runtime.runFork(runtime)(stop(reason), { immediate: false })
    })
    const exit = yield* Fiber.await(fiber)
    const { reason } = stopRequest
    listenNoMore()
    if (stopping !== undefined) yield* Fiber.interrupt(stopping)
    return outcomeOf(exit, Option.fromNullable(reason))
  }).pipe(Effect.scoped)

/**
 * Runs a handler in the services that its layer was built with, but in no
 * transaction that was open then. What belongs to the attempt comes from the
 * attempt.
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
