import type { Metric } from "effect"
import { Effect, Option } from "effect"
import type { JobEvent } from "../../domain/JobEvent.ts"
import { metrics } from "./metrics.ts"
import { updateLabelled } from "./updateLabelled.ts"

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
        updateLabelled(metrics.settled, { kind: event.kind, outcome: event.ended }, 1),
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
      return updateLabelled(metrics.staleReleased, { kind: event.kind, status: event.status }, 1)
    case "Extended":
    case "Stopping":
    case "LeftBehind":
    case "CancelRequested":
    case "Retried":
      return Effect.void
  }
}

const count = <Type, Out>(metric: Metric.Metric<Type, number, Out>, kind: string, by = 1) =>
  updateLabelled(metric, { kind }, by)
