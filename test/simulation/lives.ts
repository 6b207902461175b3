import { isDeepStrictEqual } from "node:util"
import { ofOneJob } from "./acts.ts"
import type { Changes, ClaimRequest, NewJob, StaleChoice } from "../../src/store/JobStore.ts"
import { checkClaimOrder } from "./claimOrder.ts"
import { isFinished, wrongContent, wrongInstants, wrongTime } from "./contents.ts"
import type { JobRow } from "./database.ts"
import type { Findings } from "./Findings.ts"
import { settles } from "./History.ts"
import { foreignKind } from "./jobs.ts"
import { noteRareStates } from "./rareSteps.ts"
import type { Named } from "./refusals.ts"
import { isSeen } from "./refusals.ts"
import type { Step, Timeline } from "./Timeline.ts"
import type { Items } from "./underLease.ts"
import { releasedStale, sameLease, underLease } from "./underLease.ts"
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

/** What a step does that its operation may not do, if anything. */
const whatIsWrong = (
  timeline: Timeline,
  step: Step,
  rows: ReadonlyMap<string, JobRow>
): string | undefined => {
  const { at, before, call, id, process, row } = step
  if (call === undefined) {
    const isForeign = process === "" && before === undefined && row?.kind === foreignKind
    return isForeign ? undefined : "a change outside of every operation"
  }
  const { operation, request } = ofOneJob(call)
  if (before === undefined || row === null) {
    return appearsOrGoes(operation, request, before, row, id, timeline.latestWall(process, call.invoked.at, at))
  }
  if (row.attempts !== before.attempts + (operation === "claim" ? 1 : 0)) return "attempts is not what it was"
  if (row.failures > row.max_attempts && row.kind !== foreignKind) return "more failures than the budget"
  const fixed = operation === "edit" ? neverChanges : [...neverChanges, "priority"] as const
  if (fixed.some((column) => row[column] !== before[column])) return "what never changes has changed"
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
    case "edit":
      return edited(request as Edit, before, row)
    case "nextDue":
    case "due":
    case "laneHeads":
    case "laneHolders":
    case "staleLeases":
    case "get":
    case "list":
    case "search":
    case "count":
    case "delete":
    case "act":
    case "pause":
    case "resume":
    case "pauses":
    case "laneDepths":
    case "countAhead":
    case "endedLately":
    case "beatWorker":
    case "forgetWorker":
    case "workers":
    case "pruneWorkers":
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
  if (settles(operation)) return `${operation} of attempt ${before.attempts} by ${before.locked_by} to ${row.status}`
  return operation === "retry" ? "null of attempt null by null to null" : lastSettle(before)
}

const neverChanges = [
  "kind",
  "queue",
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
  if (operation === "delete") {
    const { partitionKey } = request as Named
    return before !== undefined && before.status !== "running" && isSeen(before, partitionKey)
      ? undefined
      : "a deletion of a job that runs, or of another partition's"
  }
  const { retention, status } = operation === "prune"
    ? request as { readonly status: string; readonly retention: number }
    : { retention: 0, status: "" }
  if (before === undefined || before.finished_at === null || before.status !== status) {
    return "a deletion that is no prune"
  }
  return latest - before.finished_at >= retention ? undefined : "a job was pruned before its time"
}

type Edit = Named & { readonly changes: Changes }

/** A pending job becomes due when it is asked to, with the priority that is asked for, and changes in nothing else. */
const edited = ({ changes, partitionKey }: Edit, before: JobRow, row: JobRow): string | undefined => {
  const { available, priority = before.priority } = changes
  const availableAt = available === undefined
    ? before.available_at
    : "at" in available
    ? available.at
    // One that is to run now and is due already keeps its place.
    : available.after === 0
    ? Math.min(before.available_at, row.updated_at)
    : row.updated_at + available.after
  return before.status === "pending" && isSeen(before, partitionKey)
      && isDeepStrictEqual(row, { ...before, priority, available_at: availableAt, updated_at: row.updated_at })
    ? undefined
    : "an edit of a job that does not wait, or of more than was asked for"
}

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
