import type { Tracer } from "effect"
import { Data, Effect, Exit, Option } from "effect"
import type { AttemptEnd } from "../../domain/AttemptEnd.ts"
import { placeInTrace } from "../telemetry/traceContext.ts"
import type { ClaimedJob } from "../../store/JobStore.ts"
import type { Ended } from "./Ended.ts"

/** Begins the span of a job's attempt. */
export const openSpan = (job: ClaimedJob): Effect.Effect<Tracer.Span> =>
  Effect.makeSpan(`job ${job.kind}`, {
    kind: "consumer",
    attributes: {
      "job.id": job.lease.jobId,
      "job.kind": job.kind,
      "job.queue": job.queue,
      "job.attempt": job.lease.attempt,
      "job.worker": job.lease.worker
    },
    ...placeInTrace(job)
  })

/** Ends the span with how the attempt ended. */
export const closeSpan = (span: Option.Option<Tracer.Span>, ended: Ended): Effect.Effect<void> =>
  Option.match(span, {
    onNone: () => Effect.void,
    onSome: (span) =>
      Effect.map(Effect.clock, (clock) => {
        span.attribute("job.outcome", endOf(ended))
        span.end(clock.unsafeCurrentTimeNanos(), exitOf(ended))
      })
  })

const endOf = (ended: Ended): AttemptEnd =>
  ended._tag === "Settled" ? ended.end : ended._tag === "LeaseLost" ? "lost" : "unknown"

const exitOf = (ended: Ended): Exit.Exit<void, AttemptFailed> => {
  switch (ended._tag) {
    case "Settled":
      return Option.match(ended.failedWith, {
        onNone: () => Exit.void,
        onSome: ({ name }) => Exit.fail(new AttemptFailed({ error: name }))
      })
    case "LeaseLost":
      return Exit.fail(new AttemptFailed({ error: ended.reason }))
    case "OutcomeUnknown":
      return Exit.fail(new AttemptFailed({ error: "OutcomeUnknown" }))
  }
}

/** The failure in the span of an attempt that failed, so that it reads as one. Names the error and shows nothing of it. */
class AttemptFailed extends Data.TaggedError("AttemptFailed")<{ readonly error: string }> {
  override get message() {
    return `The attempt failed with ${this.error}`
  }
}
