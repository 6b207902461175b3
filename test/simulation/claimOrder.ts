import type { ClaimRequest } from "../../src/store/JobStore.ts"
import type { JobRow } from "./database.ts"
import type { Findings } from "./Findings.ts"
import type { Step, Timeline } from "./Timeline.ts"

/** A claim takes exactly the first due jobs of its kinds and queues, in claim order, as far as they fit into it. */
export const checkClaimOrder = (
  timeline: Timeline,
  findings: Findings,
  first: Step,
  rows: ReadonlyMap<string, JobRow>,
  bytes: ReadonlyMap<string, number>
): void => {
  const { call, row } = first
  if (call === undefined || row === null) return
  const { kinds, limit, maxBytes, queues } = call.request as ClaimRequest
  const names = new Set(kinds.map(({ kind }) => kind))
  const due = [...rows.values()]
    .filter((job) => job.status === "pending" && names.has(job.kind) && job.available_at <= row.updated_at)
    .sort((a, b) => b.priority - a.priority || a.available_at - b.available_at || (a.id < b.id ? -1 : 1))
  const room = new Map(queues._tag === "Some" ? queues.value.map((one) => [one.queue, one.limit]) : [])
  const expected: Array<string> = []
  let total = 0
  for (const job of due) {
    if (expected.length === limit) break
    if (queues._tag === "Some") {
      const left = room.get(job.queue) ?? 0
      if (left === 0) continue
      room.set(job.queue, left - 1)
    }
    total += bytes.get(job.id) ?? 0
    if (total > maxBytes && expected.length > 0) {
      findings.sometimes("a claim left jobs for their size")
      break
    }
    expected.push(job.id)
  }
  const taken = timeline.stepsOfCall(call).map(({ id }) => id)
  findings.expect(
    taken.length === expected.length && taken.every((id) => expected.includes(id)),
    "claim order holds",
    () => `claimed ${taken.join(", ")} where ${expected.join(", ")} were first (${first.process})`
  )
}
