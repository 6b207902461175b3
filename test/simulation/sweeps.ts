import type { ClaimRequest, StaleChoice, StaleLease } from "../../src/store/JobStore.ts"
import type { Findings } from "./Findings.ts"
import type { Call, HandlerRun } from "./History.ts"
import { isUnder } from "./looks.ts"
import type { Timeline } from "./Timeline.ts"
import { rounding } from "./Timeline.ts"

/**
 * Workers free what is stale with care: only what two of their looks, a
 * heartbeat apart, saw unchanged, and nothing that runs in their own process
 * with its deadline ahead. What is freed by hand is freed at once, and so is what
 * a worker that ends by itself finds before it claims.
 */
export const checkSweeps = (timeline: Timeline, findings: Findings): void => {
  const looks = looksAtLeases(timeline)
  for (const call of timeline.history.calls) {
    if (call.operation !== "releaseStale") continue
    const which = call.request as StaleChoice
    if (!("leases" in which)) continue
    for (const lease of which.leases) {
      const evidence = () =>
        `attempt ${lease.attempt} of ${lease.id}, held by ${lease.lockedBy} until ${lease.lockedUntil}, at ${call.invoked.at} by ${call.process}`
      if (which.holderIsGone === true) {
        checkGone(timeline, findings, call, lease)
        continue
      }
      findings.expect(
        wasSeenTwice(looks.get(nameOf(lease)) ?? [], call, timeline.plan.worker.heartbeatInterval)
          || mayFreeAtOnce(timeline, call),
        "a worker frees what two looks a heartbeat apart saw unchanged",
        evidence
      )
      findings.expect(
        runOf(timeline, lease, call) === undefined,
        "a worker frees nothing that its own process holds",
        evidence
      )
    }
  }
  for (const seen of looks.values()) {
    for (const { call, lease } of seen) {
      findings.sometimes(
        "a worker saw a lease of its own process that was over, and left it",
        runOf(timeline, lease, call) !== undefined
      )
    }
    const [first] = seen
    findings.sometimes(
      "a lease was extended between two looks at it",
      first !== undefined &&
        timeline.leasesOf(first.lease.id, first.lease.attempt).some(({ before, order }) =>
          order > first.call.invoked.order && before !== undefined && isUnder(before, first.lease)
        )
    )
  }
}

/** Before its lease is over, a job is freed only from a process that is dead. */
const checkGone = (timeline: Timeline, findings: Findings, { invoked, process, returned }: Call, lease: StaleLease) => {
  const [holder = ""] = lease.lockedBy.split(":")
  findings.expect(
    timeline.endOf(holder) <= invoked.at,
    "a worker frees at once what a dead process held, and nothing of a live one",
    () => `attempt ${lease.attempt} of ${lease.id}, held by ${lease.lockedBy}, at ${invoked.at} by ${process}`
  )
  findings.sometimes(
    "a job of a dead worker was freed before its lease was over",
    returned?.tag === "ok" && lease.lockedUntil > invoked.at
  )
}

/** A lease as a look saw it. */
interface Seen {
  readonly call: Call
  readonly lease: StaleLease
}

const nameOf = ({ attempt, id, lockedBy, lockedUntil }: StaleLease) => `${id} ${attempt} ${lockedBy} ${lockedUntil}`

/** The looks that saw each lease, in the order in which they were begun. */
const looksAtLeases = (timeline: Timeline): ReadonlyMap<string, ReadonlyArray<Seen>> => {
  const looks = new Map<string, Array<Seen>>()
  for (const call of timeline.history.calls) {
    if (call.operation !== "staleLeases" || call.returned?.tag !== "ok") continue
    for (const lease of call.returned.answer as ReadonlyArray<StaleLease>) {
      const seen = looks.get(nameOf(lease)) ?? []
      looks.set(nameOf(lease), seen)
      seen.push({ call, lease })
    }
  }
  return looks
}

const wasSeenTwice = (looks: ReadonlyArray<Seen>, release: Call, apart: number): boolean => {
  const before = looks.map(({ call }) => call).filter(({ process, returned }) =>
    process === release.process && returned !== undefined && returned.order < release.invoked.order
  )
  return before.some((first) => before.some((second) => second.invoked.at - (first.returned?.at ?? Infinity) >= apart))
}

/** Whether a worker may be gone before a second look, and has not claimed yet. */
const mayFreeAtOnce = ({ history }: Timeline, { invoked, process }: Call): boolean => {
  const { maxJobs, once } = history.limits.get(process) ?? {}
  return (once !== undefined || maxJobs !== undefined) &&
    !history.calls.some((call) =>
      call.process === process && call.operation === "claim" && call.invoked.order < invoked.order
      && !(call.request as ClaimRequest).worker.startsWith("hand.")
    )
}

/** The handler that runs under a lease in the process of a call as that is made, if its deadline is surely ahead. */
const runOf = (timeline: Timeline, { attempt, id }: StaleLease, { invoked, process }: Call): HandlerRun | undefined =>
  timeline.history.runs.find((run) =>
    run.jobId === id && run.attempt === attempt && run.process === process
    && run.started.order < invoked.order && (run.ended?.order ?? Infinity) > invoked.order
    && deadlineOf(timeline, run, invoked.order) > invoked.at + rounding
  )

/** The deadline that a run's worker surely knew of at a place in the order. As it begins to drain it lowers what it knew. */
const deadlineOf = (timeline: Timeline, run: HandlerRun, order: number): number => {
  const toldAt = timeline.drainsFrom(run)
  const claimSentAt = timeline.claimOf(run.jobId, run.attempt)?.call?.invoked.at ?? -Infinity
  const bought = (sentAt: number) => {
    const { holdsFor } = timeline.paceAt(run, sentAt)
    return sentAt < toldAt
      ? Math.min(sentAt + holdsFor, toldAt + timeline.paceAt(run, toldAt).holdsFor)
      : sentAt + holdsFor
  }
  let deadline = bought(claimSentAt)
  for (const { answer, invoked, returned } of timeline.extensionsOf(run)) {
    if (answer?._tag !== "Right" || returned === undefined || returned.order > order) continue
    const isGivenUp = invoked.at < toldAt && returned.at >= toldAt
    const isTimely = returned.at - invoked.at < timeline.paceAt(run, invoked.at).mayTake - rounding
    if (isTimely && !isGivenUp) deadline = Math.max(deadline, bought(invoked.at))
  }
  return deadline
}
