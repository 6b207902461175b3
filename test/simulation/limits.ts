import type { ClaimedJob, ClaimRequest, StaleChoice } from "../../src/store/JobStore.ts"
import type { JobRow } from "./database.ts"
import type { Findings } from "./Findings.ts"
import type { Call } from "./History.ts"
import { allTheTime, statesDuring } from "./looks.ts"
import { isLook } from "./migrations.ts"
import { deathsOf } from "./promptness.ts"
import type { Timeline } from "./Timeline.ts"
import { endsAfterGrace, rounding } from "./Timeline.ts"

/**
 * Workers that end by themselves: they take no more than they may, end when that
 * has ended and not before, and keep house in their short life.
 */
export const checkLimits = (timeline: Timeline, findings: Findings): void => {
  const { history } = timeline
  for (const [process, { maxJobs = Infinity, once = false }] of history.limits) {
    const calls = history.calls.filter((call) => call.process === process)
    const claims = calls.filter((call) => isOfWorker(call) && call.operation === "claim")
    const endedAt = history.incidents.find(({ to, what }) => to === process && what === "ended by itself")
    const isLimited = once || maxJobs < Infinity
    const runs = history.runs.filter((run) => run.process === process)
    findings.expect(
      runs.length <= maxJobs && (!once || claims.length <= 1),
      "a worker takes no more than its limit",
      () =>
        `${process}, of ${once ? "one claim" : `${maxJobs} jobs`}, made ${claims.length} claims and ran ${runs.length}`
    )
    const taken = claims.flatMap(({ returned }) =>
      returned?.tag === "ok" ? returned.answer as ReadonlyArray<ClaimedJob> : []
    )
    findings.expect(
      endedAt === undefined || !hasBegun(timeline, process) || (once ? claims.length === 1 : taken.length >= maxJobs),
      "a worker ends by itself only at its limit",
      () => `${process} ended at ${endedAt?.at} after ${claims.length} claims of ${taken.length} jobs`
    )
    if (!isLimited) continue
    findings.sometimes("a worker that claims once ended by itself", once && endedAt !== undefined && runs.length > 0)
    findings.sometimes("a worker ended by itself after its last job", !once && endedAt !== undefined && runs.length > 0)
    const [first] = claims
    const missed = first === undefined ? undefined : notFreed(timeline, calls, first)
    findings.expect(
      missed === undefined,
      "a worker that ends by itself frees what is stale before it claims",
      () => `${process} claimed at ${first?.invoked.at} with ${missed?.id} over since ${missed?.locked_until}`
    )
    findings.expect(
      endedAt === undefined || !hasBegun(timeline, process) || hasPruned(calls),
      "a worker that ends by itself prunes before it does",
      () => `${process} ended at ${endedAt?.at}`
    )
  }
}

/** The longest that a layer waits before it starts a worker again. */
const longestPause = 60_000

/** A worker that dies in a layer is started again, as long as its process is there and not told to end. */
export const checkDeaths = (timeline: Timeline, findings: Findings): void => {
  const { shutdownGrace } = timeline.plan.worker
  for (const process of timeline.history.limits.keys()) {
    const looks = timeline.history.calls.filter((call) => call.process === process && isLook(call))
    const ends = Math.min(timeline.toldToEndAt(process), timeline.endOf(process))
    const deaths = deathsOf(timeline, process, looks)
    deaths.forEach(({ from, to }, index) => {
      // It may die again before it has looked.
      const next = Math.min(to, ends, deaths[index + 1]?.from ?? Infinity)
      findings.sometimes("a worker that died was started again", next === to)
      findings.expect(
        next - from - timeline.stoppedFor(process, from, next) <=
          shutdownGrace + endsAfterGrace + longestPause + rounding,
        "a worker that dies in a layer is started again within a minute of its drain",
        () => `the worker of ${process} died at ${from} and looked again at ${to}`
      )
    })
  }
}

/** Whether a worker came so far as to begin its work: its program has called the store. */
const hasBegun = ({ history }: Timeline, process: string): boolean =>
  history.calls.some((call) => call.process === process && isOfWorker(call))

const isOfWorker = ({ operation, request }: Call): boolean =>
  operation === "claim"
    ? !(request as ClaimRequest).worker.startsWith("hand.")
    : operation === "staleLeases" || operation === "prune" || operation === "nextDue"
      || operation === "releaseStale" && "leases" in (request as StaleChoice)

/** A job whose lease was over and stayed as it was up to the first claim, none of the calls that should have freed it having failed. */
const notFreed = (timeline: Timeline, calls: ReadonlyArray<Call>, claim: Call): JobRow | undefined => {
  const sweep = calls.filter((call) =>
    (call.operation === "staleLeases" || call.operation === "releaseStale") && isOfWorker(call)
    && call.invoked.order < claim.invoked.order
  )
  if (sweep.some(({ returned }) => returned?.tag !== "ok")) return undefined
  const [first] = calls
  const earliest = timeline.earliestWall(claim.process, first?.invoked.at ?? 0, claim.invoked.at)
  const look = { timeline, call: first ?? claim, answered: claim.invoked }
  // One that its holder extends between the two is over by this worker's clock alone, and rightly left.
  return allTheTime(look, ({ locked_until, status }) => status === "running" && (locked_until ?? Infinity) <= earliest)
    .find(({ id, locked_until }) => statesDuring(look, id).every((row) => row?.locked_until === locked_until))
}

/** Whether finished jobs of every end were pruned, or the store failed at that. */
const hasPruned = (calls: ReadonlyArray<Call>): boolean => {
  const prunes = calls.filter(({ operation }) => operation === "prune")
  const answered = prunes.filter(({ returned }) => returned?.tag === "ok")
  return prunes.some(({ returned }) => returned?.tag === "unknown" && !returned.interrupted)
    || new Set(answered.map(({ request }) => (request as { readonly status: string }).status)).size === 3
}
