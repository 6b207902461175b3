import type { JobStatus } from "../../src/domain/JobRecord.ts"
import type { Lease } from "../../src/domain/Lease.ts"
import type { NewJob } from "../../src/store/JobStore.ts"

/** The columns of a row that say where a job is in its life. */
export interface Row {
  readonly id: string
  readonly unique_key: string | null
  readonly unique_scope: string | null
  readonly holds_key: 0 | 1
  readonly payload: string
  readonly first_payload: string | null
  readonly priority: number
  readonly max_attempts: number
  readonly status: JobStatus
  readonly attempts: number
  readonly failures: number
  readonly available_at: number
  readonly locked_at: number | null
  readonly locked_by: string | null
  readonly locked_until: number | null
  readonly settled_attempt: number | null
  readonly settled_by: string | null
  readonly settled_as: Settle | null
  readonly settled_to: JobStatus | null
  readonly cancel_requested_at: number | null
  readonly last_error: string | null
  readonly finished_at: number | null
  readonly created_at: number
}

type Settle = "complete" | "fail" | "release"

const unlocked = { locked_at: null, locked_by: null, locked_until: null }
const unsettled = { settled_attempt: null, settled_by: null, settled_as: null, settled_to: null }

/** The life of a job, as simply as it can be said: what a store should hold after the same calls. */
export class JobModel {
  now = 0
  private readonly jobs = new Map<string, Row>()

  get rows(): ReadonlyArray<Row> {
    return [...this.jobs.values()].toSorted((a, b) => a.id < b.id ? -1 : 1)
  }

  private holderOf(key: string | null) {
    return this.rows.find((row) => key !== null && row.unique_key === key && row.holds_key === 1)
  }

  private change(row: Row, changes: Partial<Row>) {
    this.jobs.set(row.id, { ...row, ...changes })
  }

  enqueue(job: NewJob) {
    const due = "at" in job.available ? job.available.at : this.now + job.available.after
    const holder = this.holderOf(job.uniqueKey)
    if (holder !== undefined) return { id: holder.id, enqueued: false, outcome: this.conflict(holder, job, due) }
    this.jobs.set(job.id, {
      id: job.id,
      unique_key: job.uniqueKey,
      unique_scope: job.uniqueScope,
      holds_key: job.uniqueKey === null ? 0 : 1,
      payload: job.payload,
      first_payload: null,
      created_at: this.now,
      priority: job.priority,
      max_attempts: job.maxAttempts,
      status: "pending",
      attempts: 0,
      failures: 0,
      available_at: due,
      ...unlocked,
      ...unsettled,
      cancel_requested_at: null,
      last_error: null,
      finished_at: null
    })
    return { id: job.id, enqueued: true, outcome: "enqueued" }
  }

  private conflict(holder: Row, { maxWait, onConflict, payload }: NewJob, due: number) {
    if (holder.status === "running" || onConflict === "keep") return "kept"
    if (onConflict === "replace") {
      this.change(holder, { payload, first_payload: holder.first_payload ?? holder.payload })
      return "replaced"
    }
    const available_at = Math.min(due, holder.created_at + (maxWait ?? Infinity))
    if (holder.attempts > 0 && available_at < holder.available_at) return "kept"
    this.change(holder, { available_at })
    return "moved"
  }

  claim(worker: string, limit: number, leaseFor: number) {
    const due = this.rows
      .filter((row) => row.status === "pending" && row.available_at <= this.now)
      .toSorted((a, b) => b.priority - a.priority || a.available_at - b.available_at || (a.id < b.id ? -1 : 1))
      .slice(0, limit)
    for (const row of due) {
      this.change(row, {
        status: "running",
        attempts: row.attempts + 1,
        holds_key: row.unique_scope === "unfinished" ? row.holds_key : 0,
        locked_at: this.now,
        locked_by: worker,
        locked_until: this.now + leaseFor
      })
    }
    return due.map((row) => ({ jobId: row.id, attempt: row.attempts + 1, failures: row.failures }))
  }

  private held(lease: Lease) {
    const row = this.jobs.get(lease.jobId)
    return row?.status === "running" && row.locked_by === lease.worker && row.attempts === lease.attempt
      ? row
      : undefined
  }

