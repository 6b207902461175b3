import { Either } from "effect"
import type { Findings } from "./Findings.ts"
import type { HandlerRun } from "./History.ts"
import { holdsFor, leaseOf, zombieAfter } from "./jobs.ts"
import type { Timeline } from "./Timeline.ts"
import { rounding } from "./Timeline.ts"

/** While a handler runs and its deadline is ahead, its worker goes on extending the lease, whatever comes of it. */
export const checkHeartbeats = (timeline: Timeline, findings: Findings): void => {
  // The next beat is due an interval after one that got through, which takes a quarter of it at most.
  const longest = timeline.plan.worker.heartbeatInterval * 5 / 4 + rounding
  for (const run of timeline.history.runs) {
    for (const { from, to } of silences(timeline, run)) {
      findings.expect(
        to - from - timeline.stoppedFor(run.process, from, to) <= longest,
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
}

/** The spans between the extensions that a worker sent, as long as it had to send some. */
const silences = (timeline: Timeline, run: HandlerRun): ReadonlyArray<Silence> => {
  const { heartbeatInterval, lease } = timeline.plan.worker
  const countsFor = holdsFor(leaseOf(run.kind, lease))
  const over = Math.min(
    run.ended?.at ?? Infinity,
    timeline.endOf(run.process),
    timeline.mayBeToldFrom(run) + zombieAfter
  )
  const found: Array<Silence> = []
  let deadline = (timeline.claimOf(run.jobId, run.attempt)?.call?.invoked.at ?? -Infinity) + countsFor
  let from = run.started.at
  for (const { answer, invoked, returned } of timeline.extensionsOf(run)) {
    found.push({ from, to: Math.min(invoked.at, deadline, over) })
    if (invoked.at >= deadline) return found
    if (answer !== undefined && Either.isLeft(answer)) return found
    const heard = returned !== undefined && returned.at - invoked.at < heartbeatInterval / 4
    if (answer !== undefined && heard) deadline = invoked.at + countsFor
    from = Math.max(from, invoked.at)
  }
  return [...found, { from, to: Math.min(deadline, over) }]
}
