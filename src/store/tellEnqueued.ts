import { Array as Arr } from "effect"
import { JobEvent } from "../domain/JobEvent.ts"
import type { Enqueued, NewJob } from "./JobStore.ts"

/** The events of an enqueue: one for each run of added jobs of the same kind. */
export const enqueuedEvents = (
  jobs: ReadonlyArray<NewJob>,
  answers: ReadonlyArray<Enqueued>
): ReadonlyArray<JobEvent> => {
  const added = jobs.filter((_, index) => answers[index]?.enqueued)
  if (!Arr.isNonEmptyReadonlyArray(added)) return []
  return Arr.groupWith(added, (one, other) => one.kind === other.kind)
    .map((some) => JobEvent.Enqueued({ kind: some[0].kind, jobIds: some.map(({ id }) => id) }))
}

/** True if workers may have less time to wait than they know: something was added, or moved to be due sooner. */
export const mayBeDue = (answers: ReadonlyArray<Enqueued>): boolean =>
  answers.some(({ outcome }) => outcome === "enqueued" || outcome === "moved")
