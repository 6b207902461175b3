import type { Count, LaneStats } from "../../domain/Stats.ts"

/** The counts of a lane. */
export const counted = ["pending", "due", "running", "stale", "succeeded", "failed", "cancelled"] as const
export type Counted = typeof counted[number]

/** The lanes of one queue or one kind, or of all of them. */
export interface Group extends Readonly<Record<Counted, Count>> {
  readonly name: string
  readonly lanes: ReadonlyArray<LaneStats>
  /** The instant since which the oldest due job has waited. */
  readonly oldestDueAt: number | null
  /** The instant at which the next pending job is due. */
  readonly nextDueAt: number | null
}

const none: Count = { count: 0, isMore: false }

/** Two counts in one. */
export const sum = (left: Count, right: Count): Count => ({
  count: left.count + right.count,
  isMore: left.isMore || right.isMore
})

/** The lanes as one group. */
export const together = (name: string, lanes: ReadonlyArray<LaneStats>): Group => ({
  name,
  lanes,
  ...Object.fromEntries(
    counted.map((what) => [what, lanes.reduce((total, lane) => sum(total, lane[what]), none)])
  ) as Record<Counted, Count>,
  oldestDueAt: earliest(lanes.map(({ oldestDueAt }) => oldestDueAt)),
  nextDueAt: earliest(lanes.map(({ nextDueAt }) => nextDueAt))
})

/** The lanes by queue or by kind, each group by its name. */
export const groupBy = (what: "queue" | "kind", lanes: ReadonlyArray<LaneStats>): ReadonlyArray<Group> => {
  const groups = new Map<string, Array<LaneStats>>()
  for (const lane of lanes) groups.set(lane[what], [...groups.get(lane[what]) ?? [], lane])
  return [...groups].map(([name, lanes]) => together(name, lanes)).sort((left, right) => compare(left.name, right.name))
}

/** The order of two names that is the same for every reader. */
export const compare = (left: string, right: string): number => left < right ? -1 : left > right ? 1 : 0

const earliest = (instants: ReadonlyArray<number | null>): number | null => {
  const known = instants.filter((instant) => instant !== null)
  return known.length === 0 ? null : Math.min(...known)
}
