import type { NewJob } from "../../src/store/JobStore.ts"
import { ofOneJob } from "./acts.ts"
import type { Findings } from "./Findings.ts"
import type { Call, HandlerRun } from "./History.ts"
import type { Behaviour } from "./jobs.ts"
import { enqueuedBy, foreignKind, holdsFor, leaseOf, timeoutOf, wouldSucceed, zombieAfter } from "./jobs.ts"
import type { Step, Timeline } from "./Timeline.ts"
import { endsAfterGrace, rounding } from "./Timeline.ts"
import { epoch } from "./World.ts"

/** What is left once the faults have healed: every job has ended, as it should, and nothing runs any more. */
export const checkEnds = (timeline: Timeline, findings: Findings, leftovers: ReadonlyArray<string>): void => {
  for (const left of leftovers) findings.violation("a process that has ended leaves nothing", left)
  for (const death of timeline.history.deaths) findings.violation("nothing dies of a bug", death)
  for (const step of timeline.steps) {
    if (step.call?.operation === "releaseStale") {
      findings.expect(
        excusedRelease(timeline, step),
        "a live job is not released",
        () =>
          `attempt ${step.before?.attempts} of ${step.id} (${
            step.row?.kind === foreignKind ? foreignKind : behaviourOf(step)
          }), held by ${step.before?.locked_by} until ${step.before?.locked_until}, released at ${step.at}`
      )
    }
  }
  for (const step of timeline.steps) {
    const waited = isHandedBack(step) && hasWaitedInVain(timeline, step)
    findings.sometimes("a job that was claimed ahead was handed back", waited)
    findings.expect(
      !isHandedBack(step) || waited || mayBeHandedBack(timeline, step),
      "a job is handed back only at a shutdown, when its claim came too late, or when it has waited for a place",
      () => `attempt ${step.row?.attempts} of ${step.id} (${behaviourOf(step)}) by ${step.process}`
    )
  }
  for (const id of timeline.jobIds) {
    const last = timeline.stepsOf(id).at(-1)
    const job = last?.row
    // Pruned: it had ended, or prune would have been found wrong.
    if (last === undefined || job === null || job === undefined) continue
    if (job.kind === foreignKind) {
      const isLeft = job.status === "running" && sawOverAgainAndAgain(timeline, last, Number(job.locked_until))
      findings.expect(!isLeft, "another program's job does not stay with a dead worker", () => id)
      continue
    }
    findings.expect(job.finished_at !== null, "every job ends", () => `${id} (${behaviourOf(last)}) is ${job.status}`)
  }
  for (const id of timeline.jobIds) checkFailed(timeline, findings, id)
}

/** Whether some process has looked for leases that are over, in three checks after this one was over and all faults had healed. */
const sawOverAgainAndAgain = (timeline: Timeline, held: Step, lockedUntil: number): boolean => {
  const healedAt = epoch + timeline.plan.troubledFor
  const looks = timeline.history.calls.filter(({ invoked, operation, process }) =>
    operation === "staleLeases" && invoked.at > Math.max(held.at, healedAt)
    && timeline.earliestWall(process, invoked.at, invoked.at) > lockedUntil
  )
  // Each check looks twice.
  return looks.some(({ process }) => looks.filter((look) => look.process === process).length > 6)
}

/** As opposed to snoozed: it may run again at once, and has lost nothing. */
const isHandedBack = ({ call, row }: Step): boolean =>
  call?.operation === "release" && row?.status === "pending" && row.available_at === row.updated_at

/** True for a job that was claimed ahead and had no place within a heartbeat interval. */
const hasWaitedInVain = (timeline: Timeline, { call, id, row }: Step): boolean => {
  const { claimAhead, heartbeatInterval } = timeline.plan.worker
  if (claimAhead === 0 || call === undefined || row === null || hasBegun(timeline, id, row.attempts)) return false
  return call.invoked.at >= (timeline.claimOf(id, row.attempts)?.at ?? Infinity) + heartbeatInterval
}

const hasBegun = ({ history }: Timeline, id: string, attempt: number): boolean =>
  history.runs.some((run) => run.jobId === id && run.attempt === attempt)

const mayBeHandedBack = (timeline: Timeline, { call, id, process, row }: Step): boolean => {
  const { heartbeatInterval, lease } = timeline.plan.worker
  if (call === undefined || row === null) return false
  if (timeline.drainsFrom({ jobId: id, attempt: row.attempts, process }) <= call.invoked.at) return true
  // A worker counts from before it asks, and may have been stopped before the question was out.
  const claimedAt = timeline.stoppedFrom(process, timeline.claimOf(id, row.attempts)?.call?.invoked.at ?? -Infinity)
  const tooLate = claimedAt + holdsFor(leaseOf(row.kind, lease)) - heartbeatInterval / 4
  return !hasBegun(timeline, id, row.attempts) && call.invoked.at >= tooLate
}

