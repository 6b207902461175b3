import type { Option } from "effect"
import { Either } from "effect"
import { isDeepStrictEqual } from "node:util"
import type { LeaseLost } from "../../src/domain/errors.ts"
import type { JobRecord } from "../../src/domain/JobRecord.ts"
import type { Lease } from "../../src/domain/Lease.ts"
import type {
  ClaimedJob,
  Enqueued,
  Extended,
  JobPage,
  NewJob,
  Settled,
  StaleChoice,
  StaleJob,
  StaleLease
} from "../../src/store/JobStore.ts"
import type { JobRow } from "./database.ts"
import type { Findings } from "./Findings.ts"
import type { Call, Moment } from "./History.ts"
import { wasAsAnswered, wronglyListed, wronglyNext, wronglyNothing, wronglyStale } from "./looks.ts"
import type { Step, Timeline } from "./Timeline.ts"
import { keyOf } from "./uniqueKeys.ts"

/** Whether each answer of the store was true at some time between its question and itself. */
export const checkAnswers = (timeline: Timeline, findings: Findings): void => {
  for (const call of timeline.history.calls) {
    const { returned } = call
    // What was answered in a transaction that was rolled back has never been.
    if (returned === undefined || !timeline.enclosings.stands(call)) continue
    if (returned.tag === "ok") checkAnswer({ timeline, findings, call, answer: returned.answer, answered: returned })
    if (returned.tag === "error") checkRefusal(timeline, findings, call, returned)
    if (returned.tag === "unknown") {
      findings.expect(
        returned.interrupted || call.faults.some((fault) => fault !== "latency"),
        "the store fails only by what is done to it",
        () => `${call.operation} by ${call.process}`
      )
    }
    if (returned.tag === "unknown" && call.operation === "claim" && timeline.stepsOfCall(call).length > 0) {
      findings.sometimes("a claim's answer was lost")
    }
  }
}

interface Asked {
  readonly timeline: Timeline
  readonly findings: Findings
  readonly call: Call
  readonly answer: unknown
  readonly answered: Moment
}

const checkAnswer = (asked: Asked): void => {
  const { answer, answered, call, findings, timeline } = asked
  const to = answered.order
  const steps = timeline.stepsOfCall(call)
  const told = (holds: boolean, evidence: () => string) =>
    findings.expect(holds, "answers are true", () => `${call.operation} by ${call.process}: ${evidence()}`)
  const notWrong = (wrong: string | undefined) => told(wrong === undefined, () => wrong ?? "")
  switch (call.operation) {
    case "claim": {
      const jobs = answer as ReadonlyArray<ClaimedJob>
      findings.sometimes("a claim found nothing left", jobs.length === 0)
      if (jobs.length === 0) notWrong(wronglyNothing(asked))
      told(jobs.length === steps.length, () => `answered ${jobs.length} jobs and claimed ${steps.length}`)
      told(isInClaimOrder(jobs), () => `answered out of order: ${jobs.map(({ lease }) => lease.jobId).join(", ")}`)
      for (const job of jobs) {
        const { lease } = job
        told(isAsEnqueued(timeline, job), () => `another job than was enqueued: ${JSON.stringify(job)}`)
        told(
          steps.some(({ id, row }) =>
            id === lease.jobId && row?.attempts === lease.attempt && row.locked_by === lease.worker
            && row.locked_until === lease.lockedUntil && row.failures === lease.failures
            && row.available_at === job.availableAt
          ),
          () => `a lease that is not in the database: ${JSON.stringify(lease)}`
        )
      }
      return
    }
    case "extend":
    case "progress":
    case "complete":
    case "fail":
    case "release":
      return (answer as ReadonlyArray<Either.Either<unknown, LeaseLost>>).forEach((one, index) => {
        const item = (call.request as ReadonlyArray<Item>)[index]
        if (item === undefined) return
        checkFenced(asked, item, Either.isRight(one), steps)
        if (Either.isRight(one)) told(isAsWritten(asked, item, one.right), () => `said ${JSON.stringify(one.right)}`)
      })
    case "enqueue":
      return (answer as ReadonlyArray<Enqueued>).forEach(({ enqueued, id, outcome }, index) => {
        const asked = (call.request as ReadonlyArray<NewJob>)[index]
        const changes = outcome === "replaced" || outcome === "moved"
        findings.sometimes("an enqueue was repeated", !enqueued && asked?.id === id)
        findings.sometimes("a unique key was taken", !enqueued && asked?.id !== id)
        told(
          enqueued
            ? outcome === "enqueued" && steps.some((step) => step.id === id && step.before === undefined)
            : changes
            ? asked?.onConflict === (outcome === "replaced" ? "replace" : "move") && asked.id !== id
              && steps.some((step) => step.id === id && step.before !== undefined)
            : outcome === "kept" && asked !== undefined
              && timeline.states(id, call, to).some((row) => isKept(timeline, row, asked)),
          () => `${id} was not ${outcome}`
        )
      })
    case "staleLeases":
      return notWrong(wronglyStale(asked, answer as ReadonlyArray<StaleLease>))
    case "releaseStale": {
      const jobs = answer as ReadonlyArray<StaleJob>
      const which = call.request as StaleChoice
      told(jobs.length === steps.length, () => `answered ${jobs.length} jobs and released ${steps.length}`)
      told(jobs.length <= ("leases" in which ? which.leases.length : which.limit), () => `released ${jobs.length}`)
      for (const job of jobs) {
        const before = steps.find(({ id }) => id === job.id)?.before
        const row = steps.find(({ id }) => id === job.id)?.row
        told(
          before?.locked_by === job.lockedBy && before.locked_at === job.lockedAt && before.attempts === job.attempt
            && row?.status === job.status,
          () => `another holder than there was, or end: ${JSON.stringify(job)}`
        )
      }
      return
    }
    case "cancel": {
      const { id, partitionKey } = call.request as Named
      return told(
        timeline.states(id, call, to).some((row) =>
          row !== undefined && isSeen(row, partitionKey) && row.status === answer &&
          (answer !== "running" || row.cancel_requested_at !== null)
        ),
        () => `${id} was not ${String(answer)}`
      )
    }
    case "get": {
      const job = answer as JobRecord
      const { partitionKey } = call.request as Named
      told(partitionKey === undefined || job.partitionKey === partitionKey, () => `${job.id} is another partition's`)
      return told(wasAsAnswered(asked, job), () => `${job.id} was never as answered`)
    }
    case "list":
      return notWrong(wronglyListed(asked, answer as JobPage))
    case "nextDue":
      return notWrong(wronglyNext(asked, answer as Option.Option<number>))
    case "prune":
      return told(
        isDeepStrictEqual(answer, { deleted: steps.length, refused: 0 }),
        () => `answered ${JSON.stringify(answer)} and deleted ${steps.length}`
      )
    case "retry": {
      const { partitionKey } = call.request as Named
      return told(
        steps.length === 1 && steps.every(({ row }) => row !== null && isSeen(row, partitionKey)),
        () => `retried ${steps.length} jobs, for partition ${partitionKey}`
      )
    }
    case "due":
      // Nobody in the fleet asks.
      return
  }
}

