import type { Explanation, JobRecord, JobSummary as Summary, Reason } from "../../index.ts"
import { reasonText } from "../../index.ts"
import type { JobSummary, JobView, ReasonView } from "../api/views.ts"

/** Decides of a job whether its data is hidden: payload, progress, result and the text of its errors. */
export type Hides = (job: Summary) => boolean

/** The fields of a job that are never hidden. */
const factsOf = (job: Summary) => ({
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
  createdAt: job.createdAt,
  updatedAt: job.updatedAt,
  finishedAt: job.finishedAt
})

/** The characters of an error that a list shows. */
const shownOfError = 200

export const summaryOf = (job: Summary, hides: Hides): JobSummary => ({
  ...factsOf(job),
  lastError: job.lastError === null || hides(job) ? null : shortened(job.lastError)
})

/** Half of a character would be sent as another. */
const shortened = (text: string) => text.slice(0, shownOfError).replace(/[\uD800-\uDBFF]$/, "")

export const viewOf = (job: JobRecord, hides: Hides): JobView => {
  const hidden = hides(job)
  return {
    ...factsOf(job),
    uniqueScope: job.uniqueScope,
    holdsKey: job.holdsKey,
    settledAttempt: job.settledAttempt,
    settledBy: job.settledBy,
    settledAs: job.settledAs,
    settledTo: job.settledTo,
    payload: hidden ? null : job.payload ?? null,
    progress: hidden ? null : job.progress ?? null,
    result: hidden ? null : job.result ?? null,
    lastError: hidden ? ofSweep(job.lastError) : job.lastError,
    lastErrorValue: hidden ? null : job.lastErrorValue ?? null,
    errors: hidden
      ? job.errors.map((failure) => ({ ...failure, message: ofSweep(failure.message) ?? "" }))
      : job.errors,
    unreadable: job.unreadable,
    hidden
  }
}

/** The text if Holdfast wrote it when it released the job of a worker that vanished: it holds no data of the app. */
const ofSweep = (text: string | null) => text !== null && sweepText.test(text) ? text : null

const sweepText =
  /^(?:Released from (?:stale lock|a dead worker)|(?:Stale lock|Dead worker) after \d+ attempts) \(was locked by .+ since \d{4}-\d\d-\d\dT[\d:.]+Z\)$/

/** Each reason with its sentence, for a person who reads it at `now`. */
export const reasonsOf = ({ job, reasons }: Explanation, hides: Hides, now: number): ReadonlyArray<ReasonView> =>
  reasons.map((reason) => {
    const shown = hides(job) ? withoutError(reason) : reason
    return { ...shown, text: reasonText(shown, now) }
  })

const withoutError = (reason: Reason): Reason =>
  reason._tag === "BackingOff" || reason._tag === "Finished" ? { ...reason, lastError: null } : reason
