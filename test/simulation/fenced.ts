import { Either } from "effect"
import type { LeaseLost } from "../../src/domain/errors.ts"
import type { Lease } from "../../src/domain/Lease.ts"
import type { Extended, Settled } from "../../src/store/JobStore.ts"
import { ofOneJob } from "./acts.ts"
import type { JobRow } from "./database.ts"
import type { Findings } from "./Findings.ts"
import type { Call, Moment } from "./History.ts"
import { settles } from "./History.ts"
import type { Step, Timeline } from "./Timeline.ts"

/** A call and what it was answered when. */
export interface Asked {
  readonly timeline: Timeline
  readonly findings: Findings
  readonly call: Call
  readonly answer: unknown
  readonly answered: Moment
}

/** What is wrong with the answers to writes under leases. */
export const checkWrites = (asked: Asked, told: (holds: boolean, evidence: () => string) => void): void => {
  const { answer, call, timeline } = asked
  const steps = timeline.stepsOfCall(call)
  ;(answer as ReadonlyArray<Either.Either<unknown, LeaseLost>>).forEach((one, index) => {
    const item = (call.request as ReadonlyArray<Item>)[index]
    if (item === undefined) return
    checkFenced(asked, item, Either.isRight(one), steps)
    if (Either.isRight(one)) told(isAsWritten(asked, item, one.right), () => `said ${JSON.stringify(one.right)}`)
  })
}

/** Whether a write under a lease is answered with what it, or the same settle before it, has made of the row. */
const isAsWritten = ({ answered, call, timeline }: Asked, { lease }: Item, answer: unknown): boolean => {
  const { cancelRequested, lease: extended, status } = answer as Partial<Extended & Settled> ?? {}
  if (settles(call.operation)) {
    return timeline.stepsOf(lease.jobId).some((step) =>
      step.order <= answered.order && isSettleOf(step, lease, call.operation) && step.row?.status === status
    )
  }
  return timeline.states(lease.jobId, call, answered.order).some((row) => {
    if (row === undefined || row.attempts !== lease.attempt) return false
    if (call.operation === "progress") return true
    return row.locked_until === extended?.lockedUntil && (row.cancel_requested_at !== null) === cancelRequested
  })
}

interface Item {
  readonly lease: Lease
  /** Of a fail: null for never again. */
  readonly retryAfter?: number | null
}

/** Yes: the holder's write was made, now or by the same settle before. No: nothing was written, and the lease is another's. */
const checkFenced = (
  { answered, call, findings, timeline }: Asked,
  item: Item,
  yes: boolean,
  steps: ReadonlyArray<Step>
) => {
  const { operation } = call
  const { lease } = item
  // One call may settle two attempts of a job, one of which is over.
  const written = steps.some(({ before, id }) => id === lease.jobId && before?.attempts === lease.attempt)
  const states = timeline.states(lease.jobId, call, answered.order)
  const isRepeated = (row: JobRow | undefined) =>
    settles(operation) && row !== undefined && settledBefore(timeline, row, item, operation)
  if (yes) {
    const repeated = !written && states.some(isRepeated)
    findings.sometimes("a settle was repeated and told yes", repeated)
    findings.sometimes(
      "a settle was repeated and told yes although its job had been claimed again",
      repeated && states.every((row) => row?.attempts !== lease.attempt)
    )
    return findings.expect(
      written || repeated,
      "an accepted write is the current holder's",
      () => `${operation} by ${lease.worker}, attempt ${lease.attempt} of ${lease.jobId}, was told yes`
    )
  }
  findings.sometimes("a late settle was refused", settles(operation))
  findings.sometimes("an extension was told that its lease is lost", operation === "extend")
  findings.expect(
    !written && states.some((row) => !holds(row, lease) && !isRepeated(row)),
    "a late write changes nothing and says LeaseLost, and no other does",
    () => `${operation} by ${lease.worker}, attempt ${lease.attempt} of ${lease.jobId}, was told LeaseLost`
  )
}

const holds = (row: JobRow | undefined, lease: Lease) =>
  row?.status === "running" && row.locked_by === lease.worker && row.attempts === lease.attempt

/** Whether the last settle that a row has had was this very one. "Never again" leaves nothing pending. */
const settledBefore = (timeline: Timeline, row: JobRow, { lease, retryAfter }: Item, operation: string): boolean => {
  const until = timeline.stepsOf(row.id).findIndex((step) => step.row === row)
  const last = timeline.stepsOf(row.id).slice(0, until + 1).findLast(({ call }) =>
    call !== undefined && (settles(call.operation) || ofOneJob(call).operation === "retry")
  )
  return last !== undefined && isSettleOf(last, lease, operation)
    && !(retryAfter === null && last.row?.status === "pending")
}

/** Whether a change is the one that this operation made under a lease. */
const isSettleOf = ({ before, call }: Step, lease: Lease, operation: string): boolean =>
  call?.operation === operation && before?.attempts === lease.attempt && before.locked_by === lease.worker
