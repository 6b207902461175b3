import type { Metric, MetricKeyType } from "effect"
import { Effect } from "effect"
import { updateLabelled } from "../runtime/telemetry/updateLabelled.ts"

type Labels = Readonly<Record<string, string>>

/** Label sets of a gauge. A metric is never forgotten, and an app may name a queue for each of its tenants. */
const mostSeries = 100

/** The value of each label where label sets come on top of those. */
const others = "(others)"

/**
 * A gauge of labelled values that are read again and again. Answers an effect that
 * sets it to what was read; label sets that were set before and are not there any
 * more are set to 0. Those on top of the first hundred share one, and `both` is
 * the value of two that share.
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
