import type { JobFailure } from "../../src/domain/JobRecord.ts"
import type { Lease } from "../../src/domain/Lease.ts"
import type { ClaimRequest, NewJob, StaleChoice } from "../../src/store/JobStore.ts"
import type { JobRow } from "./database.ts"
import type { Findings } from "./Findings.ts"
import { isUnder } from "./looks.ts"
import type { Step, Timeline } from "./Timeline.ts"
import { changedBy, KeyHolders } from "./uniqueKeys.ts"

/**
 * The life table, from the outside: whether each committed change of a row is
 * one that the operation which made it may make of that row. Shares nothing with
 * the store's statements.
 */
export const checkLives = (timeline: Timeline, findings: Findings): void => {
  const rows = new Map<string, JobRow>()
  const keys = new KeyHolders(timeline)
  const bytes = new Map<string, number>()
  const claims = new Set<number>()
  for (const step of timeline.steps) {
    if (step.call?.operation === "claim" && !claims.has(step.operation)) {
      claims.add(step.operation)
      checkClaimOrder(timeline, findings, step, rows, bytes)
    }
    const wrong = whatIsWrong(timeline, step, rows) ?? wrongContent(step) ?? wrongTime(timeline, step)
      ?? wrongInstants(step) ?? keys.wrong(step)
    findings.expect(
      wrong === undefined,
      "every change is one of the life table",
      () =>
        `${wrong} (${step.call?.operation ?? "nobody"} by ${step.process}): ${show(step.before)} -> ${show(step.row)}`
    )
    noteRareStates(timeline, step, findings)
    if (step.row === null) rows.delete(step.id)
    else rows.set(step.id, step.row)
    if (step.payload !== null) bytes.set(step.id, Buffer.byteLength(step.payload))
  }
}

const show = (row: JobRow | null | undefined) => row === null || row === undefined ? "nothing" : JSON.stringify(row)

type Items = ReadonlyArray<{ readonly lease: Lease } & Readonly<Record<string, unknown>>>

const isFinished = (row: JobRow) => row.status !== "pending" && row.status !== "running"

/** What a step does that its operation may not do, if anything. */
const whatIsWrong = (
  timeline: Timeline,
  step: Step,
  rows: ReadonlyMap<string, JobRow>
): string | undefined => {
  const { at, before, call, id, process, row } = step
  if (call === undefined) return "a change outside of every operation"
  const { operation, request } = call
  if (before === undefined || row === null) {
    return appearsOrGoes(operation, request, before, row, id, timeline.latestWall(process, call.invoked.at, at))
  }
  if (row.attempts !== before.attempts + (operation === "claim" ? 1 : 0)) return "attempts is not what it was"
  if (row.failures > row.max_attempts) return "more failures than the budget"
  if (neverChanges.some((column) => row[column] !== before[column])) return "what never changes has changed"
  if (before.cancel_requested_at !== null && operation !== "retry") {
    if (row.cancel_requested_at !== before.cancel_requested_at || row.status === "pending" || operation === "claim") {
      return "a cancel was forgotten"
    }
  }
  if (isFinished(before) && operation !== "retry") return "a finished job changed"
  if (lastSettle(row) !== lastSettleAfter(operation, before, row)) return "another last settle than there was"
  switch (operation) {
    case "claim":
      return claimed(request as ClaimRequest, before, row)
    case "extend":
    case "progress":
    case "complete":
    case "fail":
    case "release":
      return underLease(operation, request as Items, before, row)
    case "releaseStale":
      return releasedStale(request as StaleChoice, before, row)
    case "cancel":
      if (before.status === "pending") return row.status === "cancelled" ? undefined : "a cancel that does not cancel"
      return row.status === "running" && row.cancel_requested_at !== null && sameLease(before, row)
        ? undefined
        : "a cancel request that does more than ask"
    case "retry":
      return ["failed", "cancelled"].includes(before.status) && row.status === "pending" && row.failures === 0
          && row.cancel_requested_at === null
        ? undefined
        : "a retry of a job that cannot be retried, or not a fresh start"
    case "enqueue":
      return changedHolder(step, before, row, rows)
    case "nextDue":
    case "due":
    case "staleLeases":
    case "get":
    case "list":
    case "prune":
      return "an operation that changes no job changed one"
  }
}

