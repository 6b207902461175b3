import type { Duration } from "effect"
import { Effect } from "effect"
import { isStoreError, StoreError } from "../domain/errors.ts"

/**
 * Calls the job store, and ends within the time given even where the call cannot
 * be interrupted. Fails with a StoreError of the operation when no answer comes in
 * time, and when the call throws or dies: a driver may throw what it should have
 * failed with. A call without an answer may have been carried out all the same.
 *
 * Interrupts the call when the time is over, or when its caller is interrupted,
 * and does not wait for it: a store that never answers must neither stop a loop
 * of the worker nor block its shutdown.
 */
export const callStore = <A, E>(
  operation: string,
  within: Duration.DurationInput,
  call: () => Effect.Effect<A, E>
): Effect.Effect<A, E | StoreError> =>
  Effect.suspend(call).pipe(
    Effect.disconnect,
    Effect.timeoutFail({
      duration: within,
      onTimeout: () => new StoreError({ operation, cause: new Error("no answer in time") })
    }),
    Effect.catchAllDefect((cause) => isStoreError(cause) ? cause : new StoreError({ operation, cause }))
  )
