import { Clock, Duration, Effect, Schedule } from "effect"
import type { Scope } from "effect"
import type { Count, JobQueueService, LaneStats, Stats } from "../index.ts"
import type { HistoryPoint } from "./api/views.ts"
import { inBackground } from "./inBackground.ts"

/** Often enough to see a peak, and seldom enough that a look costs nothing. */
export const every = Duration.seconds(10)

/** The last hour. */
const kept = 360

/** The figures of the last hour, oldest first. */
export interface History {
  readonly points: () => ReadonlyArray<HistoryPoint>
}

/** Looks at the queue until the scope closes. A look that fails is logged and left out, and the next counts what ended since the last. */
export const makeHistory = (queue: JobQueueService): Effect.Effect<History, never, Scope.Scope> =>
  Effect.gen(function*() {
    const points: Array<HistoryPoint> = []
    // An outage is one line, and not one for each look.
    let isFailing = false
    const look = Effect.gen(function*() {
      const last = points.at(-1)
      const now = yield* Clock.currentTimeMillis
      // A clock that was set back has no span since then.
      const over = last === undefined || now <= last.at ? Duration.toMillis(every) : now - last.at
      points.push(pointOf(yield* queue.stats({ over })))
      if (points.length > kept) points.shift()
      isFailing = false
    }).pipe(
      Effect.catchAll((error) => {
        const wasFailing = isFailing
        isFailing = true
        const line = Effect.logWarning("The figures of the last hour miss looks at the queue", error)
        return wasFailing ? Effect.void : line
      })
    )
    yield* inBackground(Effect.repeat(look, Schedule.spaced(every)))
    return { points: () => points.slice() }
  })

type Counted = "pending" | "due" | "running" | "stale" | "succeeded" | "failed" | "cancelled"

/** The figures of all lanes together. */
export const pointOf = ({ at, isWhole, lanes }: Stats): HistoryPoint => {
  const sum = (what: Counted) => lanes.reduce((sum, lane) => sum + lane[what].count, 0)
  return {
    at,
    pending: sum("pending"),
    due: sum("due"),
    running: sum("running"),
    stale: sum("stale"),
    oldestDueAt: oldest(lanes),
    succeeded: sum("succeeded"),
    failed: sum("failed"),
    cancelled: sum("cancelled"),
    isMore: !isWhole || lanes.some((lane) => counts.some((what) => (lane[what] satisfies Count).isMore))
  }
}

const counts: ReadonlyArray<Counted> = ["pending", "due", "running", "stale", "succeeded", "failed", "cancelled"]

const oldest = (lanes: ReadonlyArray<LaneStats>) =>
  lanes.reduce<number | null>(
    (oldest, { oldestDueAt }) => oldestDueAt === null ? oldest : Math.min(oldestDueAt, oldest ?? Infinity),
    null
  )