  extend(lease: Lease, leaseFor: number) {
    const row = this.held(lease)
    if (row === undefined) return "lost"
    this.change(row, { locked_at: this.now, locked_until: this.now + leaseFor })
    return row.cancel_requested_at === null ? "extended" : "cancel"
  }

  /** `delay` is null for a failure that says never again. */
  settle(lease: Lease, as: Settle, delay: number | null): JobStatus | "lost" {
    const row = this.held(lease)
    if (row === undefined) {
      const last = this.jobs.get(lease.jobId)
      const ours = last?.settled_by === lease.worker && last.settled_attempt === lease.attempt && last.settled_as === as
      // "Never again" is another outcome than a failure that is tried again.
      const another = as === "fail" && delay === null && last?.settled_to === "pending"
      return ours && !another ? last.settled_to ?? "lost" : "lost"
    }
    const failures = row.failures + (as === "fail" ? 1 : 0)
    const status = as === "complete" ? "succeeded" : this.after(row, failures, delay === null)
    this.change(row, {
      status,
      failures,
      holds_key: this.keyAfter(row, status),
      ...unlocked,
      settled_attempt: lease.attempt,
      settled_by: lease.worker,
      settled_as: as,
      settled_to: status,
      ...(as === "fail" ? { last_error: "boom" } : {}),
      ...(status === "pending" ? { available_at: this.now + (delay ?? 0) } : { finished_at: this.now })
    })
    return status
  }

  /** A job that is pending again takes its key if it is free; one that has ended gives it up. */
  private keyAfter(row: Row, status: JobStatus): 0 | 1 {
    const holder = this.holderOf(row.unique_key)
    return row.unique_key !== null && status === "pending" && (holder === undefined || holder.id === row.id) ? 1 : 0
  }

  private after(row: Row, failures: number, final: boolean): JobStatus {
    if (row.cancel_requested_at !== null) return "cancelled"
    return final || failures >= row.max_attempts ? "failed" : "pending"
  }

  releaseStale() {
    const stale = this.rows.filter((row) => row.status === "running" && Number(row.locked_until) <= this.now)
    // No key is free that one of the sweep's own jobs gives up in it.
    const taken = new Set(stale.filter(({ holds_key }) => holds_key === 1).map(({ unique_key }) => unique_key))
    return stale.map((row) => {
      const failures = row.failures + 1
      const status = this.after(row, failures, false)
      const held = `(was locked by ${row.locked_by} since ${new Date(Number(row.locked_at)).toISOString()})`
      this.change(row, {
        status,
        failures,
        holds_key: row.holds_key === 0 && taken.has(row.unique_key) ? 0 : this.keyAfter(row, status),
        ...unlocked,
        last_error: failures >= row.max_attempts
          ? `Stale lock after ${row.attempts} attempts ${held}`
          : `Released from stale lock ${held}`,
        ...(status === "pending" ? { available_at: this.now } : { finished_at: this.now })
      })
      return `${row.id} ${row.locked_by} ${row.locked_at} ${status}`
    })
  }

  cancel(id: string): string {
    const row = this.jobs.get(id)
    if (row === undefined) return "JobNotFound"
    const cancel_requested_at = row.cancel_requested_at ?? this.now
    if (row.status === "running") this.change(row, { cancel_requested_at })
    if (row.status === "pending") {
      this.change(row, { status: "cancelled", cancel_requested_at, finished_at: this.now, holds_key: 0 })
    }
    return this.jobs.get(id)?.status ?? "JobNotFound"
  }

  retry(id: string): string {
    const row = this.jobs.get(id)
    if (row === undefined) return "JobNotFound"
    if (row.status !== "failed" && row.status !== "cancelled") return "JobNotRetryable"
    if (this.holderOf(row.unique_key) !== undefined) return "UniqueKeyTaken"
    this.change(row, {
      status: "pending",
      holds_key: row.unique_key === null ? 0 : 1,
      available_at: this.now,
      failures: 0,
      finished_at: null,
      ...unsettled,
      cancel_requested_at: null
    })
    return "retried"
  }

  prune(status: JobStatus, retention: number) {
    const old = this.rows.filter((row) => row.status === status && Number(row.finished_at) <= this.now - retention)
    for (const row of old) this.jobs.delete(row.id)
    return old.length
  }
}
