import { isDeepStrictEqual } from "node:util"
import type { ClaimRequest } from "../../src/store/JobStore.ts"
import type { JobRow } from "./database.ts"
import type { Findings } from "./Findings.ts"
import { hasBeenPaused, isPausedAt } from "./pauses.ts"
import type { Step, Timeline } from "./Timeline.ts"

/**
 * A claim takes exactly the first due jobs of its kinds and queues, in claim
 * order, as far as they fit into it, but for what is paused. One whose row refuses takes up room that
 * nobody gets, or is left out because it has refused before.
 */
export const checkClaimOrder = (
  timeline: Timeline,
  findings: Findings,
  first: Step,
  rows: ReadonlyMap<string, JobRow>,
  bytes: ReadonlyMap<string, number>
): void => {
  const { call, row } = first
  if (call === undefined || row === null) return
  const request = call.request as ClaimRequest
  const names = new Set(request.kinds.map(({ kind }) => kind))
  const taken = timeline.stepsOfCall(call).map(({ id }) => id)
  const asked = [...rows.values()]
    .filter((job) => job.status === "pending" && names.has(job.kind) && job.available_at <= row.updated_at)
  const due = asked.filter((job) => !isPausedAt(timeline, job, first.order)).sort(inClaimOrder)
  findings.sometimes("a claim left what was paused", due.length < asked.length)
  findings.sometimes(
    "a claim took a job that had been paused",
    due.some((job) => taken.includes(job.id) && hasBeenPaused(timeline, job, first.order))
  )
  const refusers = due.filter(({ id }) => !taken.includes(id) && timeline.mayRefuse(id, call.invoked.at, first.at))
  const wouldTake = (leftOut: ReadonlyArray<JobRow>) =>
    fitting(request, due.filter((job) => !leftOut.includes(job)), bytes)
      .filter((job) => !refusers.includes(job)).map(({ id }) => id)
  findings.expect(
    subsets(refusers).some((leftOut) => isDeepStrictEqual(wouldTake(leftOut).toSorted(), taken.toSorted())),
    "claim order holds",
    () => `claimed ${taken.join(", ")} where ${wouldTake(refusers).join(", ")} were first (${first.process})`
  )
  findings.sometimes("a claim took others than a row that refuses", refusers.length > 0)
  findings.sometimes("a claim left jobs for their size", isForTheirSize(request, due, bytes))
}

/** Every choice of some of a few things, or none. */
const subsets = <A>(things: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> => {
  let some: ReadonlyArray<ReadonlyArray<A>> = [[]]
  for (const thing of things) some = some.concat(some.map((one) => one.concat([thing])))
  return some
}

/** Orders jobs as claims take them. */
export const inClaimOrder = (a: JobRow, b: JobRow): number =>
  b.priority - a.priority || a.available_at - b.available_at || (a.id < b.id ? -1 : Number(a.id > b.id))

/** Those of some jobs that a claim has room for. */
const fitting = (
  { limit, maxBytes, queues }: Pick<ClaimRequest, "limit" | "maxBytes" | "queues">,
  due: ReadonlyArray<JobRow>,
  bytes: ReadonlyMap<string, number>
): ReadonlyArray<JobRow> => {
  const room = new Map(queues._tag === "Some" ? queues.value.map((one) => [one.queue, one.limit]) : [])
  const fit: Array<JobRow> = []
  let total = 0
  for (const job of due) {
    if (fit.length === limit) break
    if (queues._tag === "Some") {
      const left = room.get(job.queue) ?? 0
      if (left === 0) continue
      room.set(job.queue, left - 1)
    }
    total += bytes.get(job.id) ?? 0
    if (total > maxBytes && fit.length > 0) break
    fit.push(job)
  }
  return fit
}

const isForTheirSize = (request: ClaimRequest, due: ReadonlyArray<JobRow>, bytes: ReadonlyMap<string, number>) =>
  fitting(request, due, bytes).length < fitting({ ...request, maxBytes: Infinity }, due, bytes).length
