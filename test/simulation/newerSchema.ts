import { endsAfterGrace, rounding } from "./Timeline.ts"
import type { Timeline } from "./Timeline.ts"
import type { Findings } from "./Findings.ts"
import type { Call, Moment } from "./History.ts"
import { settles } from "./History.ts"
import { isAllNewer, isLook, isNewerWithin, saidNewer } from "./migrations.ts"

/**
 * Once a newer release has migrated the tables, nothing is claimed from them and
 * nobody opens them; a worker that is told so ends, its jobs as at a shutdown, and
 * its program with it. What a lease is for, and all else, goes on.
 */
export const checkNewerSchema = (timeline: Timeline, findings: Findings): void => {
  const { history } = timeline
  if (history.migrations.length === 0) {
    return findings.expect(!history.calls.some(saidNewer), notNewer, () => "there was no newer release")
  }
  for (const call of history.calls) checkCall(timeline, findings, call)
  for (const step of timeline.steps) {
    const { call, id, order, process } = step
    const isNewer = isAllNewer(timeline, step, step)
    findings.expect(
      call?.operation !== "claim" || !isNewer,
      "no job is claimed from tables that a newer release has migrated",
      () => `${id} by ${process} at ${order}`
    )
    findings.sometimes(
      "a job was settled in tables that a newer release had migrated",
      isNewer && call !== undefined && settles(call.operation)
    )
  }
  for (const { at, order, to, what } of history.incidents) {
    if (what === "up") checkOpening(timeline, findings, to, { at, order })
  }
}

const notNewer = "tables are said to be newer only where they are, and nothing is done then"

const asksForJobs: ReadonlySet<Call["operation"]> = new Set(["claim", "nextDue", "due"])

/** What is asked of newer tables is refused where it looks for jobs to run, and a worker that hears so ends. */
const checkCall = (timeline: Timeline, findings: Findings, call: Call): void => {
  const { invoked, operation, process, returned } = call
  if (returned === undefined) return
  findings.expect(
    returned.tag !== "ok" || !asksForJobs.has(operation) || !isAllNewer(timeline, invoked, returned),
    "who looks for jobs to run is told that a newer release has migrated the tables",
    () => `${operation} by ${process} at ${invoked.at} was answered ${JSON.stringify(returned)}`
  )
  if (!saidNewer(call)) return
  findings.expect(
    asksForJobs.has(operation) && isNewerWithin(timeline, invoked, returned)
      && timeline.stepsOfCall(call).length === 0,
    notNewer,
    () => `${operation} by ${process} at ${invoked.at}`
  )
  if (isLook(call)) checkWorker(timeline, findings, call, returned)
}

/** How many milliseconds a worker waits for the answer of a look that is no claim. */
const lookMayTake = 30_000

const checkWorker = (timeline: Timeline, findings: Findings, call: Call, returned: Moment): void => {
  const { history, plan: { worker } } = timeline
  const { process } = call
  const isOnce = history.limits.get(process)?.once === true
  const patience = call.operation === "nextDue" ? lookMayTake : isOnce ? Infinity : worker.lease
  // It does not hear what comes so late, and looks again. It counts from before it asks, and may have been stopped before the question was out.
  if (returned.at - timeline.stoppedFrom(process, call.invoked.at) >= patience - rounding) return
  const drain = history.incidents.find(({ order, to, what }) =>
    what === "worker drains" && to === process && order > call.invoked.order
  )
  const ended = timeline.endOf(process)
  const drainedAt = Math.min(drain?.at ?? Infinity, ended)
  findings.expect(
    drainedAt - timeline.stoppedFor(process, returned.at, drainedAt) - returned.at <= rounding,
    "a worker ends when a newer release has migrated the tables",
    () => `${process} was told at ${returned.at}, and drained at ${drainedAt}`
  )
  findings.sometimes("a worker ended because a newer release had migrated the tables", drain !== undefined)
  checkProgram(timeline, findings, process)
}

/** The worker looks for no more, and its program ends with it: at once, but for the jobs' grace and for clients that wait for an answer. */
const checkProgram = (timeline: Timeline, findings: Findings, process: string): void => {
  const { calls, enclosings } = timeline.history
  const drain = timeline.endedForNewer.get(process)
  if (drain === undefined) return
  const again = calls.find((one) => one.process === process && isLook(one) && one.invoked.order > drain.order)
  findings.expect(
    again === undefined,
    "a worker that has ended for newer tables looks for no more jobs",
    () => `${process}, whose worker drained at ${drain.at}, looked at ${again?.invoked.at}`
  )
  const drainedAt = drain.at
  const bound = drainedAt + timeline.plan.worker.shutdownGrace + endsAfterGrace
  const waitsFor = [
    ...calls.map((one) => ({ ...one, from: one.invoked, to: one.returned })),
    ...enclosings.map((one) => ({ ...one, from: one.began, to: one.end }))
  ].filter((one) => one.process === process && one.from.at <= bound).map(({ to }) => to?.at ?? Infinity)
  const endedAt = timeline.endOf(process)
  const endsBy = Math.max(bound, ...waitsFor)
  findings.expect(
    endedAt - timeline.stoppedFor(process, drainedAt, endedAt) <= endsBy + rounding,
    "a program ends when its worker has ended for newer tables",
    () => `${process}, whose worker drained at ${drainedAt}, ended at ${endedAt}`
  )
}

/** A program that opens newer tables ends before it does anything with them. */
const checkOpening = (timeline: Timeline, findings: Findings, process: string, up: Moment): void => {
  const { calls, incidents } = timeline.history
  const first = calls.find((call) => call.process === process)
  findings.expect(
    first === undefined || !isAllNewer(timeline, up, first.invoked),
    "tables that a newer release has migrated are not opened",
    () => `${process} came up at ${up.at} and called ${first?.operation} at ${first?.invoked.at}`
  )
  const met = incidents.find(({ to, what }) => to === process && what === "met newer tables")
  if (met === undefined) return
  const wasTold = calls.some((call) => call.process === process && isLook(call) && saidNewer(call))
  findings.expect(
    wasTold || isNewerWithin(timeline, up, met),
    notNewer,
    () => `${process} ended at ${met.at} because of newer tables`
  )
  findings.sometimes("a program found tables that a newer release had migrated, and ended", first === undefined)
}
