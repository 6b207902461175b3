import { Effect, Option } from "effect"
import type { JobEvent } from "../../domain/JobEvent.ts"
import { updateMetrics } from "../../store/guardTelemetry.ts"
import { metrics } from "./metrics.ts"
import { labelled, updateLabelled } from "./updateLabelled.ts"

/** Counts an event in the metrics of its kind of job. */
export const countEvent = (event: JobEvent): Effect.Effect<void> => {
  switch (event._tag) {
    case "Enqueued":
      return updateLabelled(metrics.enqueued, { kind: event.kind }, event.jobIds.length)
    case "Claimed": {
      const { kind, waited } = event
      return updateMetrics((update) => {
        update(labelled(metrics.claimed, { kind }), 1)
        update(labelled(metrics.queueDelay, { kind }), waited / 1000)
      })
    }
    case "HeartbeatFailed":
      return updateLabelled(metrics.heartbeatFailures, { kind: event.kind }, 1)
    case "Zombie":
      return updateLabelled(metrics.zombies, { kind: event.kind }, 1)
    case "Settled": {
      const { ended: outcome, kind, took } = event
      return updateMetrics((update) => {
        update(labelled(metrics.settled, { kind, outcome }), 1)
        if (Option.isSome(took)) update(labelled(metrics.jobDuration, { kind }), took.value / 1000)
      })
    }
    case "LeaseLost":
      return updateLabelled(metrics.leasesLost, { kind: event.kind }, 1)
    case "OutcomeUnknown":
      return updateLabelled(metrics.outcomesUnknown, { kind: event.kind }, 1)
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