/** Each time that a job failed although its handler would succeed, faults have spent its whole budget. */
const checkFailed = (timeline: Timeline, findings: Findings, id: string): void => {
  let spent: Array<Step> = []
  for (const step of timeline.stepsOf(id)) {
    const { before, call, row } = step
    if (call !== undefined && ofOneJob(call).operation === "retry") spent = []
    if (row === null || row.failures <= (before?.failures ?? 0) || row.kind === foreignKind) continue
    spent.push(step)
    if (row.status !== "failed" || !wouldSucceed(row.kind, behaviourOf(step))) continue
    findings.expect(
      row.failures === row.max_attempts && spent.length === row.failures &&
        spent.every((one) => !wouldSucceed(row.kind, behaviourOf(one)) || byFault(timeline, one)),
      "a job whose handler would succeed fails only when faults have spent its budget",
      () => `${id} (${spent.map(behaviourOf).join(", ")}): ${spent.map(({ row }) => row?.last_error).join("; ")}`
    )
  }
}

/** What the handler of a job does with the payload that it has after a change. */
const behaviourOf = ({ carries }: Step): Behaviour =>
  (JSON.parse(carries) as { readonly behaviour: Behaviour }).behaviour

/** Whether an attempt failed by something that was done to it, or as its script says. A stale release is judged by itself. */
const byFault = (timeline: Timeline, step: Step): boolean => {
  const { call, id, row } = step
  if (call?.operation === "releaseStale") return true
  const runs = timeline.history.runs.filter(({ jobId }) => jobId === id)
  const run = runs.find(({ attempt }) => attempt === row?.attempts)
  const error = row?.last_error ?? ""
  if (error.startsWith("Timed out")) return tookTooLong(timeline, step, run)
  if (run === undefined) return false
  if (/scripted failure/.test(error)) return run.behaviour === "fail at first" && run === runs[0]
  return /StoreError|simulated/.test(error) && callsOf(timeline, run).some(letDown)
}

/** Whether what a handler had to do, and what kept it from that, took as long as its kind may take. */
const tookTooLong = (timeline: Timeline, { at, id, process, row }: Step, run: HandlerRun | undefined): boolean => {
  // The timer may be set before a process is stopped, and the handler begin after it or not at all.
  const claim = timeline.claimOf(id, row?.attempts ?? 0)
  const ended = run?.ended?.at ?? at
  const stopped = timeline.stoppedFor(process, claim?.at ?? at, ended)
  const calls = run === undefined ? [] : callsOf(timeline, run)
  const waited = calls.map(({ invoked, returned }) => Math.min(returned?.at ?? Infinity, ended) - invoked.at)
  // A block is a stop of its process.
  const work = run === undefined || run.behaviour === "block" ? 0 : run.takes
  return waited.reduce((a, b) => a + b, work + stopped) + rounding >= timeoutOf(row?.kind ?? "")
}

/** What a handler has called the store for. */
const callsOf = (timeline: Timeline, { attempt, behaviour, ended, jobId, process, started }: HandlerRun) => {
  const some = behaviour === "enqueue another"
    ? timeline.history.calls.filter(({ operation, request }) =>
      operation === "enqueue" &&
      (request as ReadonlyArray<NewJob>).some(({ payload }) => payload.includes(enqueuedBy({ jobId, attempt })))
    )
    : timeline.callsUnder(jobId, attempt).filter(({ operation }) => operation === "progress")
  return some.filter(({ invoked, process: by }) =>
    by === process && invoked.order > started.order && invoked.order < (ended?.order ?? Infinity)
  )
}

/** Whether a fault failed a call. */
const letDown = ({ faults, returned }: Call) =>
  returned?.tag === "unknown" && faults.some((fault) => fault !== "latency" && fault !== "stall")

