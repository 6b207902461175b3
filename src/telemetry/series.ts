import type { Metric, MetricKeyType } from "effect"
import { Effect } from "effect"
import { updateLabelled } from "../runtime/telemetry/updateLabelled.ts"

type Labels = Readonly<Record<string, string>>

/** The most label sets of a gauge. Effect never forgets a metric, and an app may have a queue for each tenant. */
const mostSeries = 100

/** The value of each label in the label set that all further ones share. */
const others = "(others)"

/**
 * Makes a function that sets a gauge to the labelled values of a read. Label sets of
 * an earlier read that are missing now are set to 0. Those after the first hundred
 * share one, and `both` merges two values that share it.
 */
export const makeSeries = (
  gauge: Metric.Metric<MetricKeyType.MetricKeyType.Gauge<number>, number, unknown>,
  both: (one: number, other: number) => number
) => {
  const known = new Map<string, Labels>()
  return (values: Iterable<readonly [labels: Labels, value: number]>): Effect.Effect<void> =>
    Effect.suspend(() => {
      const now = new Map<string, number>()
      for (const [given, value] of values) {
        const labels = known.has(nameOf(given)) || known.size < mostSeries ? given : allOthers(given)
        const name = nameOf(labels)
        known.set(name, labels)
        const before = now.get(name)
        now.set(name, before === undefined ? value : both(before, value))
      }
      return Effect.forEach(known, ([name, labels]) => updateLabelled(gauge, labels, now.get(name) ?? 0), {
        discard: true
      })
    })
}

const nameOf = (labels: Labels) => JSON.stringify(labels)

const allOthers = (labels: Labels): Labels => Object.fromEntries(Object.keys(labels).map((label) => [label, others]))
