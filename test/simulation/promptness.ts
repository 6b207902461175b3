import type { ClaimedJob } from "../../src/store/JobStore.ts"
import type { JobRow } from "./database.ts"
import type { Findings } from "./Findings.ts"
import type { Call } from "./History.ts"
import { foreignKind } from "./jobs.ts"
import { isLook } from "./migrations.ts"
import { pausedSpans } from "./pauses.ts"
import type { Span } from "./spans.ts"
import { common, crowded, without } from "./spans.ts"
import type { Timeline } from "./Timeline.ts"
import { rounding } from "./Timeline.ts"

/**
 * Due jobs do not wait: each is claimed within a poll of any worker that is well
 * and has a free slot for it, and at once where it was enqueued in the worker's
 * own process. What the worker's calls of the store take comes on top.
 */
export const checkPromptness = (timeline: Timeline, findings: Findings): void => {
  const { pollInterval } = timeline.plan.worker
  const workers = workersOf(timeline)
  for (const { askedAt, isEnqueued, row, span } of waits(timeline)) {
    const open = common([span], without(pausedSpans(timeline, row)))
    const answered = timeline.history.acknowledged.get(row.id)
    const isTold = answered !== undefined && answered.at >= span.from - rounding && isEnqueued
    for (const worker of workers) {
      const due = timeline.spansOfWall(worker.process, row.available_at)
      const free = worker.freeFor(row.queue)
      // The store tells its workers once it has committed, perhaps long before its answer is heard.
      const mayBeTold = isTold && answered.process === worker.process &&
        free.some(({ from, to }) => from <= askedAt && to >= span.from)
      for (const { from, to } of common(common(open, due), free)) {
        const isWoken = mayBeTold && span.from >= from - rounding
        // The look of a worker that is told may be over before the job is due by its clock.
        const since = isWoken ? Math.min(askedAt, from) : from
        const looks = worker.looks.filter(({ invoked, returned }) =>
          invoked.at <= to && (returned?.at ?? Infinity) >= since
        )
        if (looks.some(isTroubled)) continue
        const took = looks.map(lastedFor).reduce((a, b) => a + b, rounding)
        findings.expect(
          to - (isWoken ? span.from : from) <= (isWoken ? 0 : pollInterval) + took,
          "a due job is claimed within a poll of a worker with a free slot, or when that is told of it",
          () =>
            `${row.id} was due from ${from} to ${to} for ${worker.process}${isWoken ? `, told from ${askedAt} on` : ""}`
        )
        findings.sometimes("a due job waited for a worker to look", !isWoken && to - from > pollInterval / 2)
        findings.sometimes("a worker was told of a job of its own process", isWoken)
      }
    }
  }
}

/** A job that waits for a worker, as it is then, and from when to when. */
interface Wait {
  readonly row: JobRow
  readonly span: Span
  /** When what made it wait was asked for, or the end of the transaction that this was in. */
  readonly askedAt: number
  /** True if that was the enqueue, and not what let an attempt of it end. */
  readonly isEnqueued: boolean
}

/** From when others could see that a job waits until something was done to it. What is enqueued again does not begin anew. */
const waits = (timeline: Timeline): ReadonlyArray<Wait> =>
  [...timeline.jobIds].flatMap((id) => {
    const steps = timeline.stepsOf(id)
    return steps.flatMap((step, index) => {
      const { row } = step
      if (row?.status !== "pending" || row.kind === "manual" || row.kind === foreignKind) return []
      const span = { from: timeline.committedAt(step), to: steps[index + 1]?.at ?? Infinity }
      const { call } = step
      const askedAt = call === undefined || call.within !== undefined ? span.from : call.invoked.at
      return timeline.mayRefuse(id, span.from, span.to)
        ? []
        : [{ row, span, askedAt, isEnqueued: call?.operation === "enqueue" }]
    })
  })

/** A worker that goes on until it is told to end: its looks at the queue, and when it is well and has a free slot. */
interface Looker {
  readonly process: string
  readonly looks: ReadonlyArray<Call>
  readonly freeFor: (queue: string) => ReadonlyArray<Span>
}

const workersOf = (timeline: Timeline): ReadonlyArray<Looker> =>
  [...timeline.history.limits].flatMap(([process, limits]) => {
    const looks = timeline.history.calls.filter((call) => call.process === process && isLook(call))
    const [first] = looks
    if (first === undefined || Object.keys(limits).length > 0) return []
    const { concurrency, queues } = timeline.plan.worker
    const ends = [timeline.toldToEndAt(process), timeline.endedForNewerAt(process), timeline.endOf(process)]
    const life = { from: first.invoked.at, to: Math.min(...ends) }
    const dead = deathsOf(timeline, process, looks)
    const well = common([life], without([...timeline.stopsOf(process), ...dead]))
    const taken = looks.flatMap((call) => slotsTaken(timeline, call))
    const known = new Map<string, ReadonlyArray<Span>>()
    const freeFor = (queue: string) => {
      const most = queues === undefined ? Infinity : queues[queue] ?? 0
      const full = [...crowded(taken, concurrency), ...crowded(taken.filter((one) => one.queue === queue), most)]
      const free = known.get(queue) ?? common(well, without(full))
      known.set(queue, free)
      return free
    }
    return [{ process, looks, freeFor }]
  })

/** From each death of a worker in a process to the next look of the one that was started again. */
export const deathsOf = ({ history }: Timeline, process: string, looks: ReadonlyArray<Call>): ReadonlyArray<Span> =>
  history.incidents.filter(({ to, what }) => what === "worker died" && to === process).map(({ at, order }) => ({
    from: at,
    to: looks.find(({ invoked }) => invoked.order > order)?.invoked.at ?? Infinity
  }))

/** From the question of a claim to the end of each of its attempts, as late as that may be. */
const slotsTaken = (timeline: Timeline, { invoked, operation, process, returned }: Call) => {
  if (operation !== "claim" || returned?.tag !== "ok") return []
  return (returned.answer as ReadonlyArray<ClaimedJob>).map(({ lease, queue }) => {
    const { attempt, jobId } = lease
    const run = timeline.runOf(jobId, attempt)
    const settles = timeline.callsUnder(jobId, attempt).filter((call) =>
      call.process === process && call.operation !== "extend" && call.operation !== "progress"
    )
    // One that was stopped may have given up on an answer that comes as it goes on, and asks again.
    const last = settles.at(-1)?.returned
    const settled = last?.tag === "ok" ? last.at : undefined
    const isAbandoned = settles.length === 0 && run?.ended !== undefined
    return { from: invoked.at, to: settled ?? (isAbandoned ? run?.ended?.at : undefined) ?? Infinity, queue }
  })
}

/** After a claim that found nothing left, a worker waits a little. */
const afterLostRace = 100

const lastedFor = ({ invoked, operation, returned }: Call): number => {
  const isLost = operation === "claim" && returned?.tag === "ok" &&
    (returned.answer as ReadonlyArray<unknown>).length === 0
  return (returned?.at ?? Infinity) - invoked.at + (isLost ? afterLostRace : 0)
}

const isTroubled = ({ faults, returned }: Call): boolean =>
  returned?.tag !== "ok" || faults.some((fault) => fault !== "latency")
