import type { Scheduler } from "effect"
import { Effect, FiberRef } from "effect"
import { callersContext } from "../../platform/asyncContext.ts"

/** Calls a function in the async context that this module was loaded in. */
const inContextOfModule = callersContext()

/**
 * Runs `effect`, and every fiber that it starts, outside the async context of what
 * starts or wakes it.
 *
 * Effect resumes a fiber in the context of what resumed it. A worker is woken by
 * the request that enqueues, cancels or gives the connection back, and its
 * handlers would see that request's AsyncLocalStorage: another tenant's.
 */
export const inOwnAsyncContext = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(
    FiberRef.get(FiberRef.currentScheduler),
    (scheduler) => Effect.withScheduler(effect, inOwnContext(scheduler))
  )

const inOwnContext = (scheduler: Scheduler.Scheduler): Scheduler.Scheduler => ({
  shouldYield: (fiber) => scheduler.shouldYield(fiber),
  scheduleTask: (task, priority, fiber) => inContextOfModule(() => scheduler.scheduleTask(task, priority, fiber))
})
