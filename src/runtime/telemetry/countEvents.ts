import type { Fiber } from "effect"
import { Option } from "effect"
import type { JobEvent } from "../../domain/JobEvent.ts"
import { updateNow } from "../../store/guardTelemetry.ts"
import { memoized } from "./memoized.ts"
import { metrics } from "./metrics.ts"
import { labelled } from "./updateLabelled.ts"

/** Counts an event in the metrics of its kind of job. */
export const countEvent = (event: JobEvent, fiber: Fiber.RuntimeFiber<unknown, unknown>): void => {
  switch (event._tag) {
    case "Enqueued":
      return updateNow(fiber, labelled(metrics.enqueued, { kind: event.kind }), event.jobIds.length)
    case "Claimed": {
      const { claimed, queueDelay } = ofKind(event.kind)
      updateNow(fiber, claimed, 1)
      return updateNow(fiber, queueDelay, event.waited / 1000)
    }
    case "HeartbeatFailed":
      return updateNow(fiber, labelled(metrics.heartbeatFailures, { kind: event.kind }), 1)
    case "Zombie":
      return updateNow(fiber, labelled(metrics.zombies, { kind: event.kind }), 1)
    case "Settled": {
      const { ended, kind, took } = event
      const { jobDuration, settledAs } = ofKind(kind)
      updateNow(fiber, settledAs(ended), 1)
      return Option.isSome(took) ? updateNow(fiber, jobDuration, took.value / 1000) : undefined
    }
    case "LeaseLost":
      return updateNow(fiber, labelled(metrics.leasesLost, { kind: event.kind }), 1)
    case "OutcomeUnknown":
      return updateNow(fiber, labelled(metrics.outcomesUnknown, { kind: event.kind }), 1)
    case "StaleReleased":
      return updateNow(fiber, labelled(metrics.staleReleased, { kind: event.kind, status: event.status }), 1)
    case "Extended":
    case "Stopping":
    case "LeftBehind":
    case "CancelRequested":
    case "Retried":
    case "Edited":
    case "Deleted":
  }
}

/** The metrics that every job of a kind updates. */
const ofKind = memoized((kind: string) => ({
  claimed: labelled(metrics.claimed, { kind }),
  queueDelay: labelled(metrics.queueDelay, { kind }),
  settledAs: memoized((outcome: string) => labelled(metrics.settled, { kind, outcome })),
  jobDuration: labelled(metrics.jobDuration, { kind })
}))
