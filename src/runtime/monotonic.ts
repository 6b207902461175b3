import { Effect } from "effect"
import { monotonicNanos } from "../store/monotonic.ts"

/** Milliseconds on a clock that no one sets, for spans within this process only. */
export const monotonicMillis: Effect.Effect<number> = Effect.map(monotonicNanos, (nanos) => Number(nanos / 1_000_000n))
