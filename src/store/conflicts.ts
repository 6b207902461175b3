import { Array as Arr } from "effect"
import type { JobId } from "../domain/JobId.ts"
import type { Enqueued, NewJob } from "./JobStore.ts"
import type { InTheWayRow } from "./statements/rows.ts"

/** A pending job as it should be after an enqueue that found its unique key taken. */
export interface HolderChange {
  readonly id: JobId
  /** Null keeps the payload and its trace context. */
  readonly payload: string | null
  readonly traceContext: string | null
  /** Null keeps the due time. It is not written back as read: a number cannot hold every instant that an app's SQL can set. */
  readonly availableAt: number | null
}

/**
 * The answer for each job that was not inserted, and what becomes of the holders
 * of their unique keys, as if each job had been enqueued after the one before it.
 */
export const afterConflicts = (
  jobs: ReadonlyArray<NewJob>,
  inTheWay: ReadonlyArray<InTheWayRow>,
  now: number
): { readonly answers: ReadonlyMap<NewJob, Enqueued>; readonly changes: ReadonlyArray<HolderChange> } => {
  // What has the same id comes first, and is the job itself.
  const found = new Map(Arr.reverse(inTheWay).map((row) => [row.id, row]))
  const changes = new Map<JobId, HolderChange>()
  const answerOf = (job: NewJob): Enqueued => {
    const row = found.get(job.id)
    const kept: Enqueued = { id: row?.found ?? job.id, enqueued: false, outcome: "kept" }
    if (row === undefined || row.by_id === 1 || row.status !== "pending" || job.onConflict === "keep") return kept
    const holder = changes.get(row.found)
      ?? { id: row.found, payload: null, traceContext: null, availableAt: null }
    if (job.onConflict === "replace") {
      changes.set(row.found, { ...holder, payload: job.payload, traceContext: job.traceContext })
      return { ...kept, outcome: "replaced" }
    }
    const availableAt = dueAfterMove(job, row, now)
    // A job that comes back from an attempt waits for its backoff or its snooze at least.
    if (row.attempts > 0 && availableAt < (holder.availableAt ?? row.available_at)) return kept
    changes.set(row.found, { ...holder, availableAt })
    return { ...kept, outcome: "moved" }
  }
  const answers = new Map(jobs.map((job) => [job, answerOf(job)]))
  return { answers, changes: [...changes.values()] }
}

/** When a job is due that another wants to move: when that one would be, or when it has waited for the longest wait. */
const dueAfterMove = ({ available, maxWait }: NewJob, holder: InTheWayRow, now: number): number => {
  const asked = "at" in available ? available.at : now + available.after
  return maxWait === null ? asked : Math.min(asked, holder.created_at + maxWait)
}
