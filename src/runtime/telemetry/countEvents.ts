import { Effect, Metric, Option } from "effect"
import type { JobEvent } from "../../domain/JobEvent.ts"
import { updateMetric } from "../../store/guardTelemetry.ts"
import { metrics } from "./metrics.ts"

/** Counts an event in the metrics of its kind of job. */
export const countEvent = (event: JobEvent): Effect.Effect<void> => {
  switch (event._tag) {
    case "Enqueued":
      return count(metrics.enqueued, event.kind, event.jobIds.length)
    case "Claimed":
      return Effect.zipRight(
        count(metrics.claimed, event.kind),
        count(metrics.queueDelay, event.kind, event.waited / 1000)
      )
    case "HeartbeatFailed":
      return count(metrics.heartbeatFailures, event.kind)
    case "Zombie":
      return count(metrics.zombies, event.kind)
    case "Settled":
      return Effect.zipRight(
        updateMetric(labelled(metrics.settled, "kind", event.kind, "outcome", event.ended), 1),
        Option.match(event.took, {
          onNone: () => Effect.void,
          onSome: (millis) => count(metrics.jobDuration, event.kind, millis / 1000)
        })
      )
    case "LeaseLost":
      return count(metrics.leasesLost, event.kind)
    case "OutcomeUnknown":
      return count(metrics.outcomesUnknown, event.kind)
    case "StaleReleased":
      return updateMetric(labelled(metrics.staleReleased, "kind", event.kind, "status", event.status), 1)
    case "Extended":
    case "Stopping":
    case "LeftBehind":
    case "CancelRequested":
    case "Retried":
      return Effect.void
  }
}

const count = <Type, Out>(metric: Metric.Metric<Type, number, Out>, kind: string, by = 1) =>
  updateMetric(labelled(metric, "kind", kind), by)

/**
 * A metric with these labels, made once: making it costs more than updating it,
 * and Effect keeps what it counts forever in any case.
 */
const labelled = <Type, In, Out>(
  metric: Metric.Metric<Type, In, Out>,
  ...labels: ReadonlyArray<string>
): Metric.Metric<Type, In, Out> => {
  const made = labelledOf.get(metric) ?? new Map<string, unknown>()
  labelledOf.set(metric, made)
  const name = JSON.stringify(labels)
  const found = made.get(name)
  if (found !== undefined) return found as Metric.Metric<Type, In, Out>
  let tagged = metric
  for (let at = 0; at + 1 < labels.length; at += 2) {
    tagged = Metric.tagged(tagged, labels[at] ?? "", labels[at + 1] ?? "")
  }
  made.set(name, tagged)
  return tagged
}

const labelledOf = new WeakMap<object, Map<string, unknown>>()
