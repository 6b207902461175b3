import { Effect, Option } from "effect"
import { JobEvent } from "../../domain/JobEvent.ts"
import { factsOf } from "../telemetry/jobEvents.ts"
import type { Attempt } from "./Attempt.ts"
import { blame } from "./Attempt.ts"
import type { Ended } from "./settle.ts"

/** Tells how the attempt ended. */
export const tell = (attempt: Attempt, ended: Ended): Effect.Effect<void> => {
  const { claimSentAt, host: { now, store: { events } }, job } = attempt
  const facts = factsOf(job)
  switch (ended._tag) {
    case "Settled": {
      const { end, failedWith, isRepeat, retryIn } = ended
      // A handler that settles its job by hand has told of it already.
      if (isRepeat) return Effect.void
      const took = Option.some(now() - claimSentAt)
      return events.publish(JobEvent.Settled({ ended: end, failedWith, retryIn, took, ...facts }))
    }
    case "LeaseLost": {
      const { reason } = ended
      return Effect.flatMap(blame(attempt), (stall) => events.publish(JobEvent.LeaseLost({ reason, stall, ...facts })))
    }
    case "OutcomeUnknown":
      return events.publish(JobEvent.OutcomeUnknown({ error: ended.error, ...facts }))
  }
}
