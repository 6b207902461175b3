import type { Effect } from "effect"
import { Metric } from "effect"
import { updateMetric } from "../../store/guardTelemetry.ts"

/** Updates a metric under these labels. */
export const updateLabelled = <Type, Out>(
  metric: Metric.Metric<Type, number, Out>,
  labels: Readonly<Record<string, string>>,
  value: number
): Effect.Effect<void> => updateMetric(labelled(metric, labels), value)

/**
 * A metric with these labels, made once: making it costs more than updating it,
 * and Effect keeps what it counts forever in any case.
 */
export const labelled = <Type, In, Out>(
  metric: Metric.Metric<Type, In, Out>,
  labels: Readonly<Record<string, string>>
): Metric.Metric<Type, In, Out> => {
  const made = labelledOf.get(metric) ?? new Map<string, unknown>()
  labelledOf.set(metric, made)
  const name = JSON.stringify(labels)
  const found = made.get(name)
  if (found !== undefined) return found as Metric.Metric<Type, In, Out>
  let tagged = metric
  for (const [label, value] of Object.entries(labels)) tagged = Metric.tagged(tagged, label, value)
  made.set(name, tagged)
  return tagged
}

const labelledOf = new WeakMap<object, Map<string, unknown>>()
