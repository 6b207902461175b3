import { Effect, Exit, FiberId, Scheduler } from "effect"

/**
 * Runs an effect in a fiber that gives way before its n-th operation, and is
 * interrupted there. Answers whether it came that far; it has ended, however it
 * ended.
 */
export const interruptedAt = <A, E, R>(n: number, effect: Effect.Effect<A, E, R>): Effect.Effect<boolean, never, R> =>
  Effect.flatMap(Effect.context<R>(), (context) =>
    Effect.async<boolean>((resume) => {
      let operations = 0
      let interrupted = false
      const fiber = Effect.runFork(Effect.provide(effect, context), {
        immediate: false,
        scheduler: {
          shouldYield: () => operations++ === n ? 0 : false,
          scheduleTask: (task, priority) => {
            if (operations > n && !interrupted) {
              interrupted = true
              fiber.unsafeInterruptAsFork(FiberId.none)
            }
            Scheduler.defaultScheduler.scheduleTask(task, priority)
          }
        }
      })
      fiber.addObserver(() => resume(Effect.succeed(interrupted)))
    }))

/** What `look` finds before each operation of an effect, until the effect has ended. */
export const atEachOperation = <A, E, R, B>(
  effect: Effect.Effect<A, E, R>,
  look: () => B
): Effect.Effect<ReadonlyArray<B>, never, R> =>
  Effect.flatMap(Effect.context<R>(), (context) =>
    Effect.async<ReadonlyArray<B>>((resume) => {
      const found: Array<B> = []
      const fiber = Effect.runFork(Effect.provide(effect, context), {
        immediate: false,
        scheduler: {
          shouldYield: () => {
            found.push(look())
            return false
          },
          scheduleTask: (task, priority) => Scheduler.defaultScheduler.scheduleTask(task, priority)
        }
      })
      fiber.addObserver(() => resume(Effect.succeed(found)))
    }))

/** Whether an effect succeeds. One that never ends is given up after some seconds of real time. */
export const succeeds = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.exit,
    Effect.disconnect,
    Effect.timeoutTo({ duration: "5 seconds", onTimeout: () => false, onSuccess: Exit.isSuccess })
  )
