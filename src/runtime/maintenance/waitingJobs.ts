import type { Scope } from "effect"
import { Duration, Effect } from "effect"
import { pausesOf } from "../../domain/Pause.ts"
import type { JobSignals } from "../../store/JobSignals.ts"
import type { JobStore, LaneHolder, StoreFailure } from "../../store/JobStore.ts"
import { tellSilentHolders } from "./silentHolders.ts"
import type { UnclaimedLanes } from "./unclaimedLanes.ts"
import { dueLanes, nameOf, tellUnclaimed } from "./unclaimedLanes.ts"

/*
 * Logs jobs that wait unseen: no attempt is begun, so nothing else would be logged.
 * Of the workers of a process, one looks for all; each process logs for itself.
 */

/** One worker of this process. */
interface Watcher {
  readonly worker: string
  /** True for a lane that it claims from. */
  readonly takes: (lane: { readonly queue: string; readonly kind: string }) => boolean
}

/** The workers of this process on one store, the first of which looks, and what was seen. */
interface Watch {
  readonly watchers: Set<Watcher>
  readonly unclaimed: UnclaimedLanes
  /** The silent holders of leases that were logged. */
  readonly toldHolders: Set<string>
}

/** Kept by a store's signals: each process has its own, and everything that wraps a store keeps them. */
const watches = new WeakMap<JobSignals, Watch>()

/** More than five full workers run, and a few milliseconds to read. */
const mostLeases = 5000

/** A look reads every lane there is, so a worker that checks for stale jobs more often does not look as often. */
const leastBetween = Duration.minutes(1)

/** Adds a worker until the scope closes. Answers its look, and the time between two looks. */
export const watchWaiting = (
  options: {
    readonly store: typeof JobStore.Service
    readonly interval: Duration.Duration
    readonly heartbeatInterval: Duration.Duration
  } & Watcher
): Effect.Effect<
  { readonly look: Effect.Effect<void, StoreFailure>; readonly every: Duration.Duration },
  never,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const { heartbeatInterval, interval, store, takes, worker } = options
    const watch = watches.get(store.signals)
      ?? { watchers: new Set(), unclaimed: new Map(), toldHolders: new Set() }
    watches.set(store.signals, watch)
    const watcher: Watcher = { worker, takes }
    yield* Effect.acquireRelease(
      Effect.sync(() => watch.watchers.add(watcher)),
      () => Effect.sync(() => watch.watchers.delete(watcher))
    )
    const look = Effect.gen(function*() {
      const [first] = watch.watchers
      if (first !== watcher) return
      const pauses = yield* store.pauses()
      // A person who paused a lane knows why its jobs wait.
      const lanes = (yield* dueLanes(store)).filter((lane) => pausesOf(lane, pauses).length === 0)
      const holders = yield* store.laneHolders({ limit: mostLeases })
      const here = [...watch.watchers]
      const isTaken = (lane: Parameters<Watcher["takes"]>[0]) => here.some(({ takes }) => takes(lane))
      const isWorkedOn = worksOn(holders)
      // While there are due jobs for the workers here, nobody wonders why nothing happens.
      if (!lanes.some(isTaken)) {
        yield* tellSilentHolders(watch.toldHolders, holders, {
          isTaken,
          isHere: (name) => here.some(({ worker }) => worker === name),
          heartbeatInterval
        })
      }
      yield* tellUnclaimed(store, watch.unclaimed, lanes.filter((lane) => !isTaken(lane) && !isWorkedOn(lane)))
    })
    return { look, every: Duration.max(interval, leastBetween) }
  })

/** True for a lane of which somebody runs a job, and for every lane if not all leases were read. */
const worksOn = (holders: ReadonlyArray<LaneHolder>) => {
  const isWhole = holders.reduce((total, { jobs }) => total + jobs, 0) < mostLeases
  const lanes = new Set(holders.map(nameOf))
  return (lane: Parameters<Watcher["takes"]>[0]) => !isWhole || lanes.has(nameOf(lane))
}
