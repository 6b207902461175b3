import { Clock, Duration, Effect } from "effect"
import type { Pause } from "../domain/Pause.ts"
import type { Count, LaneStats, Stats } from "../domain/Stats.ts"
import { EventLoop } from "../platform/EventLoop.ts"
import { nameOf } from "./maintenance/unclaimedLanes.ts"
import type { JobStore, LaneDepth, LaneHead, StoreFailure } from "../store/JobStore.ts"

/*
 * Counts jobs without walking the table: the first of each lane and priority is
 * found by seeks, and whatever is counted is counted up to a limit. So the cost
 * grows with the lanes, up to a bound, and not with the jobs. Between two reads the
 * event loop has its turn.
 */

type Store = typeof JobStore.Service

/** Heads of lanes and priorities read at a time, and at most. */
const page = 50
const mostHeads = 2000

/** Pending jobs that are counted of one lane and priority. */
const mostPending = 1000

/** Leases that are read. */
const mostRunning = 5000

/** Jobs that are counted of those that ended with one status. */
const mostEnded = 5000

/** Counts the jobs that are pending, running, or finished in the last `over`. Only reads. */
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

    lanes.countAll("running", yield* store.laneHolders({ limit: mostRunning }), mostRunning)
    lanes.countAll("stale", yield* store.laneHolders({ areOver: true, limit: mostRunning }), mostRunning)
    for (const status of ["succeeded", "failed", "cancelled"] as const) {
      lanes.countAll(status, yield* store.endedLately({ status, within, limit: mostEnded }), mostEnded)
      yield* turn
    }
    return { at, over: within, lanes: lanes.all, isWhole: after === undefined && !lanes.isCut }
  })

type Lane = Pick<LaneStats, "queue" | "kind">

type Counted = "pending" | "due" | "running" | "stale" | "succeeded" | "failed" | "cancelled"

const none: Count = { count: 0, isMore: false }

/** The lanes that were seen, with what has been counted of each. */
class Lanes {
  readonly #lanes = new Map<string, LaneStats>()
  readonly #pauses: ReadonlyArray<Pause>
  readonly #cut = new Set<Counted>()

  constructor(pauses: ReadonlyArray<Pause>) {
    this.#pauses = pauses
  }

  /** True if a count of all lanes together stopped before its end. */
  get isCut() {
    return this.#cut.size > 0
  }

  get all(): ReadonlyArray<LaneStats> {
    for (const [key, lane] of this.#lanes) {
      const cut = [...this.#cut].map((what) => [what, { ...lane[what], isMore: true }])
      this.#lanes.set(key, { ...lane, ...Object.fromEntries(cut) })
    }
    return [...this.#lanes.values()].toSorted((a, b) => compare(a.queue, b.queue) || compare(a.kind, b.kind))
  }

  /** Adds a count of all lanes together. Where it stopped at its limit, any lane may have more. */
  countAll(what: Counted, groups: ReadonlyArray<Lane & { readonly jobs: number }>, limit: number) {
    let total = 0
    for (const { jobs, kind, queue } of groups) {
      total += jobs
      this.count({ queue, kind }, what, jobs, false)
    }
    if (total >= limit) this.#cut.add(what)
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
    return this.#lanes.get(nameOf({ queue, kind })) ?? {
      queue,
      kind,
      pending: none,
      due: none,
      oldestDueAt: null,
      nextDueAt: null,
      running: none,
      stale: none,
      succeeded: none,
      failed: none,
      cancelled: none,
      queuePaused: this.#pauses.find(({ name, scope }) => scope === "queue" && name === queue) ?? null,
      kindPaused: this.#pauses.find(({ name, scope }) => scope === "kind" && name === kind) ?? null
    }
  }

  #set(lane: LaneStats) {
    this.#lanes.set(nameOf(lane), lane)
  }
}

const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0
