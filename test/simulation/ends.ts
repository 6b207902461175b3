import type { NewJob } from "../../src/store/JobStore.ts"
import type { Findings } from "./Findings.ts"
import type { Call, HandlerRun } from "./History.ts"
import type { Behaviour } from "./jobs.ts"
import { leaseOf, timeoutOf, wouldSucceed, zombieAfter } from "./jobs.ts"
import type { Step, Timeline } from "./Timeline.ts"
import { rounding } from "./Timeline.ts"

/** What is left once the faults have healed: every job has ended, as it should, and nothing runs any more. */
export const checkEnds = (timeline: Timeline, findings: Findings, leftovers: ReadonlyArray<string>): void => {
  for (const left of leftovers) findings.violation("a process that has ended leaves nothing", left)
  for (const death of timeline.history.deaths) findings.violation("nothing dies of a bug", death)
  const behaviours = behavioursOf(timeline)
  for (const step of timeline.steps) {
    if (step.call?.operation === "releaseStale") {
      findings.expect(
        excusedRelease(timeline, step),
        "a live job is not released",
        () =>
          `attempt ${step.before?.attempts} of ${step.id} (${
            behaviours.get(step.id)
          }), held by ${step.before?.locked_by} until ${step.before?.locked_until}, released at ${step.at}`
      )
    }
  }
  for (const id of timeline.jobIds) {
    const last = timeline.stepsOf(id).at(-1)
    const job = last?.row
    // Pruned: it had ended, or prune would have been found wrong.
    if (last === undefined || job === null || job === undefined) continue
    findings.expect(job.finished_at !== null, "every job ends", () => `${id} (${behaviours.get(id)}) is ${job.status}`)
    if (job.status !== "failed" || !wouldSucceed(job.kind, behaviours.get(id) ?? "fail")) continue
    const spent = timeline.stepsOf(id).filter(({ before, row }) => (row?.failures ?? 0) > (before?.failures ?? 0))
    findings.expect(
      job.failures === job.max_attempts && spent.slice(-job.failures).every((step) => byFault(timeline, step)),
      "a job whose handler would succeed fails only when faults have spent its budget",
      () => `${id} (${behaviours.get(id)}): ${spent.map(({ row }) => row?.last_error).join("; ")}`
    )
  }
}

const behavioursOf = (timeline: Timeline): ReadonlyMap<string, Behaviour> => {
  const found = new Map<string, Behaviour>()
  for (const { operation, request } of timeline.history.calls) {
    if (operation !== "enqueue") continue
    for (const { id, payload } of request as ReadonlyArray<NewJob>) {
      found.set(id, (JSON.parse(payload) as { readonly behaviour: Behaviour }).behaviour)
    }
  }
  return found
}

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

/** What a handler may have called the store for. A client's enqueue in the same process looks the same. */
const callsOf = (timeline: Timeline, { attempt, behaviour, ended, jobId, process, started }: HandlerRun) => {
  const some = behaviour === "enqueue another"
    ? timeline.history.calls.filter(({ operation }) => operation === "enqueue")
    : timeline.callsUnder(jobId, attempt).filter(({ operation }) => operation === "progress")
  return some.filter(({ invoked, process: by }) =>
    by === process && invoked.order > started.order && invoked.order < (ended?.order ?? Infinity)
  )
}

/** Whether a fault failed a call. */
const letDown = ({ faults, returned }: Call) =>
  returned?.tag === "unknown" && faults.some((fault) => fault !== "latency" && fault !== "stall")

/** Whether something kept the holder of a lease from extending it. */
const excusedRelease = (timeline: Timeline, step: Step): boolean => {
  const { at, before, id } = step
  if (before === undefined || before.locked_by === null || before.locked_by.startsWith("hand.")) return true
  const held = timeline.leasesOf(id, before.attempts).at(-1)
  if (held === undefined) return false
  const { process } = held
  const { classes, worker } = timeline.plan
  const leaseFor = leaseOf(before.kind, worker.lease)
  // An extension may still have come through after the stop that let the deadline pass.
  if (timeline.endOf(process) <= at || timeline.stoppedFor(process, held.at - leaseFor, at) >= leaseFor / 4) return true
  // Clocks made it look over before it was.
  if (at < held.at + leaseFor) return classes.has("clock jump") || classes.has("clock skew")
  return wasGivenUp(timeline, id, before.attempts, at) || wasKeptFromExtending(timeline, id, before.attempts, at)
}

/** Whether a handler had gone on so long after it was told to stop that its heartbeat had ended. */
const wasGivenUp = (timeline: Timeline, id: string, attempt: number, at: number) =>
  timeline.history.runs.some((run) =>
    run.jobId === id && run.attempt === attempt && run.behaviour === "refuse to stop"
    && timeline.mayBeToldFrom(run) + zombieAfter <= at
  )

/**
 * Whether anything went wrong with the last claim or extension that its worker
 * heard of, or with what it tried after that. An extension that the deadline
 * overtook may have made the lease longer, and its worker does not know of it.
 */
const wasKeptFromExtending = (timeline: Timeline, id: string, attempt: number, at: number): boolean => {
  const patience = timeline.plan.worker.heartbeatInterval / 4
  const bought = timeline.leasesOf(id, attempt)
  const heard = bought.findLast(({ call }) => call?.returned?.tag === "ok" && !wasTroubled(call, patience))
  const since = heard ?? bought[0]
  const tried = timeline.callsUnder(id, attempt).filter(({ invoked, operation }) =>
    operation !== "progress" && invoked.at >= (since?.at ?? 0) && invoked.at <= at
  )
  return [since?.call, ...tried].some((call) => call !== undefined && wasTroubled(call, patience))
}

/** Whether a call went wrong, or took longer than a heartbeat waits for. */
const wasTroubled = ({ faults, invoked, returned }: Call, patience: number) =>
  faults.some((fault) => fault !== "latency") || returned === undefined || returned.at - invoked.at >= patience
