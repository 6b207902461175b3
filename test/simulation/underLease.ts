import type { Lease } from "../../src/domain/Lease.ts"
import type { StaleChoice } from "../../src/store/JobStore.ts"
import type { JobRow } from "./database.ts"
import { isUnder } from "./looks.ts"

/** What is written under leases, each item with the lease it names. */
export type Items = ReadonlyArray<{ readonly lease: Lease } & Readonly<Record<string, unknown>>>

/** The write of the current holder, and of no one else. */
export const underLease = (
  operation: "extend" | "progress" | "complete" | "fail" | "release",
  items: Items,
  before: JobRow,
  row: JobRow
): string | undefined => {
  // A crash extends what its worker runs, which may be two attempts of a job: one that was not told how its settle ended.
  const item = items.find(({ lease }) =>
    lease.jobId === row.id && lease.worker === before.locked_by && lease.attempt === before.attempts
  )
  if (before.status !== "running" || item === undefined) return "a write by who does not hold the lease"
  switch (operation) {
    case "extend":
      return row.status === "running" && row.locked_by === before.locked_by
          && row.locked_until === row.updated_at + Number(item["leaseFor"])
        ? undefined
        : "an extension that is none"
    case "progress":
      return row.status === "running" && sameLease(before, row) ? undefined : "progress that changes more"
    case "complete":
      return settledAs(before, row, "succeeded", 0)
    case "fail": {
      const over = before.failures + 1 >= before.max_attempts || item["retryAfter"] === null
      const status = before.cancel_requested_at !== null ? "cancelled" : over ? "failed" : "pending"
      if (status === "pending" && row.available_at !== row.updated_at + Number(item["retryAfter"])) {
        return "another backoff than was asked for"
      }
      return settledAs(before, row, status, 1)
    }
    case "release": {
      const status = before.cancel_requested_at === null ? "pending" : "cancelled"
      if (status === "pending" && row.available_at !== row.updated_at + Number(item["delay"])) return "another delay"
      return settledAs(before, row, status, 0)
    }
  }
}

const settledAs = (before: JobRow, row: JobRow, status: JobRow["status"], failures: number) =>
  row.status === status && row.failures === before.failures + failures && row.locked_by === null
    ? undefined
    : `not settled as ${status}`

/** The end of a lease that was over: of the holder that it names, and as a failure. */
export const releasedStale = (which: StaleChoice, before: JobRow, row: JobRow): string | undefined => {
  if ("leases" in which && !which.leases.some((lease) => isUnder(before, lease))) {
    return "a stale release of a lease that was not named"
  }
  if (before.status !== "running" || before.locked_until === null) return "a stale release of a job that is not running"
  const isGone = "leases" in which && which.holderIsGone === true
  if (!isGone && before.locked_until > row.updated_at) return "a release of a lease that is not over"
  const over = before.failures + 1 >= before.max_attempts
  const status = before.cancel_requested_at !== null ? "cancelled" : over ? "failed" : "pending"
  if (row.last_error?.includes(`was locked by ${before.locked_by} since`) !== true) {
    return "a release that names another holder"
  }
  return row.status === status && row.failures === before.failures + 1
    ? undefined
    : `a stale release that does not make it ${status}`
}

/** Whether a row is under the same lease as before. */
export const sameLease = (before: JobRow, row: JobRow) =>
  row.locked_by === before.locked_by && row.locked_until === before.locked_until && row.locked_at === before.locked_at
