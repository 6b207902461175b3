import { Either } from "effect"
import type { Findings } from "./Findings.ts"
import type { HandlerRun } from "./History.ts"
import { holdsFor, leaseOf, zombieAfter } from "./jobs.ts"
import type { Extension, Timeline } from "./Timeline.ts"
import { rounding } from "./Timeline.ts"

/**
 * While a handler runs and until its outcome is taken, its worker goes on
 * extending the lease, whatever comes of it, for as long as the deadline is ahead.
 */
export const checkHeartbeats = (timeline: Timeline, findings: Findings): void => {
  for (const run of timeline.history.runs) {
    for (const { from, mayTake, to } of silences(timeline, run)) {
      findings.expect(
        to - from - timeline.stoppedFor(run.process, from, to) <= mayTake + rounding,
        "a worker goes on extending the lease of what it runs",
        () =>
          `attempt ${run.attempt} of ${run.jobId} (${run.behaviour} in ${run.process}) was silent from ${from} to ${to}`
      )
    }
  }
}

interface Silence {
  readonly from: number
  readonly to: number
  /** Milliseconds. */
  readonly mayTake: number
}

/** The spans between the extensions that a worker sent, as long as it had to send some. */
const silences = (timeline: Timeline, run: HandlerRun): ReadonlyArray<Silence> => {
  const { heartbeatInterval, lease } = timeline.plan.worker
  const countsFor = holdsFor(leaseOf(run.kind, lease))
  const over = settledAt(timeline, run)
  const found: Array<Silence> = []
  const claimSentAt = timeline.claimOf(run.jobId, run.attempt)?.call?.invoked.at ?? -Infinity
  let deadline = claimSentAt + countsFor
  let from = claimSentAt
  // The first is due an interval after the claim was sent, or at once if that was answered later.
  let mayTake = Math.max(heartbeatInterval, run.started.at - claimSentAt)
  for (const extension of timeline.extensionsOf(run)) {
    const { answer, invoked } = extension
    found.push({ from, to: Math.min(invoked.at, deadline, over), mayTake })
    if (invoked.at >= deadline) return found
    if (answer !== undefined && Either.isLeft(answer)) return found
    const got = whatCameOf(timeline, run, extension)
    if (got !== "nothing" && answer !== undefined) deadline = Math.max(deadline, invoked.at + countsFor)
    from = Math.max(from, invoked.at)
    // One that got through took a quarter of the interval at most, and the next is due an interval later. One that did
    // not is over after a quarter, and is tried again after another.
    mayTake = heartbeatInterval * (got === "nothing" ? 2 / 4 : 5 / 4)
  }
  return [...found, { from, to: Math.min(deadline, over), mayTake }]
}

/** Whether a worker heard that an extension got through. The timer of one that was stopped may go off with the answer. */
const whatCameOf = (timeline: Timeline, { process }: HandlerRun, { answer, invoked, returned }: Extension) => {
  const quarter = timeline.plan.worker.heartbeatInterval / 4
  if (answer === undefined || returned === undefined) return "nothing"
  const took = returned.at - invoked.at
  const isClose = Math.abs(took - quarter) <= rounding || timeline.stoppedFor(process, invoked.at, returned.at) > 0
  return took < quarter ? "an answer" : isClose ? "maybe an answer" : "nothing"
}

/** By when a worker need not keep a lease any more: the outcome is taken or given up, or the handler will not stop. */
const settledAt = (timeline: Timeline, run: HandlerRun): number => {
  const { lease } = timeline.plan.worker
  const settles = timeline.callsUnder(run.jobId, run.attempt).filter(({ operation, process }) =>
    process === run.process && operation !== "extend" && operation !== "progress"
  )
  const [first] = settles
  const taken = settles.find(({ returned }) => returned?.tag === "ok")?.returned?.at
  const givenUp = Math.min(
    (first?.invoked.at ?? Infinity) + leaseOf(run.kind, lease),
    Math.max(first?.invoked.at ?? Infinity, timeline.graceOverAt(run.process) + 4000)
  )
  const leftAlone = timeline.mayBeToldFrom(run) + zombieAfter
  return Math.min(
    first === undefined ? run.ended?.at ?? Infinity : taken ?? givenUp,
    timeline.endOf(run.process),
    (run.ended?.at ?? Infinity) < leftAlone ? Infinity : leftAlone
  )
}