/** An enqueue may change the pending job that holds its unique key, as it says and in nothing else. */
const changedHolder = (
  { call, carried, carries }: Step,
  before: JobRow,
  row: JobRow,
  rows: ReadonlyMap<string, JobRow>
): string | undefined => {
  if (before.status !== "pending" || row.status !== "pending" || before.holds_key !== 1) {
    return "an enqueue that changes a job which does not wait with its key"
  }
  const jobs = call?.request as ReadonlyArray<NewJob>
  const expected = changedBy(jobs, before, carried ?? "", row.updated_at, (id) => rows.has(id))
  return expected.outcome !== "kept" && carries === expected.payload && row.available_at === expected.availableAt
      && row.failures === before.failures
    ? undefined
    : "an enqueue that changes a job in another way than it says"
}

/** What a row says of its last settle. */
const lastSettle = ({ settled_as, settled_attempt, settled_by, settled_to }: JobRow) =>
  `${settled_as} of attempt ${settled_attempt} by ${settled_by} to ${settled_to}`

/** The last settle is known until the next one, whatever else becomes of the job, or until a person's retry. */
const lastSettleAfter = (operation: string, before: JobRow, row: JobRow): string => {
  const settles = operation === "complete" || operation === "fail" || operation === "release"
  if (settles) return `${operation} of attempt ${before.attempts} by ${before.locked_by} to ${row.status}`
  return operation === "retry" ? "null of attempt null by null to null" : lastSettle(before)
}

const neverChanges = [
  "kind",
  "queue",
  "priority",
  "partition_key",
  "unique_key",
  "unique_scope",
  "max_attempts",
  "created_at"
] as const

const appearsOrGoes = (
  operation: string,
  request: unknown,
  before: JobRow | undefined,
  row: JobRow | null,
  id: string,
  latest: number
): string | undefined => {
  if (row !== null) {
    const asked = operation === "enqueue" && (request as ReadonlyArray<NewJob>).find((job) => job.id === id)
    if (asked === false || asked === undefined) return "a job that nobody enqueued"
    const { available } = asked
    const same = row.kind === asked.kind && row.queue === asked.queue && row.priority === asked.priority
      && row.partition_key === asked.partitionKey && row.unique_key === asked.uniqueKey
      && row.unique_scope === asked.uniqueScope && row.created_at === row.updated_at
      && row.max_attempts === asked.maxAttempts
      && row.available_at === ("at" in available ? available.at : row.updated_at + available.after)
    return same && row.status === "pending" && row.attempts === 0 && row.failures === 0
      ? undefined
      : "another job than was enqueued"
  }
  const { retention, status } = operation === "prune"
    ? request as { readonly status: string; readonly retention: number }
    : { retention: 0, status: "" }
  if (before === undefined || before.finished_at === null || before.status !== status) {
    return "a deletion that is no prune"
  }
  return latest - before.finished_at >= retention ? undefined : "a job was pruned before its time"
}

const sameLease = (before: JobRow, row: JobRow) =>
  row.locked_by === before.locked_by && row.locked_until === before.locked_until && row.locked_at === before.locked_at

