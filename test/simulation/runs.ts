import { Either } from "effect"
import { isDeepStrictEqual } from "node:util"
import type { Findings } from "./Findings.ts"
import type { HandlerRun } from "./History.ts"
import { longestRefusal, resultOf, timeoutOf } from "./jobs.ts"
import type { Timeline } from "./Timeline.ts"
import { rounding } from "./Timeline.ts"

/** What handlers did: one for each attempt, none past its deadline, no two of a job at once, no more than there are slots. */
export const checkRuns = (timeline: Timeline, findings: Findings): void => {
  const leases = new Map<string, LeaseOfRun>()
  const ofJob = new Map<string, Array<HandlerRun>>()
  for (const run of timeline.history.runs) {
    const key = nameOf(run)
    findings.expect(!leases.has(key), "one handler starts for each attempt", () => `two for ${key}`)
    const lease = leaseUnder(timeline, run)
    leases.set(key, lease)
    ofJob.set(run.jobId, [...ofJob.get(run.jobId) ?? [], run])
    const told = timeline.drainsFrom(run)
    findings.expect(lease.claimedAt !== undefined, "a handler runs what its worker has claimed", () => key)
    findings.expect(
      run.started.at - timeline.stoppedFor(run.process, told, run.started.at) <= told + rounding,
      "a worker that drains begins no job",
      () => `${key} began in ${run.process} at ${run.started.at}`
    )
    findings.expect(
      endOf(run) <= lease.stopsBy + rounding,
      "a handler stops when it is told to, and before its lease ends",
      () => `${key} (${run.behaviour} in ${run.process}) ran until ${endOf(run)}, and had to stop by ${lease.stopsBy}`
    )
    findings.expect(
      lease.extendedLate === undefined,
      "a lease whose deadline has passed is not made to last longer",
      () => `${key} (${run.behaviour} in ${run.process}) was extended at ${lease.extendedLate}`
    )
    checkResult(timeline, findings, run)
    findings.sometimes(
      "a job waited for a place after its claim",
      timeline.plan.worker.claimAhead > 0 && run.started.at > (lease.claimedAt ?? Infinity) + 1000
    )
    findings.sometimes("a process was killed while a handler ran", run.ended?.how === "killed")
    findings.sometimes(
      "a worker died while a handler ran",
      told < Math.min(timeline.toldToEndAt(run.process), endOf(run))
    )
  }
  for (const runs of ofJob.values()) checkOverlaps(timeline, findings, runs, leases)
  checkSlots(timeline, findings)
}

/** What a handler answers is what its job is settled with. */
const checkResult = (timeline: Timeline, findings: Findings, run: HandlerRun): void => {
  const { attempt, jobId, kind } = run
  const settle = timeline.stepsOf(jobId).find(({ call, row }) =>
    call?.operation === "complete" && row?.attempts === attempt
  )
  const result = kind === "brief" || kind === "timed" ? resultOf(run) : null
  findings.expect(
    settle === undefined || isDeepStrictEqual(JSON.parse(settle.row?.result ?? ""), result),
    "a job is settled with what its handler answered",
    () => `${nameOf(run)} was settled with ${settle?.row?.result}`
  )
}

const nameOf = ({ attempt, jobId }: { readonly attempt: number; readonly jobId: string }) =>
  `attempt ${attempt} of ${jobId}`

const endOf = (run: HandlerRun) => run.ended?.at ?? Infinity

/** What the checker knows of the lease that a run was under. */
interface LeaseOfRun {
  readonly claimedAt: number | undefined
  /** Milliseconds of true time that the last claim or extension holds for. */
  readonly leaseFor: number
  /** True time of the last claim or extension that the database has. */
  readonly heldAt: number
  /** The deadline that the worker knows of, at the latest, before what its process was kept from doing. */
  readonly deadline: number
  /** When it has no lease any more: at the deadline, or when an extension said that the lease is lost. */
  readonly due: number
  /**
   * When it had to stop: then, or at its timeout, when an extension told of a cancel, when a shutdown's grace was
   * over. Later by what excuses it: a stopped process, a handler that refuses to stop.
   */
  readonly stopsBy: number
  /** When the worker sent an extension although the deadline had passed. */
  readonly extendedLate: number | undefined
}

