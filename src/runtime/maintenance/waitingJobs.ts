import type { Scope } from "effect"
import { Duration, Effect } from "effect"
import type { JobSignals } from "../../store/JobSignals.ts"
import type { JobStore, LaneHolder, StoreFailure } from "../../store/JobStore.ts"
import { tellSilentHolders } from "./silentHolders.ts"
import type { UnclaimedLanes } from "./unclaimedLanes.ts"
import { dueLanes, nameOf, tellUnclaimed } from "./unclaimedLanes.ts"

/*
 * What a worker tells of jobs that wait without anything to see: no attempt is
 * begun, so nothing else would say a word. Of the workers of a process, one looks
 * for all; each process tells for itself.
 */

/** One worker of this process. */
interface Watcher {
  readonly worker: string
  /** True for a lane that it claims from. */
  readonly takes: (lane: { readonly queue: string; readonly kind: string }) => boolean
}

/** The workers of this process on one store, the one that looks first, and what they have seen. */
interface Watch {
  readonly watchers: Set<Watcher>
  readonly unclaimed: UnclaimedLanes
  /** Silent holders of leases that were told of. */
  readonly toldHolders: Set<string>
}

/** By a store's signals, which are its own in each process and go with it behind whatever wraps it. */
const watches = new WeakMap<JobSignals, Watch>()

/** More than five full workers run, and a few milliseconds to read. */
const mostLeases = 5000

/** A look reads every lane there is, so a worker that checks for stale jobs more often does not look as often. */
const leastBetween = Duration.minutes(1)

/** Has a worker look until the scope closes. Answers its look, and how long to wait between two. */
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
      const lanes = yield* dueLanes(store)
      const holders = yield* store.laneHolders({ limit: mostLeases })
      const here = [...watch.watchers]
      const isTaken = (lane: Parameters<Watcher["takes"]>[0]) => here.some(({ takes }) => takes(lane))
      const isWorkedOn = worksOn(holders)
      // Where there is work to do, nobody wonders why none is done.
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

/** Tells of a lane whether somebody runs a job of it; true of every lane where not all leases were read. */
const worksOn = (holders: ReadonlyArray<LaneHolder>) => {
  const isWhole = holders.reduce((total, { jobs }) => total + jobs, 0) < mostLeases
  const lanes = new Set(holders.map(nameOf))
  return (lane: Parameters<Watcher["takes"]>[0]) => !isWhole || lanes.has(nameOf(lane))
}
