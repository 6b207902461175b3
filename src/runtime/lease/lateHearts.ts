import type { Scope } from "effect"
import { Duration, Effect } from "effect"
import { monotonicMillis } from "../../platform/monotonic.ts"

/**
 * Starts the heartbeats of a worker's jobs, each half an interval after its job
 * was claimed. Most jobs have ended by then, and have cost no fibers and no timers.
 */
export interface LateHearts {
  /**
   * Runs `start` half an interval after the monotonic millisecond `claimedAt`, unless the answer is called before.
   * Answers nothing where it cannot: at the monotonic millisecond `now` that is past, or a later claim is in line.
   * Then the caller starts it.
   */
  readonly add: (claimedAt: number, start: Effect.Effect<void>, now: number) => (() => void) | undefined
}

/** Runs until the scope closes. `interval` is that of the heartbeats. */
export const makeLateHearts = (interval: Duration.Duration): Effect.Effect<LateHearts, never, Scope.Scope> =>
  Effect.gen(function*() {
    const wait = Duration.toMillis(interval) / 2
    /** In the order they are due in. */
    const waiting = new Set<{ readonly at: number; readonly start: Effect.Effect<void> }>()
    const some = Effect.unsafeMakeLatch(false)
    let lastAt = -Infinity

    const starting = Effect.gen(function*() {
      while (true) {
        // Before the look: one that is added after it opens the latch again.
        yield* some.close
        const [first] = waiting
        if (first === undefined) {
          yield* some.await
          continue
        }
        yield* Effect.sleep(Math.max(0, first.at - (yield* monotonicMillis)))
        const now = yield* monotonicMillis
        for (const one of waiting) {
          if (one.at > now) break
          waiting.delete(one)
          yield* one.start
        }
      }
    })
    // A worker may have been forked where nothing is interruptible.
    yield* Effect.forkScoped(Effect.interruptible(starting))

    return {
      add: (claimedAt, start, now) => {
        const at = claimedAt + wait
        // One that was claimed before the last in line, or is due already, would start too late behind it.
        if (at < lastAt || at <= now) return undefined
        lastAt = at
        const one = { at, start }
        waiting.add(one)
        some.unsafeOpen()
        return () => void waiting.delete(one)
      }
    }
  })
