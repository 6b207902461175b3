import type { Scope } from "effect"
import { Clock, Duration, Effect, Option, Order, SortedMap } from "effect"
import { EventLoop } from "../../platform/EventLoop.ts"

/**
 * Wakes what waits for an instant, a few at a time. Of a timer for each job all
 * that are due together fire in one turn of the event loop: ten thousand beats
 * held it for more than a second.
 */
export interface WakeUps {
  /**
   * Runs `wake` at the monotonic millisecond `at`, or soon after, unless the answer is called before. It must neither
   * throw nor take long.
   */
  readonly at: (at: number, wake: () => void) => () => void
  /** The clock of whoever made this, whose sleepers are woken like that. */
  readonly clock: Clock.Clock
}

/** As many as are woken in one turn of the event loop. Fifty beats take some 2 ms, and what they ask of the store about as much. */
const few = 50

/** The wake-ups of one worker, until the scope closes. No timer is set further ahead than `longest`: a process that is stopped here sets it late. */
export const makeWakeUps = (longest: Duration.Duration): Effect.Effect<WakeUps, never, Scope.Scope> =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const { turn } = yield* EventLoop
    const now = () => Number(clock.unsafeCurrentTimeNanos()) / 1e6
    /** Those who are to be woken, by the whole millisecond. */
    let line = SortedMap.empty<number, Set<() => void>>(Order.number)
    let last: { readonly at: number; readonly those: Set<() => void> } | undefined
    const earlier = Effect.unsafeMakeLatch(false)
    let sleepsUntil = Infinity

    const those = (at: number): Set<() => void> => {
      if (last?.at === at) return last.those
      const found = Option.getOrElse(SortedMap.get(line, at), () => new Set<() => void>())
      if (found.size === 0) line = SortedMap.set(line, at, found)
      last = { at, those: found }
      return found
    }

    const forget = (at: number) => {
      line = SortedMap.remove(line, at)
      if (last?.at === at) last = undefined
    }

    const at: WakeUps["at"] = (instant, wake) => {
      const at = Math.ceil(instant)
      const together = those(at)
      // The same function may wait for several instants, or twice for one.
      const one = () => wake()
      together.add(one)
      if (at < sleepsUntil) earlier.unsafeOpen()
      return () => {
        if (together.delete(one) && together.size === 0) forget(at)
      }
    }

    const waking = Effect.gen(function*() {
      while (true) {
        // Before the look: one that is added after it opens the latch again.
        yield* earlier.close
        const first = Option.getOrUndefined(SortedMap.headOption(line))
        sleepsUntil = first?.[0] ?? Infinity
        if (first === undefined) {
          yield* earlier.await
          continue
        }
        const [at, together] = first
        const left = at - now()
        if (left > 0) {
          const wait = Duration.min(Duration.millis(left), longest)
          yield* Effect.raceFirst(clock.sleep(wait), earlier.await)
          continue
        }
        let woken = 0
        for (const wake of together) {
          together.delete(wake)
          wake()
          if (++woken % few === 0) yield* turn
        }
        forget(at)
      }
    })
    // A worker may have been forked where nothing is interruptible.
    yield* Effect.forkScoped(Effect.interruptible(waking))

    return {
      at,
      clock: {
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis(),
        unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
        currentTimeMillis: clock.currentTimeMillis,
        currentTimeNanos: clock.currentTimeNanos,
        sleep: (duration) =>
          Effect.async<void>((resume) => {
            const callOff = at(now() + Duration.toMillis(duration), () => resume(Effect.void))
            return Effect.sync(callOff)
          })
      }
    }
  })
