import { Effect } from "effect"

/**
 * Milliseconds on a clock that no one sets, for spans within this process only.
 * Effect's nanoseconds are Node's monotonic clock from a fixed origin.
 */
export const monotonicMillis: Effect.Effect<number> = Effect.map(
  Effect.clock,
  // A TestClock's own effect dies between two milliseconds, where a jittered wait leaves it.
  (clock) => Number(clock.unsafeCurrentTimeNanos() / 1_000_000n)
)