const claimed = (request: ClaimRequest, before: JobRow, row: JobRow): string | undefined => {
  const leaseFor = request.kinds.find(({ kind }) => kind === row.kind)?.leaseFor
  if (before.status !== "pending") return "a claim of a job that is not pending"
  // In a caller's transaction, which can be rolled back, a claim has a name of its own.
  const isTheClaimers = row.locked_by === request.worker || row.locked_by?.startsWith(`${request.worker}#`) === true
  if (row.status !== "running" || !isTheClaimers) return "a claim that is not the claimer's"
  if (before.available_at > row.updated_at) return "a claim of a job that is not due"
  if (row.failures !== before.failures) return "a claim that changes the past"
  if (leaseFor === undefined) return "a claim of a kind that was not asked for"
  return row.locked_at === row.updated_at && row.locked_until === row.updated_at + leaseFor
    ? undefined
    : "a lease of another length"
}

/** The write of the current holder, and of no one else. */
const underLease = (
  operation: "extend" | "progress" | "complete" | "fail" | "release",
  items: Items,
  before: JobRow,
  row: JobRow
): string | undefined => {
  const item = items.find(({ lease }) => lease.jobId === row.id)
  if (
    before.status !== "running" || item === undefined || item.lease.worker !== before.locked_by
    || item.lease.attempt !== before.attempts
  ) return "a write by who does not hold the lease"
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

const releasedStale = (which: StaleChoice, before: JobRow, row: JobRow): string | undefined => {
  if ("leases" in which && !which.leases.some((lease) => isUnder(before, lease))) {
    return "a stale release of a lease that was not named"
  }
  if (before.status !== "running" || before.locked_until === null) return "a stale release of a job that is not running"
  if (before.locked_until > row.updated_at) return "a release of a lease that is not over"
  const over = before.failures + 1 >= before.max_attempts
  const status = before.cancel_requested_at !== null ? "cancelled" : over ? "failed" : "pending"
  if (row.last_error?.includes(`was locked by ${before.locked_by} since`) !== true) {
    return "a release that names another holder"
  }
  return row.status === status && row.failures === before.failures + 1
    ? undefined
    : `a stale release that does not make it ${status}`
}

/** What a job carries is as it was given, and only the operation that it was given to writes it. */
const wrongContent = ({ before, call, carried, carries, id, row }: Step): string | undefined => {
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
  // Of a stale release it is the store that says what went wrong.
  if (operation === "releaseStale") return undefined
  return row.last_error === (operation === "fail" ? item()?.["error"] : before?.last_error ?? null)
    ? undefined
    : "another error than was given"
}

/** What a row says of its failures: the last ten, and each as it happened. */
const failuresAfter = (operation: string, before: JobRow | undefined, row: JobRow): string => {
  const known = JSON.parse(before?.errors ?? "[]") as ReadonlyArray<JobFailure>
  if (operation !== "fail" && operation !== "releaseStale") return JSON.stringify(known)
  const failure = { attempt: row.attempts, worker: before?.locked_by, at: row.updated_at, message: row.last_error }
  return JSON.stringify([...known, failure].slice(-10))
}

/** Every change is made at an instant that its process could read on its clock during the operation. */
const wrongTime = (timeline: Timeline, { at, call, process, row }: Step): string | undefined =>
  row === null || call === undefined || timeline.couldRead(process, row.updated_at, call.invoked.at, at)
    ? undefined
    : "a time that no clock showed"

/** A job is finished at the instant it ends, and due at another only by what schedules it. */
const wrongInstants = ({ before, call, row }: Step): string | undefined => {
  if (call === undefined || row === null || before === undefined) return undefined
  if (row.finished_at !== (isFinished(row) ? row.updated_at : null)) return "another end than now"
  const schedules = row.status === "pending" &&
    ["fail", "release", "releaseStale", "retry", "enqueue"].includes(call.operation)
  if (!schedules && row.available_at !== before.available_at) return "another due instant than it had"
  const atOnce = call.operation === "releaseStale" || call.operation === "retry"
  return schedules && atOnce && row.available_at !== row.updated_at ? "not due at once" : undefined
}

/** A claim takes exactly the first due jobs of its kinds and queues, in claim order, as far as they fit into it. */
const checkClaimOrder = (
  timeline: Timeline,
  findings: Findings,
  first: Step,
  rows: ReadonlyMap<string, JobRow>,
  bytes: ReadonlyMap<string, number>
): void => {
  const { call, row } = first
  if (call === undefined || row === null) return
  const { kinds, limit, maxBytes, queues } = call.request as ClaimRequest
  const names = new Set(kinds.map(({ kind }) => kind))
  const due = [...rows.values()]
    .filter((job) => job.status === "pending" && names.has(job.kind) && job.available_at <= row.updated_at)
    .sort((a, b) => b.priority - a.priority || a.available_at - b.available_at || (a.id < b.id ? -1 : 1))
  const room = new Map(queues._tag === "Some" ? queues.value.map((one) => [one.queue, one.limit]) : [])
  const expected: Array<string> = []
  let total = 0
  for (const job of due) {
    if (expected.length === limit) break
    if (queues._tag === "Some") {
      const left = room.get(job.queue) ?? 0
      if (left === 0) continue
      room.set(job.queue, left - 1)
    }
    total += bytes.get(job.id) ?? 0
    if (total > maxBytes && expected.length > 0) {
      findings.sometimes("a claim left jobs for their size")
      break
    }
    expected.push(job.id)
  }
  const taken = timeline.stepsOfCall(call).map(({ id }) => id)
  findings.expect(
    taken.length === expected.length && taken.every((id) => expected.includes(id)),
    "claim order holds",
    () => `claimed ${taken.join(", ")} where ${expected.join(", ")} were first (${first.process})`
  )
}

const noteRareStates = (timeline: Timeline, step: Step, findings: Findings): void => {
  const { before, call, carried, carries, id, process, row } = step
  if (call === undefined) return
  const { operation } = call
  if (before === undefined) return
  if (row === null) return findings.sometimes("a finished job was pruned")
  const over = before.locked_until !== null && before.locked_until < row.updated_at
  findings.sometimes(
    "a job came back from an attempt without its unique key",
    before.status === "running" && row.status === "pending" && row.unique_key !== null && row.holds_key === 0
  )
  switch (operation) {
    case "extend":
      return findings.sometimes("a lease that was over was extended", over)
    case "complete":
      findings.sometimes("a job succeeded although its cancel was asked for", row.cancel_requested_at !== null)
      return findings.sometimes("a settle came after its lease was over, and counted", over)
    case "fail":
      findings.sometimes("a handler timed out", row.last_error?.startsWith("Timed out") === true)
      return findings.sometimes(
        "a job failed for good with budget left",
        row.status === "failed" && row.failures < row.max_attempts
      )
    case "release":
      findings.sometimes("a running job was cancelled", row.status === "cancelled")
      if (row.status === "pending" && row.available_at === row.updated_at) {
        const begun = timeline.history.runs.some((run) => run.jobId === id && run.attempt === row.attempts)
        const told = timeline.toldToEndAt(process) <= call.invoked.at
        findings.sometimes(
          begun
            ? "a job was handed back at a shutdown"
            : told
            ? "a worker that was told to end handed back what it was claiming"
            : "a job was handed back that was claimed too late"
        )
      }
      return findings.sometimes("a job was snoozed", row.status === "pending" && row.available_at > row.updated_at)
    case "releaseStale":
      findings.sometimes("a stale job was released to the next attempt", row.status === "pending")
      findings.sometimes("a stale job had spent its budget", row.status === "failed")
      return findings.sometimes("a stale job was cancelled", row.status === "cancelled")
    case "cancel":
      return findings.sometimes("a pending job was cancelled", row.status === "cancelled")
    case "retry":
      return findings.sometimes("a finished job was retried")
    case "enqueue":
      findings.sometimes("a pending job's payload was replaced", carries !== carried)
      return findings.sometimes("a pending job's due time was moved", row.available_at !== before.available_at)
    case "nextDue":
    case "due":
    case "claim":
    case "progress":
    case "staleLeases":
    case "get":
    case "list":
    case "prune":
      return
  }
}
