import type { Tracer } from "effect"
import { Data, Effect, Exit, Option } from "effect"
import type { AttemptEnd } from "../../domain/AttemptEnd.ts"
import { placeInTrace } from "../telemetry/traceContext.ts"
import type { ClaimedJob } from "../../store/JobStore.ts"
import type { Ended } from "./Ended.ts"

/**
 * Begins the span of a job's attempt. Its attributes are those of OpenTelemetry's
 * conventions for messaging, where a queue is a destination and a job a message;
 * what they have no name for begins with `holdfast`. Its name has the kind where
 * they would have the queue, since most jobs of an app are in one queue.
 */
export const openSpan = (job: ClaimedJob): Effect.Effect<Tracer.Span> =>
  Effect.makeSpan(`process ${job.kind}`, {
    kind: "consumer",
    attributes: {
      "messaging.system": "holdfast",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": job.queue,
      "messaging.message.id": job.lease.jobId,
      "messaging.client.id": job.lease.worker,
      "holdfast.job.kind": job.kind,
      "holdfast.job.attempt": job.lease.attempt
    },
    ...placeInTrace(job)
  })

/** Ends the span with how the attempt ended. */
export const closeSpan = (span: Option.Option<Tracer.Span>, ended: Ended): Effect.Effect<void> =>
  Option.match(span, {
    onNone: () => Effect.void,
    onSome: (span) =>
      Effect.map(Effect.clock, (clock) => {
        span.attribute("holdfast.job.outcome", endOf(ended))
        const error = errorOf(ended)
        if (Option.isSome(error)) span.attribute("error.type", error.value)
        span.end(
          clock.unsafeCurrentTimeNanos(),
          Option.match(error, { onNone: () => Exit.void, onSome: (error) => Exit.fail(new AttemptFailed({ error })) })
        )
      })
  })

const endOf = (ended: Ended): AttemptEnd =>
  ended._tag === "Settled" ? ended.end : ended._tag === "LeaseLost" ? "lost" : "unknown"

/** The name of the error that an attempt failed with, or why nobody knows its outcome. */
const errorOf = (ended: Ended): Option.Option<string> => {
  switch (ended._tag) {
    case "Settled":
      return Option.map(ended.failedWith, ({ name }) => name)
    case "LeaseLost":
      return Option.some(ended.reason)
    case "OutcomeUnknown":
      return Option.some("OutcomeUnknown")
  }
}

/** The failure in the span of an attempt that failed, so that it reads as one. Names the error and shows nothing of it. */
class AttemptFailed extends Data.TaggedError("AttemptFailed")<{ readonly error: string }> {
  override get message() {
    return `The attempt failed with ${this.error}`
  }
}
