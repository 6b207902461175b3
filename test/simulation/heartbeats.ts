import { Either } from "effect"
import { crashLease } from "./crashes.ts"
import type { Findings } from "./Findings.ts"
import { lastWait } from "./heldUp.ts"
import type { HandlerRun } from "./History.ts"
import { leaseOf, zombieAfter } from "./jobs.ts"
import type { Extension, Timeline } from "./Timeline.ts"
import { endsAfterGrace, rounding } from "./Timeline.ts"

/**
 * While a handler runs and until its outcome is taken, its worker goes on
 * extending the lease, whatever comes of it, for as long as the deadline is ahead;
 * once it is told to end, at once and more often, for a shorter time.
 */
export const checkHeartbeats = (timeline: Timeline, findings: Findings): void => {
  for (const run of timeline.history.runs) {
    const told = timeline.drainsFrom(run)
    for (const { invoked, leaseFor } of timeline.extensionsOf(run)) {
      // It is told between two of its tasks, and one that is just sent at that instant may be of before.
      const may = [invoked.at - rounding, invoked.at].map((at) =>
        Math.min(
          timeline.paceAt(run, at).leaseFor,
          invoked.order > timeline.crashOf(run.process) ? crashLease : Infinity
        )
      )
      findings.expect(
        may.includes(leaseFor),
        "a lease is extended for what it is, for 30 s at most once its worker drains, and for 5 s in a crash",
        () =>
          `attempt ${run.attempt} of ${run.jobId} in ${run.process}, whose worker drained from ${told}, was extended at ${invoked.at} for ${leaseFor}`
      )
      findings.sometimes(
        "a lease was made shorter by a drain",
        leaseFor < leaseOf(run.kind, timeline.plan.worker.lease) && invoked.order < timeline.crashOf(run.process)
      )
    }
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
  const told = timeline.drainsFrom(run)
  const over = settledAt(timeline, run)
  const found: Array<Silence> = []
  const claimSentAt = timeline.claimOf(run.jobId, run.attempt)?.call?.invoked.at ?? -Infinity
  const first = timeline.paceAt(run, claimSentAt)
  let deadline = claimSentAt + first.holdsFor
  let from = claimSentAt
  // The first is due an interval after the claim was sent, or at once if that was answered later.
  let mayTake = Math.max(first.interval, run.started.at - claimSentAt)
  let drains = claimSentAt >= told
  /** As it begins to drain it lowers the deadline and sends an extension at once. */
  const drain = () => {
    found.push({ from, to: Math.min(told, deadline, over), mayTake })
    drains = true
    deadline = Math.min(deadline, told + timeline.paceAt(run, told).holdsFor)
    from = told
    mayTake = 0
  }
  for (const extension of timeline.extensionsOf(run)) {
    const { answer, invoked } = extension
    if (!drains && invoked.at >= told) drain()
    const { holdsFor, interval } = timeline.paceAt(run, invoked.at)
    found.push({ from, to: Math.min(invoked.at, deadline, over), mayTake })
    if (invoked.at >= deadline) return found
    if (answer !== undefined && Either.isLeft(answer)) return found
    const got = whatCameOf(timeline, run, extension)
    // From the deadline on it has stopped, also where its process was, and the answer came as that went on.
    const isInTime = (extension.returned?.at ?? Infinity) < deadline - rounding
    if (got !== "nothing" && answer !== undefined && isInTime) deadline = Math.max(deadline, invoked.at + holdsFor)
    from = Math.max(from, invoked.at)
    // One that got through took a quarter of the interval at most, and the next is due an interval later. One that did
    // not is over after a quarter, and is tried again after another.
    mayTake = interval * (got === "nothing" ? 2 / 4 : 5 / 4)
  }
  if (!drains && told < Math.min(deadline, over)) drain()
  return [...found, { from, to: Math.min(deadline, over), mayTake }]
}

/** Whether a worker heard that an extension got through. The timer of one that was stopped may go off with the answer. */
const whatCameOf = (timeline: Timeline, run: HandlerRun, { answer, invoked, returned }: Extension) => {
  if (answer === undefined || returned === undefined) return "nothing"
  const told = timeline.drainsFrom(run)
  // As it begins to drain it gives up the one that is under way.
  if (invoked.at < told && returned.at > told) return "nothing"
  const { mayTake } = timeline.paceAt(run, invoked.at)
  const took = returned.at - invoked.at
  const isClose = Math.abs(took - mayTake) <= rounding || timeline.stoppedFor(run.process, invoked.at, returned.at) > 0
  return took < mayTake ? "an answer" : isClose ? "maybe an answer" : "nothing"
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
    Math.max(first?.invoked.at ?? Infinity, timeline.graceOverAt(run) + lastWait)
  )
  const leftAlone = timeline.mayBeToldFrom(run) + zombieAfter
  // A process ends when its worker does, unless that died.
  const leftBehind = timeline.graceOverAt(run) + endsAfterGrace
  return Math.min(
    leftBehind,
    first === undefined ? run.ended?.at ?? Infinity : taken ?? givenUp,
    timeline.endOf(run.process),
    (run.ended?.at ?? Infinity) < leftAlone ? Infinity : leftAlone
  )
}