const leaseUnder = (timeline: Timeline, run: HandlerRun): LeaseOfRun => {
  const { process } = run
  const toldAt = timeline.drainsFrom(run)
  const drained = timeline.paceAt(run, toldAt)
  let claimedAt: number | undefined
  let deadline = -Infinity
  let lostAt = Infinity
  let cancelledAt = Infinity
  let heldAt = -Infinity
  let leaseFor = NaN
  for (const step of timeline.stepsOf(run.jobId)) {
    if (step.row?.attempts !== run.attempt || step.call === undefined) continue
    if (step.call.operation === "claim" && step.process === process) {
      claimedAt = step.at
      deadline = step.call.invoked.at + timeline.paceAt(run, step.call.invoked.at).holdsFor
    }
    if (step.call.operation !== "claim" && step.call.operation !== "extend") continue
    heldAt = step.at
    leaseFor = Number(step.row.locked_until) - step.row.updated_at
  }
  /** A process that was stopped past an instant may have been so just before it set the timer, and looks at the next beat. */
  const noticed = (at: number) => {
    const resumed = timeline.runningFrom(process, at)
    const { interval } = timeline.paceAt(run, at)
    return resumed > at ? timeline.runningFrom(process, resumed + interval) : at
  }
  let extendedLate: number | undefined
  const answered: Array<{ readonly order: number; readonly sentAt: number; readonly deadline: number }> = []
  /** The deadline that the worker knows of, by the answers until then. As it begins to drain it lowers what it knew. */
  const knownAt = (at: number, order: number) => {
    const heard = answered.filter((one) => one.order < order)
    const before = Math.max(deadline, ...heard.filter(({ sentAt }) => sentAt < toldAt).map((one) => one.deadline))
    const since = heard.filter(({ sentAt }) => sentAt >= toldAt).map((one) => one.deadline)
    return Math.max(at < toldAt ? before : Math.min(before, toldAt + drained.holdsFor), ...since)
  }
  /** Whether the worker had begun to drain between a beat and its answer, which it does not hear then. */
  const gaveUp = (sentAt: number, answeredAt: number) => sentAt < toldAt && answeredAt > toldAt
  /** Whether a beat's answer came in the instant in which the worker began to drain. */
  const isHardlyHeard = (answeredAt: number) => answeredAt === toldAt
  for (const { answer, invoked, returned } of timeline.extensionsOf(run)) {
    if (invoked.at > noticed(knownAt(invoked.at, invoked.order)) + rounding) extendedLate ??= invoked.at
    if (returned === undefined || answer === undefined || gaveUp(invoked.at, returned.at)) continue
    const { holdsFor, mayTake } = timeline.paceAt(run, invoked.at)
    // A beat that takes longer than this is given up, and its answer is not heard.
    const took = returned.at - invoked.at
    if (Either.isLeft(answer)) {
      if (took < mayTake && !isHardlyHeard(returned.at)) lostAt = Math.min(lostAt, returned.at)
      // The timer of a process that was stopped may go off together with the answer.
    } else if (took <= mayTake + rounding || timeline.stoppedFor(process, invoked.at, returned.at) > 0) {
      answered.push({ order: returned.order, sentAt: invoked.at, deadline: invoked.at + holdsFor })
      const isHeard = took < mayTake && !isHardlyHeard(returned.at)
      if (answer.right.cancelRequested && isHeard) cancelledAt = Math.min(cancelledAt, returned.at)
    }
  }
  deadline = knownAt(toldAt, Infinity)
  const due = Math.min(deadline, lostAt)
  // A process that is stopped as a handler starts has it begin its work when it goes on.
  const begun = timeline.runningFrom(process, run.started.at)
  const told = noticed(
    Math.min(
      due,
      cancelledAt,
      begun + timeoutOf(run.kind),
      timeline.graceOverAt(run)
    )
  )
  const stopsBy = run.behaviour === "refuse to stop"
    ? timeline.runningFrom(process, Math.max(told, begun + Math.min(run.takes, longestRefusal)))
    : told
  return { claimedAt, leaseFor, heldAt, deadline, due, stopsBy: stopsBy + rounding, extendedLate }
}

/** Two runs of a job at once are excused only by what no program can help. */
const checkOverlaps = (
  timeline: Timeline,
  findings: Findings,
  runs: ReadonlyArray<HandlerRun>,
  leases: ReadonlyMap<string, LeaseOfRun>
): void => {
  const inOrder = [...runs].sort((a, b) => a.attempt - b.attempt)
  inOrder.forEach((older, index) => {
    for (const newer of inOrder.slice(index + 1)) {
      if (newer.started.at >= endOf(older) || older.started.at >= endOf(newer)) continue
      const lease = leases.get(nameOf(older))
      if (lease === undefined) continue
      const excuse = excuseOf(timeline, older, newer, lease)
      findings.sometimes("two handlers of a job overlapped, excused", excuse !== undefined)
      findings.expect(
        excuse !== undefined,
        "a running job is never run twice",
        () =>
          `${nameOf(older)} ran in ${older.process} from ${older.started.at} to ${
            endOf(older)
          }, and attempt ${newer.attempt} in ${newer.process} from ${newer.started.at}`
      )
    }
  })
}

const excuseOf = (timeline: Timeline, older: HandlerRun, newer: HandlerRun, lease: LeaseOfRun): string | undefined => {
  if (older.behaviour === "refuse to stop" && newer.started.at >= lease.due) return "its handler refused to stop"
  if (timeline.runningFrom(older.process, lease.deadline) > lease.deadline) {
    return "its process was stopped past its deadline"
  }
  const release = timeline.stepsOf(older.jobId).find(({ call, row }) =>
    call?.operation === "releaseStale" && row?.attempts === older.attempt
  )
  return release !== undefined && release.at < lease.heldAt + lease.leaseFor && newer.started.at >= release.at
      && timeline.showedOver(release)
    ? "clocks differed by more than the lease had left"
    : undefined
}

/** At no time has a worker more handlers than slots, in all or for one queue. */
const checkSlots = (timeline: Timeline, findings: Findings): void => {
  const { concurrency, queues } = timeline.plan.worker
  const running = new Map<string, number>()
  const moments = timeline.history.runs.flatMap(({ attempt, ended, jobId, queue, started }) => {
    const worker = timeline.claimOf(jobId, attempt)?.row?.locked_by
    return [
      { order: started.order, worker, queue, by: 1 },
      ...(ended === undefined ? [] : [{ order: ended.order, worker, queue, by: -1 }])
    ]
  }).sort((a, b) => a.order - b.order)
  for (const { by, queue, worker } of moments) {
    for (
      const [slots, most] of [
        [`${worker}`, concurrency],
        [`${queue} of ${worker}`, queues?.[queue] ?? Infinity]
      ] as const
    ) {
      const now = (running.get(slots) ?? 0) + by
      running.set(slots, now)
      findings.expect(now <= most, "no more jobs run than there are slots", () => `${now} of ${most} in ${slots}`)
    }
  }
}
