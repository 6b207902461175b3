import type { Scope } from "effect"
import { Duration, Effect, FiberId, Queue, Runtime, Scheduler } from "effect"
import { EventLoop } from "../../platform/EventLoop.ts"
import { StandStill } from "../../platform/StandStill.ts"
import { sleepingBy } from "../../platform/sleepingBy.ts"
import type { JobStore } from "../../store/JobStore.ts"
import * as log from "../telemetry/workerLog.ts"
import { resumesAfter } from "../lease/heartbeat.ts"
import { AtOnce } from "../../store/AtOnce.ts"
import type { Slots } from "./Slots.ts"

/** Milliseconds that a crashing process waits for another process's lock: longer than most commits take. */
const waitsAtMost = 1_000

/**
 * Makes the function that shortens a worker's leases to 5 s when its process
 * crashes. The write has ended when it returns, since a process that dies runs
 * nothing more. It hands no job back: work that a handler has started may go on
 * without the process.
 *
 * A process that does not die, because the app listens to uncaught exceptions,
 * extends its leases again after half of that.
 */
export const makeCutLeases = (
  store: typeof JobStore.Service,
  slots: Slots
): Effect.Effect<() => void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const runtime = yield* Effect.runtime()
    const survived = yield* Queue.sliding<void>(1)
    let isCut = false
    yield* Queue.take(survived).pipe(
      Effect.zipRight(log.survivedCrash),
      Effect.zipRight(slots.resume),
      Effect.zipRight(Effect.sleep(resumesAfter)),
      Effect.zipRight(Effect.sync(() => void (isCut = false))),
      Effect.forever,
      Effect.forkScoped
    )
    return () => {
      // Exceptions that come one after the other must not put off the next extension forever.
      if (isCut) return
      isCut = true
      const items = Runtime.runSync(runtime)(slots.cut)
      if (items.length === 0) return void (isCut = false)
      runNow(runtime, store.extend(items))
      Queue.unsafeOffer(survived, undefined)
    }
  })

/**
 * Runs an effect to its end before it returns. Waits for time to pass by standing
 * still, and gives the effect up when it waits for longer, or for something that
 * cannot come meanwhile, as for a transaction of this process to end.
 */
const runNow = (runtime: Runtime.Runtime<never>, effect: Effect.Effect<unknown, unknown>): void => {
  const scheduler = new Scheduler.SyncScheduler()
  const fiber = effect.pipe(
    standingStill,
    Effect.provideService(AtOnce, true),
    Effect.provideService(EventLoop, { turn: Effect.void, overdue: () => false }),
    Effect.interruptible,
    (atOnce) => Runtime.runFork(runtime)(atOnce, { scheduler })
  )
  scheduler.flush()
  // Nothing of it happens later: it hears of this first.
  if (fiber.unsafePoll() === null) fiber.unsafeInterruptAsFork(FiberId.none)
}

/** Runs an effect by a clock whose sleep keeps the whole process waiting: for `waitsAtMost` in all, and forever after that. */
const standingStill = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const standStill = yield* StandStill
    let left = waitsAtMost
    const sleep = (duration: Duration.Duration) =>
      Effect.suspend(() => {
        const millis = Duration.toMillis(duration)
        left -= millis
        return left < 0 ? Effect.never : Effect.sync(() => standStill(millis))
      })
    return yield* Effect.withClock(effect, sleepingBy(clock, sleep))
  })
