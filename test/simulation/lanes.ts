import type { LaneHead, LaneHolder } from "../../src/store/JobStore.ts"
import type { JobRow } from "./database.ts"
import type { Look } from "./looks.ts"
import { allTheTime, statesDuring } from "./looks.ts"

/** What is wrong with a look at the heads of lanes, if anything: its order, one that was not so or not the first, or one that is left out. */
export const wronglyHeads = (look: Look, answer: ReadonlyArray<LaneHead>): string | undefined => {
  const { after, limit } = look.call.request as { readonly limit: number; readonly after?: LaneHead }
  if (answer.length > limit) return `${answer.length} heads, of at most ${limit}`
  const from = after === undefined ? answer : [after, ...answer]
  const outOfOrder = from.find((head, index) => index > 0 && order(from[index - 1], head) >= 0)
  if (outOfOrder !== undefined) return `${outOfOrder.id} is out of order`
  const pending = allTheTime(look, ({ status }) => status === "pending")
  for (const head of answer) {
    if (!statesDuring(look, head.id).some((row) => row !== undefined && isAs(row, head))) {
      return `${head.id} was never so`
    }
    const isSooner = (row: JobRow) =>
      isInLine(row, head)
      && (row.available_at < head.availableAt || row.available_at === head.availableAt && row.id < head.id)
    const sooner = pending.find((row) => isSooner(row) && isAllTheTime(look, row, isSooner))
    if (sooner !== undefined) return `${head.id}, where ${sooner.id} was before it`
  }
  const last = answer.length < limit ? undefined : answer.at(-1)
  const missed = pending.find((row) =>
    order(after, row) < 0 && (last === undefined || order(row, last) < 0) && !answer.some((head) => isInLine(row, head))
  )
  return missed === undefined ? undefined : `the lane of ${missed.id} is left out`
}

/** What is wrong with a look at who holds leases, if anything. No fleet has so many that not all are read. */
export const wronglyHeld = (look: Look, answer: ReadonlyArray<LaneHolder>): string | undefined => {
  const { answered, call, timeline } = look
  const latest = timeline.latestWall(call.process, call.invoked.at, answered.at)
  const earliest = timeline.earliestWall(call.process, call.invoked.at, answered.at)
  const { areOver = false } = call.request as { readonly areOver?: boolean }
  const isSeen = ({ locked_until, status }: JobRow) =>
    status === "running" && (areOver ? (locked_until ?? 0) <= earliest : (locked_until ?? 0) > latest)
  const seen = allTheTime(look, isSeen)
  const ran = [...timeline.jobIds].flatMap((id) =>
    statesDuring(look, id).flatMap((row) => row?.status === "running" ? [row] : [])
  )
  for (const holder of answer) {
    const isHeld = (row: JobRow) => row.locked_by === holder.lockedBy && isLaneOf(row, holder)
    const ever = ran.filter(isHeld)
    const most = new Set(ever.map(({ id }) => id)).size
    const least = seen.filter((row) => isAllTheTime(look, row, isHeld)).length
    if (holder.jobs < least || holder.jobs > most) {
      return `${holder.jobs} jobs of ${holder.lockedBy}, which held ${least} to ${most}`
    }
    for (const [column, instant] of [["locked_at", holder.lockedAt], ["locked_until", holder.lockedUntil]] as const) {
      if (!ever.some((row) => row[column] === instant)) return `${instant} is no ${column} of ${holder.lockedBy}`
    }
  }
  const missed = seen.find((row) =>
    isAllTheTime(
      look,
      row,
      ({ locked_by }) => !answer.some((holder) => holder.lockedBy === locked_by && isLaneOf(row, holder))
    )
  )
  return missed === undefined ? undefined : `the holder of ${missed.id} is left out`
}

const isAllTheTime = (look: Look, { id }: JobRow, holds: (row: JobRow) => boolean): boolean =>
  statesDuring(look, id).every((row) => row !== undefined && holds(row))

type Lane = { readonly queue: string; readonly kind: string }

const isLaneOf = (row: Lane, lane: Lane): boolean => row.queue === lane.queue && row.kind === lane.kind

const isInLine = (row: JobRow, head: LaneHead): boolean =>
  row.status === "pending" && isLaneOf(row, head) && row.priority === head.priority

const isAs = (row: JobRow, head: LaneHead): boolean =>
  isInLine(row, head) && row.attempts === head.attempts && row.available_at === head.availableAt

type Place = Lane & { readonly priority: number }

/** Below 0 where `a` comes first. Nothing comes before everything. */
const order = (a: Place | undefined, b: Place): number => {
  if (a === undefined) return -1
  for (const column of ["queue", "kind"] as const) if (a[column] !== b[column]) return a[column] < b[column] ? -1 : 1
  return b.priority - a.priority
}
