import { Effect, Option } from "effect"
import { JobEvent } from "../../domain/JobEvent.ts"
import { factsOf } from "../telemetry/jobEvents.ts"
import type { Attempt } from "./Attempt.ts"
import { blame } from "./Attempt.ts"
import type { Ended, SettledEnded } from "./Ended.ts"

/** The event of an attempt that has settled; none if a handler that settles its job by hand has told of it already. */
export const eventOf = (
  { claimSentAt, host: { now }, job }: Attempt,
  { end, failedWith, isRepeat, retryIn }: SettledEnded
): JobEvent | undefined =>
  isRepeat
    ? undefined
    : JobEvent.Settled({ ended: end, failedWith, retryIn, took: Option.some(now() - claimSentAt), ...factsOf(job) })

/** Tells how the attempt ended. */
export const tell = (attempt: Attempt, ended: Ended): Effect.Effect<void> => {
  const { host: { store: { events } }, job } = attempt
  const facts = factsOf(job)
  switch (ended._tag) {
    case "Settled": {
      const event = eventOf(attempt, ended)
      return event === undefined ? Effect.void : events.publish(event)
    }
    case "LeaseLost": {
      const { reason } = ended
      return Effect.flatMap(blame(attempt), (stall) => events.publish(JobEvent.LeaseLost({ reason, stall, ...facts })))
    }
    case "OutcomeUnknown":
      return events.publish(JobEvent.OutcomeUnknown({ error: ended.error, ...facts }))
  }
}
