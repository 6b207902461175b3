import { Array as Arr, Effect } from "effect"
import { JobEvent } from "../domain/JobEvent.ts"
import type { JobEvents } from "./JobEvents.ts"
import type { JobSignals } from "./JobSignals.ts"
import type { Enqueued, NewJob } from "./JobStore.ts"

/** The events of an enqueue: one for each kind of which it added jobs. */
export const enqueuedEvents = (
  jobs: ReadonlyArray<NewJob>,
  answers: ReadonlyArray<Enqueued>
): ReadonlyArray<JobEvent> => {
  const added = Arr.zip(jobs, answers).filter(([, { enqueued }]) => enqueued)
  return Object.entries(Arr.groupBy(added, ([{ kind }]) => kind))
    .map(([kind, some]) => JobEvent.Enqueued({ kind, jobIds: some.map(([, { id }]) => id) }))
}

/** True if workers may have less time to wait than they know: something was added, or moved to be due sooner. */
export const mayBeDue = (answers: ReadonlyArray<Enqueued>): boolean =>
  answers.some(({ outcome }) => outcome === "enqueued" || outcome === "moved")

/** Tells of jobs that are committed although whoever enqueued them was interrupted and hears nothing. */
export const tellEnqueued =
  ({ events, signals }: { readonly events: JobEvents; readonly signals: JobSignals }) =>
  (jobs: ReadonlyArray<NewJob>, answers: ReadonlyArray<Enqueued>): Effect.Effect<void> =>
    Effect.zipRight(
      Effect.forEach(enqueuedEvents(jobs, answers), events.publish, { discard: true }),
      mayBeDue(answers) ? signals.wake : Effect.void
    )
