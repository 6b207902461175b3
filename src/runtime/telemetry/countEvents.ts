import { Effect, Option } from "effect"
import type { JobEvent } from "../../domain/JobEvent.ts"
import { updateMetrics } from "../../store/guardTelemetry.ts"
import { memoized } from "./memoized.ts"
import { metrics } from "./metrics.ts"
import { labelled, updateLabelled } from "./updateLabelled.ts"

/** Counts an event in the metrics of its kind of job. */
export const countEvent = (event: JobEvent): Effect.Effect<void> => {
  switch (event._tag) {
    case "Enqueued":
      return updateLabelled(metrics.enqueued, { kind: event.kind }, event.jobIds.length)
    case "Claimed": {
      const { claimed, queueDelay } = ofKind(event.kind)
      return updateMetrics((update) => {
        update(claimed, 1)
        update(queueDelay, event.waited / 1000)
      })
    }
    case "HeartbeatFailed":
      return updateLabelled(metrics.heartbeatFailures, { kind: event.kind }, 1)
    case "Zombie":
      return updateLabelled(metrics.zombies, { kind: event.kind }, 1)
    case "Settled": {
      const { ended, kind, took } = event
      const { jobDuration, settledAs } = ofKind(kind)
      return updateMetrics((update) => {
        update(settledAs(ended), 1)
        if (Option.isSome(took)) update(jobDuration, took.value / 1000)
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

/** The metrics that every job of a kind updates. */
const ofKind = memoized((kind: string) => ({
  claimed: labelled(metrics.claimed, { kind }),
  queueDelay: labelled(metrics.queueDelay, { kind }),
  settledAs: memoized((outcome: string) => labelled(metrics.settled, { kind, outcome })),
  jobDuration: labelled(metrics.jobDuration, { kind })
}))
