import type { Option } from "effect"
import { isDeepStrictEqual } from "node:util"
import type { JobRecord } from "../../src/domain/JobRecord.ts"
import type { Pause } from "../../src/domain/Pause.ts"
import type {
  Acted,
  ActRequest,
  ClaimedJob,
  Enqueued,
  JobPage,
  LaneHead,
  LaneHolder,
  NewJob,
  StaleChoice,
  StaleJob,
  StaleLease
} from "../../src/store/JobStore.ts"
import type { Asked } from "./fenced.ts"
import { checkWrites } from "./fenced.ts"
import type { Findings } from "./Findings.ts"
import { wronglyHeads, wronglyHeld } from "./lanes.ts"
import { wasAsAnswered, wronglyLeft, wronglyListed, wronglyNext, wronglyNothing, wronglyStale } from "./looks.ts"
import { wronglyPaused, wronglyPauses, wronglyResumed } from "./pauses.ts"
import type { Named } from "./refusals.ts"
import { checkRefusal, isKept, isSeen } from "./refusals.ts"
import type { Step, Timeline } from "./Timeline.ts"

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
      return checkWrites(asked, told)
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
    case "laneHeads":
      return notWrong(wronglyHeads(asked, answer as ReadonlyArray<LaneHead>))
    case "laneHolders":
      return notWrong(wronglyHeld(asked, answer as ReadonlyArray<LaneHolder>))
    case "staleLeases":
      return notWrong(wronglyStale(asked, answer as ReadonlyArray<StaleLease>))
    case "releaseStale": {
      const jobs = answer as ReadonlyArray<StaleJob>
      const which = call.request as StaleChoice
      told(jobs.length === steps.length, () => `answered ${jobs.length} jobs and released ${steps.length}`)
      notWrong(wronglyLeft(asked, jobs))
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
      findings.sometimes("a job was shown without what is unreadable of it", job.unreadable.length > 0)
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
    case "edit":
      return told(steps.length === 1, () => `edited ${steps.length} jobs`)
    case "delete": {
      const [step] = steps
      return told(
        steps.length === 1 && step?.row === null && step.before?.status === answer,
        () => `deleted ${steps.length} jobs, of which one was ${String(answer)}`
      )
    }
    case "act": {
      const { action, ids } = call.request as ActRequest
      const answers = answer as ReadonlyArray<Acted>
      const done = ids.filter((_, index) => answers[index]?._tag === "Right")
      told(answers.length === ids.length, () => `answered ${answers.length} of ${ids.length} jobs`)
      told(steps.every(({ id }) => done.some((one) => one === id)), () => `changed more jobs than it has answered`)
      // A cancel leaves a job that has ended, and says how it ended.
      return told(
        action === "cancel" || steps.length === done.length,
        () => `answered ${done.length} jobs and changed ${steps.length}`
      )
    }
    case "pause":
      return notWrong(wronglyPaused(asked, answer as Pause))
    case "resume":
      return notWrong(wronglyResumed(asked, answer as boolean))
    case "pauses":
      return notWrong(wronglyPauses(asked, answer as ReadonlyArray<Pause>))
    case "due":
    case "search":
    case "count":
    case "laneDepths":
    case "countAhead":
    case "endedLately":
    case "workers":
      // Nobody in the fleet asks, but the search before an action, whose jobs are looked at once more.
      return
    case "beatWorker":
    case "forgetWorker":
    case "pruneWorkers":
      // They answer nothing.
      return
  }
}

const isInClaimOrder = (jobs: ReadonlyArray<ClaimedJob>): boolean =>
  jobs.every((job, index) => {
    const before = jobs[index - 1]
    if (before === undefined || before.priority > job.priority) return true
    if (before.priority < job.priority || before.availableAt > job.availableAt) return false
    return before.availableAt < job.availableAt || before.lease.jobId < job.lease.jobId
  })

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
    && job.kind === asked.kind && job.queue === asked.queue && job.priority === claim.row?.priority
    && job.partitionKey === asked.partitionKey && job.maxAttempts === asked.maxAttempts
    && job.traceContext === giver.traceContext
}
