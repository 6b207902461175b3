import { Cause, Effect, Predicate } from "effect"
import type { StoreFailure } from "../../../index.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { Unavailable } from "../../../web/refusals.ts"

/** Logs why the database failed, and tells the caller only that it did. */
export const orUnavailable = <A, E, R>(
  effect: Effect.Effect<A, E | StorageError | StoreFailure, R>
): Effect.Effect<A, Exclude<E, StorageError | StoreFailure> | Unavailable, R> =>
  Effect.catchIf(
    effect,
    isDatabaseFailure,
    (error) =>
      Effect.zipRight(Effect.logError("The database failed during a request", Cause.fail(error)), new Unavailable())
  ) as Effect.Effect<A, Exclude<E, StorageError | StoreFailure> | Unavailable, R>

const isDatabaseFailure = (error: unknown): error is StorageError | StoreFailure =>
  ["StorageError", "StoreError", "ForeignTransaction"].some((tag) => Predicate.isTagged(error, tag))
