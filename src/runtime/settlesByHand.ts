import type { Duration } from "effect"
import { Effect, Either, Option } from "effect"
import type { SettledEnd } from "../domain/AttemptEnd.ts"
import type { FailedWith } from "../domain/JobEvent.ts"
import { JobEvent } from "../domain/JobEvent.ts"
import type { JobStatus } from "../domain/JobRecord.ts"
import type { Lease } from "../domain/Lease.ts"
import type { Fenced, Settled, StoreFailure } from "../store/JobStore.ts"
import { only } from "../store/JobStore.ts"
import { remember } from "./remember.ts"
import { factsOf } from "./telemetry/jobEvents.ts"
import type { ThenTell } from "../store/thenTell.ts"

/** Settles without an answer that are remembered at most. */
const mostUnanswered = 1000

/**
 * Settles by hand, and tells of each settle once: not again when it is repeated,
 * unless nothing was told of the first, whose answer was lost.
 */
export const settlesByHand = (thenTell: ThenTell) => {
  const unanswered = new Set<string>()
  return (
    lease: Lease,
    write: Effect.Effect<ReadonlyArray<Fenced<Settled>>, StoreFailure>,
    endOf: (status: JobStatus) => SettledEnd,
    failure?: { readonly failedWith: FailedWith; readonly delay: Option.Option<Duration.Duration> }
  ): Effect.Effect<boolean, StoreFailure> => {
    const name = `${lease.worker} ${lease.attempt} ${lease.jobId}`
    const noteUnanswered = Effect.sync(() => remember(unanswered, name, mostUnanswered))
    const told = thenTell(Effect.onError(only(write), () => noteUnanswered), (answer) => {
      const wasUnanswered = unanswered.delete(name)
      if (Either.isLeft(answer) || (answer.right.isRepeat && !wasUnanswered)) return []
      const ended = endOf(answer.right.status)
      return [JobEvent.Settled({
        ...factsOf({ kind: answer.right.kind, lease }),
        ended,
        failedWith: Option.fromNullable(failure?.failedWith),
        retryIn: ended === "retrying" ? failure?.delay ?? Option.none() : Option.none(),
        took: Option.none()
      })]
    })
    return Effect.map(told, Either.isRight)
  }
}
