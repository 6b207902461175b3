import type { Lease } from "../../src/domain/Lease.ts"
import type { Findings } from "./Findings.ts"
import type { HandlerRun, Incident } from "./History.ts"
import type { Timeline } from "./Timeline.ts"

/** How long a lease still holds once its process has crashed, in milliseconds. */
export const crashLease = 5000

/** In a process that crashes: what it runs is locked for 5 s more at most, and nothing of it is handed back. */
export const checkCrashes = (timeline: Timeline, findings: Findings): void => {
  for (const crash of timeline.history.incidents) {
    if (crash.what === "crash") checkCrash(timeline, findings, crash)
  }
}

const checkCrash = (timeline: Timeline, findings: Findings, crash: Incident): void => {
  const process = crash.to
  const since = timeline.history.calls.filter((call) => call.process === process && call.invoked.order > crash.order)
  findings.expect(
    since.every(({ operation }) => operation === "extend"),
    "a process that crashes writes nothing but shorter leases",
    () => `${process} has called ${since.map(({ operation }) => operation).join(", ")}`
  )
  const cut = since.flatMap(({ request }) => request as ReadonlyArray<{ readonly lease: Lease }>)
  const held = timeline.history.runs.filter((run) => run.process === process && isKept(timeline, run, crash))
  for (const run of held) {
    findings.expect(
      cut.some(({ lease }) => lease.jobId === run.jobId && lease.attempt === run.attempt),
      "a process that crashes cuts the leases of what it runs",
      () => `attempt ${run.attempt} of ${run.jobId} (${run.behaviour} in ${process}) at ${crash.at}`
    )
  }
  for (const step of since.flatMap((call) => timeline.stepsOfCall(call))) {
    const left = Number(step.row?.locked_until) - Number(step.row?.updated_at)
    findings.expect(
      left <= crashLease,
      "a lease that a crash cuts ends in 5 s",
      () => `attempt ${step.row?.attempts} of ${step.id} in ${process} holds for ${left} ms`
    )
    findings.sometimes("a crash cut a lease")
  }
}

/** Whether a handler ran whose deadline was surely ahead, and whose worker had no reason to let go of its lease. */
const isKept = (timeline: Timeline, run: HandlerRun, { at, order }: Incident): boolean => {
  const { attempt, jobId, started } = run
  if (started.order > order || (run.ended?.order ?? Infinity) < order) return false
  const claimSentAt = timeline.claimOf(jobId, attempt)?.call?.invoked.at
  if (claimSentAt === undefined || timeline.mayBeToldFrom(run) <= at) return false
  return at < claimSentAt + timeline.paceAt(run, claimSentAt).holdsFor
}
