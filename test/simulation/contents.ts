import type { NewJob, StaleChoice } from "../../src/store/JobStore.ts"
import { ofOneJob } from "./acts.ts"
import type { JobRow } from "./database.ts"
import type { Step, Timeline } from "./Timeline.ts"
import type { Items } from "./underLease.ts"

/** What a job carries is as it was given, and only the operation that it was given to writes it. */
export const wrongContent = ({ before, call, carried, carries, id, row }: Step): string | undefined => {
  if (call === undefined || row === null) return undefined
  const { operation, request } = call
  const newJob = () => (request as ReadonlyArray<NewJob>).find((job) => job.id === id)
  const item = () => (request as Items).find(({ lease }) => lease.jobId === id)
  // Of an enqueue that changes a job that is there, `changedHolder` tells.
  if (operation !== "enqueue" && carries !== carried) return "another payload than was given"
  if (before === undefined && carries !== newJob()?.payload) return "another payload than was given"
  if (row.progress !== (operation === "progress" ? item()?.["progress"] : before?.progress ?? null)) {
    return "another progress than was given"
  }
  if (row.result !== (operation === "complete" ? item()?.["result"] : before?.result ?? null)) {
    return "another result than was given"
  }
  if (row.errors !== failuresAfter(operation, before, row)) {
    return "other errors than there were"
  }
  const value = operation === "fail"
    ? item()?.["errorValue"]
    : operation === "releaseStale"
    ? null
    : before?.last_error_value
  if (row.last_error_value !== (value ?? null)) return "another encoded error than was given"
  // Of a stale release it is the store that says what went wrong.
  if (operation === "releaseStale") return undefined
  return row.last_error === (operation === "fail" ? item()?.["error"] : before?.last_error ?? null)
    ? undefined
    : "another error than was given"
}

/** What a row says of its failures: the last ten, and each as it happened. */
const failuresAfter = (operation: string, before: JobRow | undefined, row: JobRow): string => {
  const errors = before?.errors ?? "[]"
  if (operation !== "fail" && operation !== "releaseStale") return errors
  const known = parsed(errors)
  const failure = { attempt: row.attempts, worker: before?.locked_by, at: row.updated_at, message: row.last_error }
  // What another program wrote there, and is no list, the first failure replaces.
  return JSON.stringify([...(Array.isArray(known) ? known as ReadonlyArray<unknown> : []), failure].slice(-10))
}

/** The value of a JSON column; undefined for what is not JSON, as another program may have written it. */
export const parsed = (text: string | null): unknown => {
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Every change is made at an instant that its process could read on its clock during the operation. */
export const wrongTime = (timeline: Timeline, { at, call, process, row }: Step): string | undefined =>
  row === null || call === undefined || timeline.couldRead(process, row.updated_at, call.invoked.at, at)
    ? undefined
    : "a time that no clock showed"

/** A job is finished at the instant it ends, and due at another only by what schedules it. */
export const wrongInstants = ({ before, call, row }: Step): string | undefined => {
  if (call === undefined || row === null || before === undefined) return undefined
  if (row.finished_at !== (isFinished(row) ? row.updated_at : null)) return "another end than now"
  const { operation, request } = ofOneJob(call)
  const schedules = row.status === "pending" &&
    ["fail", "release", "releaseStale", "retry", "enqueue", "edit"].includes(operation)
  if (!schedules && row.available_at !== before.available_at) return "another due instant than it had"
  if (!schedules) return undefined
  if (operation === "releaseStale") {
    const isGone = (request as Partial<Extract<StaleChoice, { readonly leases: unknown }>>).holderIsGone === true
    const diesAgain = isGone && before.last_error?.startsWith("Released from a dead worker") === true
    const delay = diesAgain ? Math.min(60_000 * 2 ** (before.failures - 1), 3_600_000) : 0
    const dueAt = Math.max(row.updated_at, Math.min(row.updated_at + delay, Number(before.locked_until)))
    return row.available_at === dueAt ? undefined : "not due when it should be"
  }
  if (operation !== "retry") return undefined
  const { available = { after: 0 } } = request as { readonly available?: NewJob["available"] }
  const dueAt = "at" in available ? available.at : row.updated_at + available.after
  return row.available_at === dueAt ? undefined : "a retry that is due at another instant than was asked for"
}

/** Whether a job has ended. */
export const isFinished = (row: JobRow) => row.status !== "pending" && row.status !== "running"
