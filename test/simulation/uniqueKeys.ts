import type { NewJob } from "../../src/store/JobStore.ts"
import { ofOneJob } from "./acts.ts"
import type { JobRow } from "./database.ts"
import type { Step, Timeline } from "./Timeline.ts"

/** What names a unique key: each kind and each partition has its own. */
export const keyOf = (
  { kind, partition_key, unique_key }: Pick<JobRow, "kind" | "partition_key" | "unique_key">
): string => JSON.stringify([kind, partition_key, unique_key])

/** Who holds which unique key, followed from change to change. */
export class KeyHolders {
  private readonly timeline: Timeline
  private readonly holders = new Map<string, Set<string>>()
  /** The operation that made the last change, and which keys were held before its first. */
  private operation = -1
  private heldBefore: ReadonlySet<string> = new Set()

  constructor(timeline: Timeline) {
    this.timeline = timeline
  }

  /** What is wrong with who holds the key of a changed row, if anything. To be asked of each change, in order. */
  wrong(step: Step): string | undefined {
    if (step.operation !== this.operation) {
      this.operation = step.operation
      this.heldBefore = new Set([...this.holders].filter(([, ids]) => ids.size > 0).map(([key]) => key))
    }
    const { before, id, row } = step
    if (before !== undefined) this.holders.get(keyOf(before))?.delete(id)
    if (row === null) return undefined
    if (row.holds_key === 1) {
      const others = this.holders.get(keyOf(row)) ?? new Set()
      this.holders.set(keyOf(row), others.add(id))
      if (others.size > 1) return `a key that ${[...others].join(" and ")} hold`
    }
    const expected = this.holdsKey(step, row)
    return row.holds_key === (expected ? 1 : 0) ? undefined : `a key that it should ${expected ? "" : "not "}hold`
  }

  /** Whether a row should hold its key after a change. */
  private holdsKey({ before, call, id }: Step, row: JobRow): boolean {
    if (row.unique_key === null || row.finished_at !== null) return false
    if (before === undefined || call !== undefined && ofOneJob(call).operation === "retry") return true
    if (row.status === "running") return before.holds_key === 1 && row.unique_scope === "unfinished"
    if (before.status === "pending" || before.holds_key === 1) return before.holds_key === 1
    // It comes back from an attempt: of several that could take a key in one operation, the first does.
    const rivals = this.timeline.stepsOfCall(call).filter((other) =>
      other.row?.status === "pending" && other.before?.status === "running" && other.before.holds_key === 0
      && keyOf(other.row) === keyOf(row)
    )
    return !this.heldBefore.has(keyOf(row)) && rivals.every((other) => other.id >= id)
  }
}

/** A pending holder of a key as an enqueue should leave it: what it carries, and when it is due. */
export interface Changed {
  readonly payload: string
  readonly availableAt: number
  readonly outcome: "kept" | "replaced" | "moved"
}

/**
 * What the jobs of an enqueue that find their key held make of its holder, one
 * after the other. `isThere` tells which ids are taken: such a job is itself, and
 * in nobody's way.
 */
export const changedBy = (
  jobs: ReadonlyArray<NewJob>,
  holder: JobRow,
  payload: string,
  now: number,
  isThere: (id: string) => boolean
): Changed => {
  const changed = { payload, availableAt: holder.available_at, outcome: "kept" as Changed["outcome"] }
  for (const job of jobs) {
    const key = keyOf({ kind: job.kind, partition_key: job.partitionKey, unique_key: job.uniqueKey })
    if (key !== keyOf(holder) || isThere(job.id) || job.onConflict === "keep") continue
    if (job.onConflict === "replace") {
      changed.payload = job.payload
      changed.outcome = "replaced"
      continue
    }
    const asked = "at" in job.available ? job.available.at : now + job.available.after
    const availableAt = Math.min(asked, job.maxWait === null ? asked : holder.created_at + job.maxWait)
    // A backoff or a snooze is not cut short.
    if (holder.attempts > 0 && availableAt < changed.availableAt) continue
    changed.availableAt = availableAt
    changed.outcome = "moved"
  }
  return changed
}
