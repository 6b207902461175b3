import { Cause, Effect, Predicate } from "effect"
import type { StoreFailure } from "../../../index.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { Unavailable } from "../api/refusals.ts"

/** Tells the log, with its reason, that the database failed, and the caller only that it did. */
export const orUnavailable = <A, E, R>(
  effect: Effect.Effect<A, E | StorageError | StoreFailure, R>
): Effect.Effect<A, Exclude<E, StorageError | StoreFailure> | Unavailable, R> =>
  Effect.catchIf(
    effect,
    isOfDatabase,
    (error) =>
      Effect.zipRight(Effect.logError("The database failed under a request", Cause.fail(error)), new Unavailable())
  ) as Effect.Effect<A, Exclude<E, StorageError | StoreFailure> | Unavailable, R>

const isOfDatabase = (error: unknown): error is StorageError | StoreFailure =>
  ["StorageError", "StoreError", "ForeignTransaction"].some((tag) => Predicate.isTagged(error, tag))
