import type { Scope } from "effect"
import { Data, Effect, Either, Option } from "effect"
import type { AttemptEnd } from "../../domain/AttemptEnd.ts"
import * as Backoff from "../../domain/Backoff.ts"
import { JobEvent } from "../../domain/JobEvent.ts"
import { Outcome } from "../../domain/Outcome.ts"
import { truncated } from "../../domain/readableCause.ts"
import { decodeJson } from "../../domain/wireValue.ts"
import { monotonicMillis } from "../../platform/monotonic.ts"
import type { JobStore } from "../../store/JobStore.ts"
import { claimed, factsOf, publish } from "../telemetry/jobEvents.ts"
import { LoopWatch } from "../telemetry/LoopWatch.ts"
import { placeInTrace } from "../telemetry/traceContext.ts"
import type { Attempt } from "./Attempt.ts"
import { blame } from "./Attempt.ts"
import { runHandler } from "./handler.ts"
import type { KeptLease } from "./heartbeat.ts"
import { keepLease } from "./heartbeat.ts"
import { HeldLeases } from "./HeldLeases.ts"
import type { Ended } from "./settle.ts"
import { settle } from "./settle.ts"

/**
 * Takes one claimed job to its end: keeps its lease, decodes the payload, runs
 * the handler, decides the outcome, settles and tells. Never fails. When it
 * returns the heartbeat has stopped, and the job is settled or its lease is left
 * to run out.
 */
export const runAttempt = (attempt: Attempt): Effect.Effect<void, never, JobStore> =>
  Effect.gen(function*() {
    yield* publish(claimed(attempt.job))
    const lease = yield* holdLease(attempt)
    const outcome = yield* Either.match(decodePayload(attempt), {
      onLeft: (refused) => Effect.succeed(refused),
      onRight: (payload) => runHandler(attempt, payload, lease)
    })
    // The heartbeat goes on while the job settles, and ends with this scope.
    const ended = yield* settle(attempt, outcome)
    yield* tell(attempt, ended)
  }).pipe(Effect.scoped, inItsSpan(attempt))

/** Keeps the lease until the scope closes, and has the rest of the process know that it does. */
const holdLease = (attempt: Attempt): Effect.Effect<KeptLease, never, JobStore | Scope.Scope> =>
  Effect.gen(function*() {
    const { job, stopRequest } = attempt
    const lease = yield* keepLease({
      ...attempt,
      interval: attempt.heartbeatInterval,
      stop: (reason) => stopRequest.tell(reason)
    })
    const held = yield* HeldLeases
    const loopWatch = yield* LoopWatch
    yield* Effect.acquireRelease(held.hold(job.lease, lease.deadline), () => held.letGo(job.lease))
    yield* loopWatch.runs(job.kind)
    yield* attempt.onKept(lease)
    return lease
  })

/**
 * The payload, or a failure. During a deployment the payload may belong to a
 * release that this worker does not have: another worker can read it, or this one
 * once it is replaced. No release can read text that is not JSON.
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

/** Tells how the attempt ended, and ends its span with that. */
const tell = (attempt: Attempt, ended: Ended) =>
  Effect.gen(function*() {
    const { claimSentAt, job } = attempt
    const facts = factsOf(job)
    switch (ended._tag) {
      case "Settled": {
        const { end, failedWith, isRepeat, retryIn } = ended
        const took = Option.some((yield* monotonicMillis) - claimSentAt)
        // A handler that settles its job by hand has told of it already.
        if (!isRepeat) yield* publish(JobEvent.Settled({ ...facts, ended: end, failedWith, retryIn, took }))
        yield* Effect.annotateCurrentSpan("job.outcome", end)
        if (Option.isSome(failedWith)) return yield* new AttemptFailed({ error: failedWith.value.name })
        return
      }
      case "LeaseLost": {
        const { reason } = ended
        yield* publish(JobEvent.LeaseLost({ ...facts, reason, stall: yield* blame(attempt) }))
        yield* Effect.annotateCurrentSpan("job.outcome", "lost" satisfies AttemptEnd)
        return yield* new AttemptFailed({ error: reason })
      }
      case "OutcomeUnknown":
        yield* publish(JobEvent.OutcomeUnknown({ ...facts, error: ended.error }))
        yield* Effect.annotateCurrentSpan("job.outcome", "unknown" satisfies AttemptEnd)
        return yield* new AttemptFailed({ error: "OutcomeUnknown" })
    }
  })

/** Ends the span of an attempt that failed, so that it reads as one. Names the error and shows nothing of it. */
class AttemptFailed extends Data.TaggedError("AttemptFailed")<{ readonly error: string }> {
  override get message() {
    return `The attempt failed with ${this.error}`
  }
}

/** Runs an attempt in a span of its own, and with its job named in every log line. */
const inItsSpan =
  ({ job }: Attempt) => <R>(run: Effect.Effect<void, AttemptFailed, R>): Effect.Effect<void, never, R> =>
    run.pipe(
      Effect.annotateLogs({ jobId: job.lease.jobId, kind: job.kind, attempt: job.lease.attempt }),
      Effect.withSpan(`job ${job.kind}`, {
        kind: "consumer",
        attributes: {
          "job.id": job.lease.jobId,
          "job.kind": job.kind,
          "job.queue": job.queue,
          "job.attempt": job.lease.attempt,
          "job.worker": job.lease.worker
        },
        ...placeInTrace(job)
      }),
      // It has been settled and logged, and is there for the span alone.
      Effect.catchTag("AttemptFailed", () => Effect.void)
    )
