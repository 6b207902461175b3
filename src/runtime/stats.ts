import { Clock, Duration, Effect } from "effect"
import type { Pause } from "../domain/Pause.ts"
import type { Count, LaneStats, Stats } from "../domain/Stats.ts"
import { EventLoop } from "../platform/EventLoop.ts"
import type { Ended, JobStore, LaneDepth, LaneHead, StoreFailure } from "../store/JobStore.ts"

/*
 * Counts jobs without walking the table: the first of each lane and priority is
 * found by seeks, and whatever is counted is counted up to a limit. A look takes
 * some tens of milliseconds at most, however many jobs there are, and gives the
 * event loop its turns.
 */

type Store = typeof JobStore.Service

/** Heads of lanes and priorities read at a time, and at most. */
const page = 250
const mostHeads = 2000

/** Pending jobs that are counted of one lane and priority. */
const mostPending = 1000

/** Leases that are read. */
const mostRunning = 5000

/** Jobs that are counted of those that ended with one status. */
const mostEnded = 5000

/** What waits, runs, and has ended in the last `over`. Only reads. */
export const stats = (store: Store, over: Duration.Duration): Effect.Effect<Stats, StoreFailure> =>
  Effect.gen(function*() {
    const { turn } = yield* EventLoop
    const at = yield* Clock.currentTimeMillis
    const within = Duration.toMillis(over)
    const lanes = new Lanes(yield* store.pauses())

    let after: LaneHead | undefined
    let read = 0
    do {
      const heads: ReadonlyArray<LaneHead> = yield* store.laneHeads({ limit: page, after })
      if (heads.length > 0) lanes.addWaiting(heads, yield* store.laneDepths({ heads, limit: mostPending }), at)
      read += heads.length
      after = heads[page - 1]
      yield* turn
    } while (after !== undefined && read < mostHeads)

    const holders = yield* store.laneHolders({ limit: mostRunning })
    const isMoreRunning = sumOf(holders) >= mostRunning
    for (const { jobs, kind, queue } of holders) lanes.count({ queue, kind }, "running", jobs, isMoreRunning)

    for (const status of ["succeeded", "failed", "cancelled"] as const) {
      const ended: ReadonlyArray<Ended> = yield* store.endedLately({ status, within, limit: mostEnded })
      const isMore = sumOf(ended) >= mostEnded
      for (const { jobs, kind, queue } of ended) lanes.count({ queue, kind }, status, jobs, isMore)
      yield* turn
    }
    return { at, over: within, lanes: lanes.all, isWhole: after === undefined }
  })

const sumOf = (groups: ReadonlyArray<{ readonly jobs: number }>) => groups.reduce((sum, { jobs }) => sum + jobs, 0)

type Lane = Pick<LaneStats, "queue" | "kind">

type Counted = "pending" | "due" | "running" | "succeeded" | "failed" | "cancelled"

const none: Count = { count: 0, isMore: false }

/** The lanes that were seen, with what has been counted of each. */
class Lanes {
  readonly #lanes = new Map<string, LaneStats>()
  readonly #pauses: ReadonlyArray<Pause>

  constructor(pauses: ReadonlyArray<Pause>) {
    this.#pauses = pauses
  }

  get all(): ReadonlyArray<LaneStats> {
    return [...this.#lanes.values()].toSorted((a, b) => compare(a.queue, b.queue) || compare(a.kind, b.kind))
  }

  count(lane: Lane, what: Counted, jobs: number, isMore: boolean) {
    const before = this.#find(lane)
    this.#set({ ...before, [what]: { count: before[what].count + jobs, isMore: before[what].isMore || isMore } })
  }

  addWaiting(heads: ReadonlyArray<LaneHead>, depths: ReadonlyArray<LaneDepth>, now: number) {
    for (const { availableAt, kind, queue } of heads) {
      const before = this.#find({ queue, kind })
      this.#set({
        ...before,
        nextDueAt: Math.min(availableAt, before.nextDueAt ?? Infinity),
        oldestDueAt: availableAt > now ? before.oldestDueAt : Math.min(availableAt, before.oldestDueAt ?? Infinity)
      })
    }
    for (const depth of depths) {
      this.count(depth, "pending", depth.pending, depth.pending >= mostPending)
      this.count(depth, "due", depth.due, depth.due >= mostPending)
    }
  }

  #find({ kind, queue }: Lane): LaneStats {
    return this.#lanes.get(keyOf({ queue, kind })) ?? {
      queue,
      kind,
      pending: none,
      due: none,
      oldestDueAt: null,
      nextDueAt: null,
      running: none,
      succeeded: none,
      failed: none,
      cancelled: none,
      queuePaused: this.#pauses.find(({ name, scope }) => scope === "queue" && name === queue) ?? null,
      kindPaused: this.#pauses.find(({ name, scope }) => scope === "kind" && name === kind) ?? null
    }
  }

  #set(lane: LaneStats) {
    this.#lanes.set(keyOf(lane), lane)
  }
}

const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0

const keyOf = ({ kind, queue }: Lane) => JSON.stringify([queue, kind])
