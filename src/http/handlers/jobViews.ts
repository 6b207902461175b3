import type { Explanation, JobRecord } from "../../index.ts"
import { Reason, reasonText } from "../../index.ts"
import type { JobSummary, JobView, ReasonView } from "../api/views.ts"

/** Decides of a job whether its data is hidden: payload, progress, result and the text of its errors. */
export type Hides = (job: JobRecord) => boolean

/** What a list shows of an error. */
const shownOfError = 200

export const summaryOf = (job: JobRecord, hides: Hides): JobSummary => ({
  id: job.id,
  queue: job.queue,
  kind: job.kind,
  status: job.status,
  priority: job.priority,
  partitionKey: job.partitionKey,
  uniqueKey: job.uniqueKey,
  attempts: job.attempts,
  failures: job.failures,
  maxAttempts: job.maxAttempts,
  availableAt: job.availableAt,
  lockedAt: job.lockedAt,
  lockedBy: job.lockedBy,
  lockedUntil: job.lockedUntil,
  cancelRequestedAt: job.cancelRequestedAt,
  lastError: job.lastError === null || hides(job) ? null : shortened(job.lastError),
  createdAt: job.createdAt,
  updatedAt: job.updatedAt,
  finishedAt: job.finishedAt
})

/** Half of a character would be sent as another. */
const shortened = (text: string) => text.slice(0, shownOfError).replace(/[\uD800-\uDBFF]$/, "")

export const viewOf = (job: JobRecord, hides: Hides): JobView => {
  const hidden = hides(job)
  return {
    ...job,
    payload: hidden ? null : job.payload ?? null,
    progress: hidden ? null : job.progress ?? null,
    result: hidden ? null : job.result ?? null,
    lastErrorValue: hidden ? null : job.lastErrorValue ?? null,
    lastError: hidden ? null : job.lastError,
    errors: hidden ? job.errors.map((failure) => ({ ...failure, message: "" })) : job.errors,
    hidden
  }
}

/** Each reason with its sentence, for a person who reads it at `now`. */
export const reasonsOf = ({ job, reasons }: Explanation, hides: Hides, now: number): ReadonlyArray<ReasonView> =>
  reasons.map((reason) => {
    const shown = hides(job) ? withoutError(reason) : reason
    return { ...shown, text: reasonText(shown, now) }
  })

const withoutError = (reason: Reason): Reason => {
  switch (reason._tag) {
    case "BackingOff":
      return Reason.BackingOff({ ...reason, lastError: null })
    case "Finished":
      return Reason.Finished({ ...reason, lastError: null })
    default:
      return reason
  }
}
