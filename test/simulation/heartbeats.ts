import { Either } from "effect"
import type { LeaseLost } from "../../src/domain/errors.ts"
import type { Lease } from "../../src/domain/Lease.ts"
import type { Findings } from "./Findings.ts"
import type { Call, HandlerRun } from "./History.ts"
import { leaseOf, zombieAfter } from "./jobs.ts"
import type { Timeline } from "./Timeline.ts"

/** Timers are set in whole milliseconds, and each is rounded up. */
const rounding = 5

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
  const leaseFor = leaseOf(run.kind, lease)
  const holdsFor = leaseFor - Math.min(30_000, leaseFor / 4)
  const over = Math.min(
    run.ended?.at ?? Infinity,
    timeline.endOf(run.process),
    timeline.mayBeToldFrom(run) + zombieAfter
  )
  const found: Array<Silence> = []
  let deadline = claimSentAt(timeline, run) + holdsFor
  let from = run.started.at
  for (const call of timeline.callsUnder(run.jobId, run.attempt)) {
    if (call.operation !== "extend" || call.process !== run.process) continue
    const { invoked, returned } = call
    found.push({ from, to: Math.min(invoked.at, deadline, over) })
    if (invoked.at >= deadline) return found
    const answer = answerTo(call, run)
    if (answer !== undefined && Either.isLeft(answer)) return found
    const heard = returned !== undefined && returned.at - invoked.at < heartbeatInterval / 4
    if (answer !== undefined && heard) deadline = invoked.at + holdsFor
    from = Math.max(from, invoked.at)
  }
  return [...found, { from, to: Math.min(deadline, over) }]
}

const claimSentAt = (timeline: Timeline, { attempt, jobId }: HandlerRun): number => {
  const claim = timeline.stepsOf(jobId).find(({ call, row }) =>
    call?.operation === "claim" && row?.attempts === attempt
  )
  return claim?.call?.invoked.at ?? -Infinity
}

/** What the store said to an extension of the run's lease, if it said anything. */
const answerTo = ({ request, returned }: Call, run: HandlerRun): Either.Either<unknown, LeaseLost> | undefined => {
  if (returned?.tag !== "ok") return undefined
  const items = request as ReadonlyArray<{ readonly lease: Lease }>
  const index = items.findIndex(({ lease }) => lease.jobId === run.jobId && lease.attempt === run.attempt)
  return (returned.answer as ReadonlyArray<Either.Either<unknown, LeaseLost>>)[index]
}
