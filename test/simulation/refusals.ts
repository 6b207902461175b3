import { isDeepStrictEqual } from "node:util"
import type { NewJob } from "../../src/store/JobStore.ts"
import type { JobRow } from "./database.ts"
import type { Findings } from "./Findings.ts"
import type { Call } from "./History.ts"
import type { Timeline } from "./Timeline.ts"
import { keyOf } from "./uniqueKeys.ts"

/** A job that is asked for, by whom: a partition, or one who sees all. */
export interface Named {
  readonly id: string
  readonly partitionKey: string | undefined
}

/** Whether who asks for a partition sees a job. */
export const isSeen = (row: JobRow, partitionKey: string | undefined): boolean =>
  partitionKey === undefined || row.partition_key === partitionKey

/** Whether a job keeps another from being enqueued, and stays as it is: by the same id, or by a unique key that it holds. */
export const isKept = (timeline: Timeline, row: JobRow | undefined, job: NewJob): boolean => {
  const { id, kind, onConflict, partitionKey, uniqueKey } = job
  if (row?.id === id) return !isAnother(timeline, row, job)
  const isChanged = row?.status === "pending" &&
    (onConflict === "replace" || onConflict === "move" && row.attempts === 0)
  return !isChanged && holdsKey(row, { kind, partition_key: partitionKey, unique_key: uniqueKey })
}

const holdsKey = (row: JobRow | undefined, key: Pick<JobRow, "kind" | "partition_key" | "unique_key">): boolean =>
  row !== undefined && row.holds_key === 1 && keyOf(row) === keyOf(key)

/** Whether another job held the unique key of this one at some time of a call. */
const isTaken = (timeline: Timeline, row: JobRow, call: Call, to: number): boolean =>
  [...timeline.jobIds].some((id) =>
    id !== row.id && timeline.states(id, call, to).some((other) => holdsKey(other, row))
  )

/** What was refused was to be refused, and changed nothing. */
export const checkRefusal = (
  timeline: Timeline,
  findings: Findings,
  call: Call,
  { error, order }: { readonly error: string; readonly order: number }
): void => {
  if (error === "ForeignTransaction") return checkForeign(timeline, findings, call)
  if (error === "JobIdConflict") return checkConflict(timeline, findings, call, order)
  const { id, partitionKey } = call.request as Partial<Named>
  findings.sometimes(
    "another partition's job was asked for",
    error === "JobNotFound" && id !== undefined && timeline.stepsOf(id).length > 0 && partitionKey !== undefined
  )
  findings.sometimes("an edit came too late", error === "JobNotPending")
  findings.sometimes("a running job was not deleted", error === "JobRunning")
  const states = id === undefined ? [] : timeline.states(id, call, order)
  const expected = (row: JobRow | undefined) =>
    error === "JobNotFound"
      ? row === undefined || !isSeen(row, partitionKey)
      : row !== undefined && !isSeen(row, partitionKey)
      ? false
      : error === "JobNotRetryable"
      ? row !== undefined && row.status !== "failed" && row.status !== "cancelled"
      : error === "JobNotPending"
      ? row !== undefined && row.status !== "pending"
      : error === "JobRunning"
      ? row?.status === "running"
      : error === "UniqueKeyTaken"
      ? row !== undefined && row.finished_at !== null && isTaken(timeline, row, call, order)
      : false
  findings.expect(
    states.some(expected) && timeline.stepsOfCall(call).length === 0,
    "a refusal is true and changes nothing",
    () => `${call.operation} of ${id ?? "some jobs"} by ${call.process} was refused with ${error}`
  )
}

/** An enqueue that is refused for an id adds nothing, and one of its ids is another job's. */
const checkConflict = (timeline: Timeline, findings: Findings, call: Call, order: number): void => {
  const jobs = call.request as ReadonlyArray<NewJob>
  findings.sometimes("an id was another job's")
  findings.sometimes("an enqueue was refused in a transaction that committed", call.within !== undefined)
  findings.expect(
    timeline.stepsOfCall(call).length === 0
      && jobs.some((job) => timeline.states(job.id, call, order).some((row) => isAnother(timeline, row, job))),
    "a refusal is true and changes nothing",
    () => `enqueue of ${jobs.map(({ id }) => id).join(", ")} by ${call.process} was refused for an id`
  )
}

/** Only what is called inside another database's transaction is refused for that, and it adds nothing. */
const checkForeign = (timeline: Timeline, findings: Findings, call: Call): void => {
  const jobs = call.operation === "enqueue" ? call.request as ReadonlyArray<NewJob> : []
  findings.expect(
    timeline.stepsOfCall(call).length === 0 && jobs.length > 0
      && jobs.every(({ id }) => timeline.history.second.foreign.has(id)),
    "a refusal is true and changes nothing",
    () => `${call.operation} by ${call.process} was refused for another client's transaction`
  )
}

/** Whether a row is not what a repetition of this enqueue would have made: what it was enqueued with differs as a value. */
const isAnother = (timeline: Timeline, row: JobRow | undefined, job: NewJob): boolean => {
  if (row === undefined) return false
  const first = timeline.stepsOf(row.id).findLast((step) => step.before === undefined && step.row !== null)
  return row.kind !== job.kind || row.partition_key !== job.partitionKey
    || !isDeepStrictEqual(JSON.parse(first?.carries ?? "null"), JSON.parse(job.payload))
}
