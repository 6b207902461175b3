import { Effect } from "effect"
import type { AttemptFacts } from "../../domain/JobEvent.ts"
import { JobEvent } from "../../domain/JobEvent.ts"
import type { JobEvents } from "../../store/JobEvents.ts"
import type { ClaimedJob, StaleJob } from "../../store/JobStore.ts"
import { JobStore } from "../../store/JobStore.ts"
import { countEvent } from "./countEvents.ts"
import { logEvent } from "./logEvents.ts"

/** Makes the metrics and the log listen to a store's events. Repeating it changes nothing. */
export const observe = (events: JobEvents): Effect.Effect<void> =>
  Effect.sync(() => {
    events.listen("metrics", countEvent)
    events.listen("log", logEvent)
  })

/** Publishes an event of the store in the context. */
export const publish = (event: JobEvent): Effect.Effect<void, never, JobStore> =>
  Effect.flatMap(JobStore, ({ events }) => events.publish(event))

/** The facts in every event of a claimed job. */
export const factsOf = (
  { kind, lease: { attempt, jobId, worker } }: Pick<ClaimedJob, "kind" | "lease">
): AttemptFacts => ({
  jobId,
  kind,
  attempt,
  worker
})

/** The event of a claim. */
export const claimed = (job: ClaimedJob): JobEvent =>
  JobEvent.Claimed({
    queue: job.queue,
    failures: job.lease.failures,
    waited: Math.max(0, job.lease.lockedAt - job.availableAt),
    ...factsOf(job)
  })

/** The event of a release of a stale job. */
export const staleReleased = ({ attempt, holderIsGone, id, kind, lockedAt, lockedBy, status }: StaleJob): JobEvent =>
  JobEvent.StaleReleased({ jobId: id, kind, attempt, worker: lockedBy, lockedAt, holderIsGone, status })
