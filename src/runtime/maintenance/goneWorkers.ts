import { Effect } from "effect"
import { EventLoop } from "../../platform/EventLoop.ts"
import type { JobStore, StaleJob, StoreFailure } from "../../store/JobStore.ts"
import type { Presence } from "../../store/Presence.ts"
import { HeldLeases } from "../lease/HeldLeases.ts"
import { staleReleased } from "../telemetry/jobEvents.ts"

/*
 * Frees the jobs of workers whose processes have ended, without waiting for their
 * leases to be over. Only what is known for certain counts, see Presence; a sweep by
 * the leases finds the rest.
 */

type Store = typeof JobStore.Service

/** The leases that are looked at for their holders, and those that are freed at once. */
const mostLeases = 10_000
const batch = 100

/** Frees the jobs of workers that are gone. Does not read the database unless presence shows that some worker is gone. */
export const releaseGone = (store: Store, presence: Presence): Effect.Effect<void, StoreFailure> =>
  Effect.gen(function*() {
    if (!(yield* presence.anyGone)) return
    const { turn } = yield* EventLoop
    const suspects = yield* presence.gone([...(yield* holdersOf(store)).workers])
    let released: ReadonlyArray<StaleJob> = []
    let freed = 0
    // What a row refuses stays, and is not tried again before the next sweep.
    do {
      released = suspects.length === 0 ? [] : yield* releaseSome(store, presence, suspects)
      freed += released.length
      yield* turn
    } while (released.length === batch)
    if (freed > 0) yield* store.signals.wake
    yield* presence.tidy(holdersOf(store))
  })

/** The workers that hold a lease, over or not, and whether those are all. */
const holdersOf = (store: Store) =>
  Effect.gen(function*() {
    const holding = yield* store.laneHolders({ limit: mostLeases })
    const over = yield* store.laneHolders({ limit: mostLeases, areOver: true })
    const leasesOf = (lanes: typeof over) => lanes.reduce((sum, { jobs }) => sum + jobs, 0)
    return {
      workers: new Set([...holding, ...over].map(({ lockedBy }) => lockedBy)),
      areAll: leasesOf(holding) < mostLeases && leasesOf(over) < mostLeases
    }
  })

/**
 * Frees some jobs of these workers. Their leases are read before it is asked again who is gone: a worker shows itself
 * before its first claim, so those were not claimed by one that was about to.
 */
const releaseSome = (
  store: Store,
  presence: Presence,
  suspects: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<StaleJob>, StoreFailure> =>
  Effect.gen(function*() {
    const { notHeld } = yield* HeldLeases
    const leases = yield* notHeld(yield* store.staleLeases({ limit: batch, heldBy: suspects }))
    const gone = new Set(yield* presence.gone(suspects))
    const theirs = leases.filter(({ lockedBy }) => gone.has(lockedBy))
    if (theirs.length === 0) return []
    const released = yield* store.releaseStale({ leases: theirs, holderIsGone: true })
    yield* store.events.publishAll(released.map(staleReleased))
    return released
  })
