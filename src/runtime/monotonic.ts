import { Clock, Effect } from "effect"

/**
 * Milliseconds on a clock that no one sets, for spans within this process only.
 * Effect's nanoseconds are Node's monotonic clock from a fixed origin.
 */
export const monotonicMillis: Effect.Effect<number> = Effect.map(
  Clock.currentTimeNanos,
  (nanos) => Number(nanos / 1_000_000n)
)
