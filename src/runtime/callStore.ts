import type { Duration } from "effect"
import { Effect, Fiber, Runtime } from "effect"
import { isStoreError, StoreError } from "../domain/errors.ts"

/**
 * Calls the job store, and ends within the time given even where the call cannot
 * be interrupted; its caller must be interruptible. Fails with a StoreError of the
 * operation when no answer comes in time, and when the call throws or dies: a
 * driver may throw what it should have failed with. A call without an answer may
 * have been carried out all the same.
 *
 * Interrupts the call when the time is over, when `orUntil` fails, or when its
 * caller is interrupted, and does not wait for it: a store that never answers
 * must neither stop a loop of the worker nor block its shutdown.
 *
 * The call runs in a fiber of its own, and FiberRefs that it sets are not passed
 * back. Most calls are answered without waiting for anything. Only the others get
 * a timer, and fibers that wait for whichever comes first.
 */
export const callStore = <A, E>(
  operation: string,
  within: Duration.DurationInput,
  call: () => Effect.Effect<A, E>,
  orUntil: Effect.Effect<never, StoreError> = Effect.never
): Effect.Effect<A, E | StoreError> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(startNow(restore(call())), (fiber) =>
      fiber.unsafePoll() ?? restore(
        Effect.flatten(Fiber.await(fiber)).pipe(
          Effect.timeoutFail({
            duration: within,
            onTimeout: () => new StoreError({ operation, cause: new Error("no answer in time") })
          }),
          orUntil === Effect.never ? (answered) => answered : Effect.raceFirst(orUntil)
        )
      ).pipe(Effect.onError(() => Fiber.interruptFork(fiber))))
  ).pipe(
    Effect.catchAllDefect((cause) => isStoreError(cause) ? cause : new StoreError({ operation, cause }))
  )

/** Runs an effect in a fiber of its own, at once and up to its first wait. */
const startNow = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<Fiber.RuntimeFiber<A, E>> =>
  Effect.withFiberRuntime((caller, { runtimeFlags }) =>
    Effect.succeed(
      Runtime.runFork(
        Runtime.make({ context: caller.currentContext, fiberRefs: caller.getFiberRefs(), runtimeFlags }),
        effect
      )
    )
  )