/** Whether something kept the holder of a lease from extending it, or from settling its job. */
const excusedRelease = (timeline: Timeline, step: Step): boolean => {
  const { at, before, id } = step
  if (before === undefined || before.locked_by === null || before.locked_by.startsWith("hand.")) return true
  if (before.kind === foreignKind) {
    return timeline.latestWall(step.process, step.call?.invoked.at ?? at, at) > Number(before.locked_until)
  }
  const held = timeline.leasesOf(id, before.attempts).at(-1)
  if (held?.row === undefined || held.row === null) return false
  const leaseFor = Number(held.row.locked_until) - Number(held.row.locked_at)
  if (timeline.killedAt(held.process) <= held.at + leaseFor) return true
  // A process that has ended, and left the job behind, is as dead as one that was killed.
  if (at < held.at + leaseFor) return timeline.showedOver(step) || timeline.endOf(held.process) <= at
  return wasGivenUp(timeline, id, before.attempts, at)
    || couldNotSettle(timeline, id, before.attempts)
    || passedItsDeadline(timeline, id, before.attempts, before.kind, step.order)
}

/** Whether a handler had gone on so long after it was told to stop that its heartbeat had ended, or its worker had. */
const wasGivenUp = (timeline: Timeline, id: string, attempt: number, at: number) =>
  timeline.history.runs.some((run) =>
    run.jobId === id && run.attempt === attempt && run.behaviour === "refuse to stop"
    && (timeline.mayBeToldFrom(run) + zombieAfter <= at || timeline.graceOverAt(run) + endsAfterGrace <= at
      || run.ended?.how === "killed" && run.ended.at <= at)
  )

/** Whether the store took no outcome of an attempt, so that its worker gave it up. */
const couldNotSettle = (timeline: Timeline, id: string, attempt: number): boolean => {
  const sent = timeline.callsUnder(id, attempt).filter(({ operation }) =>
    operation !== "progress" && operation !== "extend"
  )
  // One that waits for another's lock is given up after a second at least, and the last when the worker has to end.
  return sent.every(({ returned }) => returned?.tag !== "ok") && sent.some((call) => wasTroubled(call, 1000))
}

/**
 * Whether the deadline of an attempt passed, as far as its worker knew, by
 * something that was done to it: the answer of the claim did not come, an
 * extension did not get through, or the process was stopped until the deadline.
 */
const passedItsDeadline = (timeline: Timeline, id: string, attempt: number, kind: string, order: number): boolean => {
  const claim = timeline.claimOf(id, attempt, order)
  if (claim?.call?.returned?.tag !== "ok") return true
  const { process } = claim
  const by = { jobId: id, attempt, kind, process }
  const paceAt = (at: number) => timeline.paceAt(by, at)
  const toldAt = timeline.drainsFrom(by)
  let since = claim.call.invoked.at
  let deadline = since + paceAt(since).holdsFor
  // The answer comes so late that no beat is in time, and the job is handed back.
  let troubled = claim.call.returned.at > deadline - paceAt(since).mayTake - rounding
  let drains = since >= toldAt
  const drain = () => {
    drains = true
    deadline = Math.min(deadline, toldAt + paceAt(toldAt).holdsFor)
    since = Math.max(since, toldAt)
  }
  for (const call of timeline.callsUnder(id, attempt)) {
    if (call.operation !== "extend" || call.process !== process) continue
    const { at } = call.invoked
    const { holdsFor, mayTake } = paceAt(at)
    if (!drains && at >= toldAt && deadline > toldAt) drain()
    const answeredAt = call.returned?.at ?? Infinity
    // It gives up the one that is under way as it begins to drain, for another.
    if (at < toldAt && answeredAt > toldAt) continue
    // An answer that comes at the instant in which its process stops may be heard only once that goes on.
    const isSure = call.returned?.tag === "ok" && !wasTroubled(call, mayTake) &&
      timeline.stoppedFor(process, at, answeredAt + 1) === 0
    // From the deadline on it has stopped, whatever comes then; that it came so late must have a reason.
    if (answeredAt >= deadline - rounding) break
    if (!isSure) troubled = true
    else {
      since = at
      deadline = since + holdsFor
      troubled = false
    }
  }
  if (!drains && deadline > toldAt) drain()
  const { interval, mayTake } = paceAt(deadline)
  const lastCall = timeline.callsUnder(id, attempt).some((call) =>
    call.operation === "extend" && call.invoked.at >= since && call.invoked.at < deadline
    && wasTroubled(call, paceAt(call.invoked.at).mayTake)
  )
  // One that is stopped as it sets the timer of a beat waits for a whole interval once it goes on.
  const beatBy = deadline - interval - 2 * mayTake
  return troubled || lastCall || timeline.stoppedFor(process, Math.max(since, beatBy), deadline) > 0
}

/** Whether a call went wrong, or took longer than its caller waits for. */
const wasTroubled = ({ faults, invoked, returned }: Call, mayTake: number) =>
  faults.some((fault) => fault !== "latency") || returned === undefined || returned.at - invoked.at >= mayTake