/** A job that is asked for, by whom: a partition, or one who sees all. */
interface Named {
  readonly id: string
  readonly partitionKey: string | undefined
}

const isSeen = (row: JobRow, partitionKey: string | undefined): boolean =>
  partitionKey === undefined || row.partition_key === partitionKey

const isInClaimOrder = (jobs: ReadonlyArray<ClaimedJob>): boolean =>
  jobs.every((job, index) => {
    const before = jobs[index - 1]
    if (before === undefined || before.priority > job.priority) return true
    if (before.priority < job.priority || before.availableAt > job.availableAt) return false
    return before.availableAt < job.availableAt || before.lease.jobId < job.lease.jobId
  })

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

/** Whether a worker is given what was asked for when the job was enqueued, or when its payload was replaced. */
const isAsEnqueued = (timeline: Timeline, { lease, ...job }: ClaimedJob): boolean => {
  const until = timeline.stepsOf(lease.jobId).findIndex(({ row }) => row?.attempts === lease.attempt)
  const steps = timeline.stepsOf(lease.jobId).slice(0, until + 1)
  const jobsOf = (step: Step | undefined) => step?.call?.request as ReadonlyArray<NewJob> | undefined
  const asked = jobsOf(steps.findLast(({ before }) => before === undefined))?.find(({ id }) => id === lease.jobId)
  const claim = steps.at(-1)
  const given = steps.findLast(({ before, carried, carries }) => before === undefined || carries !== carried)
  const giver = jobsOf(given)?.findLast(({ payload }) => payload === given?.carries)
  return asked !== undefined && giver !== undefined && claim !== undefined
    && JSON.stringify(job.payload) === JSON.stringify(JSON.parse(claim.carries))
    && job.kind === asked.kind && job.queue === asked.queue && job.priority === asked.priority
    && job.partitionKey === asked.partitionKey && job.maxAttempts === asked.maxAttempts
    && job.traceContext === giver.traceContext
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
  const written = steps.some(({ id }) => id === lease.jobId)
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
    call !== undefined && (settles(call.operation) || call.operation === "retry")
  )
  return last !== undefined && isSettleOf(last, lease, operation)
    && !(retryAfter === null && last.row?.status === "pending")
}

const settles = (operation: string) => operation === "complete" || operation === "fail" || operation === "release"

/** Whether a change is the one that this operation made under a lease. */
const isSettleOf = ({ before, call }: Step, lease: Lease, operation: string): boolean =>
  call?.operation === operation && before?.attempts === lease.attempt && before.locked_by === lease.worker

/** Whether a job keeps another from being enqueued, and stays as it is: by the same id, or by a unique key that it holds. */
const isKept = (timeline: Timeline, row: JobRow | undefined, job: NewJob): boolean => {
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

const checkRefusal = (
  timeline: Timeline,
  findings: Findings,
  call: Call,
  { error, order }: { readonly error: string; readonly order: number }
): void => {
  if (error === "JobIdConflict") return checkConflict(timeline, findings, call, order)
  const { id, partitionKey } = call.request as Partial<Named>
  findings.sometimes(
    "another partition's job was asked for",
    error === "JobNotFound" && id !== undefined && timeline.stepsOf(id).length > 0 && partitionKey !== undefined
  )
  const states = id === undefined ? [] : timeline.states(id, call, order)
  const expected = (row: JobRow | undefined) =>
    error === "JobNotFound"
      ? row === undefined || !isSeen(row, partitionKey)
      : row !== undefined && !isSeen(row, partitionKey)
      ? false
      : error === "JobNotRetryable"
      ? row !== undefined && row.status !== "failed" && row.status !== "cancelled"
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

/** Whether a row is not what a repetition of this enqueue would have made: what it was enqueued with differs as a value. */
const isAnother = (timeline: Timeline, row: JobRow | undefined, job: NewJob): boolean => {
  if (row === undefined) return false
  const first = timeline.stepsOf(row.id).findLast((step) => step.before === undefined && step.row !== null)
  return row.kind !== job.kind || row.partition_key !== job.partitionKey
    || !isDeepStrictEqual(JSON.parse(first?.carries ?? "null"), JSON.parse(job.payload))
}
