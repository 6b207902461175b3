import { instantText } from "../domain/instantText.ts"
import type { Count, LaneStats, Pause, Stats } from "../index.ts"
import { counted } from "./progressBar.ts"
import { oneLine } from "./readable.ts"
import { distanceText, spanText } from "./spanText.ts"
import type { Column, Room } from "./table.ts"
import { table } from "./table.ts"

/** A count as a person reads it: `1,000+` where it was not counted to the end. */
export const countText = ({ count, isMore }: Count): string => `${counted(count)}${isMore ? "+" : ""}`

/** The sum of counts, which is one of more where one of them is. */
export const sumOf = (counts: ReadonlyArray<Count>): Count => ({
  count: counts.reduce((sum, { count }) => sum + count, 0),
  isMore: counts.some(({ isMore }) => isMore)
})

/** The figures of every lane for a person, and the span that they are of. */
export const describeStats = (stats: Stats, room: Room): string =>
  stats.lanes.length === 0
    ? "No jobs"
    : [
      table(stats.lanes, laneColumns(stats.at), room),
      "",
      `Succeeded, failed and cancelled in the last ${spanText(stats.over)}.${more(stats.isWhole)}`
    ].join("\n")

/** Says that a list is not of all. */
const more = (isWhole: boolean) => isWhole ? "" : " There are more lanes than these."

const numberColumn = <Row>(title: string, of: (row: Row) => Count, colour?: string): Column<Row> => ({
  title,
  of: (row) => countText(of(row)),
  isNumber: true,
  isWhole: true,
  colourOf: (row) => of(row).count > 0 ? colour : undefined
})

const rareColumn = (title: string, of: (lane: LaneStats) => Count, colour?: string): Column<LaneStats> => ({
  ...numberColumn(title, of, colour),
  of: (lane) => of(lane).count > 0 ? countText(of(lane)) : ""
})

const laneColumns = (now: number): ReadonlyArray<Column<LaneStats>> => [
  { title: "QUEUE", of: ({ queue }) => queue },
  { title: "KIND", of: ({ kind }) => kind },
  numberColumn("PENDING", ({ pending }) => pending),
  numberColumn("DUE", ({ due }) => due),
  { title: "NEXT DUE", of: (lane) => nextDue(lane, now), isNumber: true, isWhole: true },
  numberColumn("RUNNING", ({ running }) => running),
  // These two are left out where there are none, as most often, so that names have room.
  rareColumn("STALE", ({ stale }) => stale, "31"),
  numberColumn("SUCCEEDED", ({ succeeded }) => succeeded),
  numberColumn("FAILED", ({ failed }) => failed, "31"),
  rareColumn("CANCELLED", ({ cancelled }) => cancelled),
  {
    title: "PAUSED",
    of: ({ kindPaused, queuePaused }) =>
      [...(queuePaused === null ? [] : ["queue"]), ...(kindPaused === null ? [] : ["kind"])].join(", "),
    isWhole: true,
    colourOf: () => "33"
  }
]

/** The instant since which the oldest job is due, or at which the next one is. */
const nextDue = ({ nextDueAt, oldestDueAt }: LaneStats, now: number) => {
  const at = oldestDueAt ?? nextDueAt
  return at === null ? "" : distanceText(at, now)
}

/** A queue with its lanes added up. */
export interface QueueStats {
  readonly queue: string
  readonly kinds: ReadonlyArray<string>
  readonly pending: Count
  readonly due: Count
  readonly running: Count
  readonly stale: Count
  readonly paused: Pause | null
}

/** The queues that have jobs, or are paused, by name. */
export const queuesOf = (lanes: ReadonlyArray<LaneStats>, pauses: ReadonlyArray<Pause>): ReadonlyArray<QueueStats> => {
  const pauseOf = new Map(pauses.filter(({ scope }) => scope === "queue").map((pause) => [pause.name, pause]))
  return [...new Set([...lanes.map(({ queue }) => queue), ...pauseOf.keys()])].toSorted().map((queue) => {
    const its = lanes.filter((lane) => lane.queue === queue)
    return {
      queue,
      kinds: its.map(({ kind }) => kind),
      pending: sumOf(its.map(({ pending }) => pending)),
      due: sumOf(its.map(({ due }) => due)),
      running: sumOf(its.map(({ running }) => running)),
      stale: sumOf(its.map(({ stale }) => stale)),
      paused: pauseOf.get(queue) ?? null
    }
  })
}

/** Queues, and the kinds that are paused, for a person. */
export const describeQueues = (
  queues: ReadonlyArray<QueueStats>,
  pausedKinds: ReadonlyArray<Pause>,
  isWhole: boolean,
  room: Room
): string =>
  [
    queues.length === 0 ? "No jobs" : table(queues, queueColumns, room),
    ...(isWhole ? [] : [more(isWhole).trim()]),
    ...pausedKinds.map((pause) => `The kind ${oneLine(JSON.stringify(pause.name))} is paused ${sinceText(pause)}.`)
  ].join("\n")

/** The instant of a pause and who made it, if it is known. */
export const sinceText = ({ pausedAt, pausedBy }: Pause): string =>
  `since ${instantText(pausedAt)}${pausedBy === null ? "" : ` by ${oneLine(pausedBy)}`}`

const queueColumns: ReadonlyArray<Column<QueueStats>> = [
  { title: "QUEUE", of: ({ queue }) => queue },
  numberColumn("PENDING", ({ pending }) => pending),
  numberColumn("DUE", ({ due }) => due),
  numberColumn("RUNNING", ({ running }) => running),
  { title: "KINDS", of: ({ kinds }) => kinds.join(", ") },
  { title: "PAUSED", of: ({ paused }) => paused === null ? "" : sinceText(paused), colourOf: () => "33" }
]
