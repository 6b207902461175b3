import type { JobView } from "../api/wire.ts"
import { spanText } from "./format.ts"

/** One thing that happened to a job, or will. */
export interface Entry {
  /** Epoch milliseconds. */
  readonly at: number
  readonly tone: "plain" | "good" | "bad" | "busy" | "quiet"
  readonly title: string
  readonly detail: string | null
  /** A text of several lines, such as a stack. */
  readonly text: string | null
}

/** The text that the sweep writes when it frees a job. */
const rescued = /^(?:Released from (?:stale lock|a dead worker)|(?:Stale lock|Dead worker) after)/

/** True if an attempt ended because its lease ran out and a sweep freed the job. */
export const isRescue = (message: string): boolean => rescued.test(message)

/** The events of a job's life that its row tells of, in order. The row keeps the last ten failures. */
export const timelineOf = (job: JobView, now: number): ReadonlyArray<Entry> => {
  const entries: Array<Entry> = [entry(job.createdAt, "plain", "Enqueued", `in the queue ${job.queue}`)]
  const forgotten = job.failures - job.errors.length
  if (forgotten > 0 && job.errors.length > 0) {
    const first = job.errors[0]
    if (first !== undefined) {
      entries.push(
        entry(
          first.at - 1,
          "quiet",
          forgotten === 1 ? "1 earlier failure" : `${forgotten} earlier failures`,
          "the job keeps the last ten"
        )
      )
    }
  }
  for (const { at, attempt, message, worker } of job.errors) {
    entries.push(
      isRescue(message)
        ? entry(at, "bad", `Attempt ${attempt} lost its worker`, `${worker} stopped extending its lease`, message)
        : entry(at, "bad", `Attempt ${attempt} failed`, `on ${worker}`, message)
    )
  }
  if (job.cancelRequestedAt !== null) {
    entries.push(entry(job.cancelRequestedAt, "quiet", "Cancel was asked for", null))
  }
  if (job.status === "running" && job.lockedAt !== null) {
    entries.push(
      // Each heartbeat moves `lockedAt`, and no column has the instant at which the attempt began.
      entry(
        job.lockedAt,
        "busy",
        `Last heartbeat of attempt ${job.attempts}`,
        `from ${job.lockedBy ?? "an unknown worker"}`
      )
    )
  }
  if (job.finishedAt !== null) {
    const tone = job.status === "succeeded" ? "good" : job.status === "failed" ? "bad" : "quiet"
    const title = job.status === "succeeded"
      ? `Attempt ${job.attempts} succeeded`
      : job.status === "failed"
      ? "Failed for good"
      : "Cancelled"
    const took = job.finishedAt - job.createdAt
    const by = job.settledBy === null ? "" : `, settled by ${job.settledBy}`
    entries.push(entry(job.finishedAt, tone, title, `${spanText(took)} after the enqueue${by}`))
  } else if (job.status === "pending") {
    entries.push(
      job.availableAt > now
        ? entry(job.availableAt, "quiet", `Due for attempt ${job.attempts + 1}`, null)
        : entry(
          job.availableAt,
          "busy",
          `Due for attempt ${job.attempts + 1}`,
          `waiting for ${spanText(now - job.availableAt)}`
        )
    )
  }
  // A stable sort: of the same instant, what was written first comes first.
  return entries.sort((left, right) => left.at - right.at)
}

const entry = (
  at: number,
  tone: Entry["tone"],
  title: string,
  detail: string | null,
  text: string | null = null
): Entry => ({ at, tone, title, detail, text })
