import { Clock, Effect } from "effect"

/** Whole, as the columns are; a test may set its clock between two. */
export const currentMillis = Effect.map(Clock.currentTimeMillis, Math.floor)
