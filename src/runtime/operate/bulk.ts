import { Array as Arr, Either } from "effect"
import type { JobAction } from "../../domain/JobAction.ts"
import { JobEvent } from "../../domain/JobEvent.ts"
import { JobFate } from "../../domain/JobFate.ts"
import type { JobId } from "../../domain/JobId.ts"
import type { JobStatus } from "../../domain/JobRecord.ts"
import type { Acted } from "../../store/JobStore.ts"

/** The event that each of the calls for one job tells. */
const eventOf = (action: JobAction, jobId: JobId, status: JobStatus): JobEvent => {
  switch (action) {
    case "cancel":
      return JobEvent.CancelRequested({ jobId, status })
    case "retry":
      return JobEvent.Retried({ jobId })
    case "run-now":
      return JobEvent.Edited({ jobId })
    case "delete":
      return JobEvent.Deleted({ jobId, status })
  }
}

/** The jobs that an action has changed. */
const changedOf = (ids: ReadonlyArray<JobId>, acted: ReadonlyArray<Acted>) =>
  Arr.zip(ids, acted).flatMap(([id, one]) => Either.isRight(one) ? [{ id, status: one.right }] : [])

/** The events of the jobs that an action has changed. */
export const eventsOf = (
  action: JobAction,
  ids: ReadonlyArray<JobId>,
  acted: ReadonlyArray<Acted>
): ReadonlyArray<JobEvent> => changedOf(ids, acted).map(({ id, status }) => eventOf(action, id, status))

/** The jobs that were asked to stop and still run. */
export const runningOf = (ids: ReadonlyArray<JobId>, acted: ReadonlyArray<Acted>): ReadonlyArray<JobId> =>
  changedOf(ids, acted).filter(({ status }) => status === "running").map(({ id }) => id)

/** The fate of each job. */
export const fatesOf = (ids: ReadonlyArray<JobId>, acted: ReadonlyArray<Acted>): ReadonlyArray<JobFate> =>
  Arr.zipWith(ids, acted, (jobId, one) =>
    Either.match(one, {
      onLeft: (error) => JobFate.NotDone({ jobId, error }),
      onRight: (status) => JobFate.Done({ jobId, status })
    }))
