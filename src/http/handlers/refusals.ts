import { Cause, Effect, Match } from "effect"
import { bounded } from "../../domain/bounded.ts"
import type {
  InvalidOption,
  JobNotFound,
  JobNotPending,
  JobNotRetryable,
  JobRunning,
  StoreFailure,
  UniqueKeyTaken
} from "../../index.ts"
import { InvalidRequest, Unavailable } from "../../web/refusals.ts"
import * as Refusal from "../api/refusals.ts"
import type { StoreBusy } from "./limitedQueue.ts"

/** The failures of a call of the queue. */
export type QueueFailure =
  | InvalidOption
  | JobNotFound
  | JobNotPending
  | JobNotRetryable
  | JobRunning
  | UniqueKeyTaken
  | StoreFailure
  | StoreBusy

/** The refusal that tells of each failure. */
interface RefusalFor {
  readonly InvalidOption: InvalidRequest
  readonly JobNotFound: Refusal.JobNotFound
  readonly JobNotPending: Refusal.JobNotPending
  readonly JobNotRetryable: Refusal.JobNotRetryable
  readonly JobRunning: Refusal.JobRunning
  readonly UniqueKeyTaken: Refusal.UniqueKeyTaken
  readonly StoreError: Unavailable
  readonly ForeignTransaction: Unavailable
  readonly StoreBusy: Unavailable
}

/** Says in the API's words why the queue did not do something. A failure of the store is logged, and its cause not sent. */
export const refusing = <A, E extends QueueFailure, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, RefusalFor[E["_tag"]], R> =>
  Effect.catchAll(
    effect,
    (error) => Effect.zipRight(logged(error), Effect.fail(refusalOf(error) as RefusalFor[E["_tag"]]))
  )

/** Logs a failure of the store, which the caller is not told the cause of. */
export const logged = (error: QueueFailure) =>
  !isOfStore(error)
    ? Effect.void
    : error._tag === "StoreBusy"
    ? Effect.logWarning(`A request was refused: ${error.message}`)
    : Effect.logError("The job store failed during a request", Cause.fail(error))

/** True if the store itself failed or is busy, so that the next call of it would fail too. */
export const isOfStore = (error: QueueFailure): error is StoreBusy | StoreFailure =>
  error._tag === "StoreError" || error._tag === "ForeignTransaction" || error._tag === "StoreBusy"

/** An id is as long as a request may be. */
const shownBytes = 500

export const refusalOf = (error: QueueFailure): RefusalFor[keyof RefusalFor] => {
  const message = bounded(error.message, shownBytes)
  return Match.valueTags(error, {
    InvalidOption: ({ allowed, given, option }) =>
      new InvalidRequest({
        issues: [{ path: option, message: `expected ${allowed}, got ${bounded(given, shownBytes)}` }]
      }),
    JobNotFound: () => new Refusal.JobNotFound({ message }),
    JobNotPending: ({ status }) => new Refusal.JobNotPending({ status, message }),
    JobNotRetryable: ({ status }) => new Refusal.JobNotRetryable({ status, message }),
    JobRunning: () => new Refusal.JobRunning({ message }),
    UniqueKeyTaken: ({ heldBy }) => new Refusal.UniqueKeyTaken({ heldBy, message }),
    StoreError: () => new Unavailable(),
    ForeignTransaction: () => new Unavailable(),
    StoreBusy: () => new Unavailable()
  })
}
