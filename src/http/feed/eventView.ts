import { Duration, Option } from "effect"
import type { AttemptFacts, JobEvent } from "../../index.ts"

/** More ids than a page can show. An `Enqueued` event of a large `enqueueMany` has a hundred thousand. */
const mostIds = 100

/** The name of an error can be any text. */
const longestName = 200

/** Puts an event into a form for JSON. */
export type EventView = (event: JobEvent) => Readonly<Record<string, unknown>>

/** An event as JSON can show it, in a few kB at most: without payloads, texts of errors, and stalls. */
export const eventView: EventView = (event) => {
  switch (event._tag) {
    case "Enqueued":
      return { kind: event.kind, jobIds: event.jobIds.slice(0, mostIds), count: event.jobIds.length }
    case "Claimed":
      return { ...facts(event), queue: event.queue, failures: event.failures, waited: event.waited }
    case "Extended":
      return { ...facts(event), lockedUntil: event.lockedUntil }
    case "Stopping":
      return { ...facts(event), reason: event.reason._tag }
    case "Settled":
      return {
        ...facts(event),
        ended: event.ended,
        failedWith: Option.match(event.failedWith, {
          onNone: () => null,
          onSome: ({ name }) => name.slice(0, longestName)
        }),
        retryIn: Option.match(event.retryIn, { onNone: () => null, onSome: Duration.toMillis }),
        took: Option.getOrNull(event.took)
      }
    case "LeaseLost":
      return { ...facts(event), reason: event.reason }
    case "StaleReleased":
      return { ...facts(event), lockedAt: event.lockedAt, holderIsGone: event.holderIsGone, status: event.status }
    case "HeartbeatFailed":
    case "Zombie":
    case "OutcomeUnknown":
    case "LeftBehind":
      return facts(event)
    case "CancelRequested":
    case "Deleted":
      return { jobId: event.jobId, status: event.status }
    case "Retried":
    case "Edited":
      return { jobId: event.jobId }
  }
}

/** The same without the name of an error, which can be any text, too. */
export const viewWithoutErrors: EventView = (event) => {
  const view = eventView(event)
  return "failedWith" in view ? { ...view, failedWith: null } : view
}

const facts = ({ attempt, jobId, kind, worker }: AttemptFacts) => ({ jobId, kind, attempt, worker })
