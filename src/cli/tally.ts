import { Effect, Metric, Option } from "effect"
import { metrics } from "../index.ts"

/** The outcomes that `metrics.settled` counts, in everyday words. Those that are always shown come first. */
const ends = [
  ["succeeded", "succeeded", true],
  ["failed", "failed", true],
  ["released", "handed back", true],
  ["retrying", "to be retried", false],
  ["snoozed", "snoozed", false],
  ["cancelled", "cancelled", false]
] as const

/** The number of attempts of these kinds that have ended in this process, and how. */
export interface Tally {
  readonly total: number
  /** Such as "1 succeeded, 0 failed, 0 handed back"; none if nothing has ended. */
  readonly words: Option.Option<string>
}

/** Counts the attempts that have ended by now. */
export const tally = (kinds: ReadonlyArray<string>): Effect.Effect<Tally> =>
  Effect.map(
    Effect.forEach(ends, ([outcome, words, isAlwaysTold]) =>
      Effect.map(
        Effect.forEach(
          kinds,
          (kind) => Metric.value(Metric.tagged(Metric.tagged(metrics.settled, "kind", kind), "outcome", outcome))
        ),
        (states) => ({ words, isAlwaysTold, count: states.reduce((sum, { count }) => sum + count, 0) })
      )),
    (counted) => {
      const total = counted.reduce((sum, { count }) => sum + count, 0)
      const told = counted.filter(({ count, isAlwaysTold }) => isAlwaysTold || count > 0)
      return {
        total,
        words: total === 0 ? Option.none() : Option.some(told.map(({ count, words }) => `${count} ${words}`).join(", "))
      }
    }
  )
