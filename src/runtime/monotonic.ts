import { Effect } from "effect"
import { monotonicNanos } from "../store/monotonic.ts"

/** Whole milliseconds, where an effect's clock gives nanoseconds. */
export const toMillis = (nanos: bigint): number => Number(nanos / 1_000_000n)

/** Milliseconds on a clock that no one sets, for spans within this process only. */
export const monotonicMillis: Effect.Effect<number> = Effect.map(monotonicNanos, toMillis)
