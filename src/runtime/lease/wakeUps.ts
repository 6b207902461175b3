import type { Clock, Scope } from "effect"
import {
  Cause,
  Duration,
  Effect,
  FiberId,
  LogLevel,
  Option,
  Order,
  Runtime,
  RuntimeFlags,
  RuntimeFlagsPatch,
  SortedMap
} from "effect"
import { EventLoop } from "../../platform/EventLoop.ts"
import { line } from "../../platform/line.ts"
import { sleepingBy } from "../../platform/sleepingBy.ts"

/**
 * Wakes what waits for an instant, a few at a time. With a timer for each job, all
 * that are due together fire in one turn of the event loop: ten thousand beats
 * held it for more than a second.
 */
export interface WakeUps {
  /**
   * Runs `wake` at the monotonic millisecond `at`, or soon after, unless the answer is called before. It must not take
   * long. What it throws is logged.
   */
  readonly at: (at: number, wake: () => void) => () => void
  /** The worker's clock. Its sleepers are woken by `at`. */
  readonly clock: Clock.Clock
}

/** Waits for a monotonic millisecond, which is asked for as the wait begins. */
export const waitUntil = (at: WakeUps["at"], instant: () => number): Effect.Effect<void> =>
  Effect.async((resume) => Effect.sync(at(instant(), () => resume(Effect.void))))

/** As many as are woken in one turn of the event loop. Fifty beats take some 2 ms, and what they ask of the store about as much. */
const few = 50

/** The wake-ups of one worker, until the scope closes. No timer is set further ahead than `longest`: a process that is stopped here sets it late. */
export const makeWakeUps = (longest: Duration.Duration): Effect.Effect<WakeUps, never, Scope.Scope> =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const { turn } = yield* EventLoop
    const now = () => Number(clock.unsafeCurrentTimeNanos()) / 1e6
    /** Those who are to be woken, by the whole millisecond. */
    let waiting = SortedMap.empty<number, Set<() => void>>(Order.number)
    let last: { readonly at: number; readonly those: Set<() => void> } | undefined
    const earlier = Effect.unsafeMakeLatch(false)
    let sleepsUntil = Infinity
    const runFork = Runtime.runFork(yield* Effect.runtime())
    let isOver = false
    yield* Effect.addFinalizer(() => Effect.sync(() => void (isOver = true)))

    const those = (at: number): Set<() => void> => {
      if (last?.at === at) return last.those
      const found = Option.getOrElse(SortedMap.get(waiting, at), () => new Set<() => void>())
      if (found.size === 0) waiting = SortedMap.set(waiting, at, found)
      last = { at, those: found }
      return found
    }

    /** Takes these out of the line. Others may have taken their place. */
    const forget = (at: number, those: Set<() => void>) => {
      if (Option.getOrUndefined(SortedMap.get(waiting, at)) !== those) return
      waiting = SortedMap.remove(waiting, at)
      if (last?.at === at) last = undefined
    }

    /**
     * Sleeps until then, or for `longest`. The fiber does not give way between its look at the clock and its timer:
     * a handler that blocks the process there would make it late for all in line.
     */
    const sleepUntil = (at: number) =>
      Effect.suspend(() => clock.sleep(Duration.min(Duration.millis(Math.max(0, at - now())), longest))).pipe(
        Effect.withRuntimeFlagsPatch(RuntimeFlagsPatch.disable(RuntimeFlags.CooperativeYielding))
      )

    /** A claim may be answered when its worker has ended, and its lease still has to be shortened. */
    const afterTheEnd: WakeUps["at"] = (at, wake) => {
      const wait = Effect.repeat(sleepUntil(at), { until: () => at <= now() })
      const fiber = runFork(Effect.interruptible(Effect.zipRight(wait, Effect.sync(wake))))
      return () => fiber.unsafeInterruptAsFork(FiberId.none)
    }

    const at: WakeUps["at"] = (instant, wake) => {
      if (isOver) return afterTheEnd(instant, wake)
      const at = Math.ceil(instant)
      const together = those(at)
      // The same function may wait for several instants, or twice for one.
      const one = () => wake()
      together.add(one)
      // A timer that should have fired was set late.
      if (at < sleepsUntil || sleepsUntil <= now()) earlier.unsafeOpen()
      return () => {
        if (together.delete(one) && together.size === 0) forget(at, together)
      }
    }

    const waking = Effect.gen(function*() {
      let woken = 0
      while (true) {
        // Before the look: one that is added after it opens the latch again.
        yield* earlier.close
        const first = Option.getOrUndefined(SortedMap.headOption(waiting))
        sleepsUntil = first?.[0] ?? Infinity
        if (first === undefined) {
          yield* earlier.await
          continue
        }
        const [at, together] = first
        if (at > now()) {
          yield* Effect.raceFirst(sleepUntil(at), earlier.await)
          continue
        }
        for (const wake of together) {
          together.delete(wake)
          try {
            wake()
          } catch (thrown) {
            // A bug in Holdfast, which must not keep the other leases from being kept.
            yield* line(LogLevel.Error, "A wake-up threw; the lease that it was for may run out", {}, Cause.die(thrown))
          }
          if (++woken % few === 0) yield* turn
        }
        forget(at, together)
      }
    })
    // A worker may have been forked where nothing is interruptible.
    yield* Effect.forkScoped(Effect.interruptible(waking))

    return {
      at,
      clock: sleepingBy(clock, (duration) => waitUntil(at, () => now() + Duration.toMillis(duration)))
    }
  })
