import { Array as Arr, Duration, Effect } from "effect"
import type { JobStore, StaleLease, StoreFailure } from "../../store/JobStore.ts"
import { EventLoop } from "../../platform/EventLoop.ts"
import { staleReleased } from "../telemetry/jobEvents.ts"
import { HeldLeases } from "../lease/HeldLeases.ts"
import { monotonicMillis } from "../../platform/monotonic.ts"

/*
 * Frees the jobs of dead workers. A lease that is over by this machine's clock may
 * be a live worker's: a clock jumped forward, a laptop slept, another program held
 * the database. So a sweep frees nothing that its own process holds. Of other
 * leases it frees those that two looks, one heartbeat apart, saw unchanged: a live
 * worker has extended its own by then. The release is fenced by what was seen.
 */

type Store = typeof JobStore.Service

/** Small enough that a batch never holds the database for longer than a few milliseconds. */
const batch = 100

/** Leases read at a time, for the same reason. */
const page = 500

/** More leases than ten workers leave behind that died with every slot taken. The rest waits for another look. */
const mostRemembered = 10_000

/** A lease that was over at a look, and the monotonic millisecond at which that look had been answered. */
interface Suspect {
  readonly lease: StaleLease
  readonly seenAt: number
}

/** The leases that the last look saw over, by job. */
export type Suspects = ReadonlyMap<string, Suspect>

export const noSuspects: Suspects = new Map()

/**
 * Frees what an earlier look has seen unchanged at least `heartbeatInterval` ago.
 * Answers what remains to be seen again.
 */
export const look = (
  store: Store,
  suspects: Suspects,
  heartbeatInterval: Duration.Duration
): Effect.Effect<Suspects, StoreFailure> =>
  Effect.gen(function*() {
    const lookedAt = yield* monotonicMillis
    const over = yield* staleLeases(store)
    const seenAt = yield* monotonicMillis
    const [fresh, confirmed] = Arr.partition(over, (lease) => {
      const seen = suspects.get(lease.id)
      return seen !== undefined && isSame(seen.lease, lease)
        && lookedAt - seen.seenAt >= Duration.toMillis(heartbeatInterval)
    })
    const { turn } = yield* EventLoop
    for (const leases of Arr.chunksOf(confirmed, batch)) yield* Effect.zipRight(turn, release(store, leases))
    return new Map(fresh.map((lease) => {
      const seen = suspects.get(lease.id)
      return [lease.id, seen !== undefined && isSame(seen.lease, lease) ? seen : { lease, seenAt }]
    }))
  })

/** The monotonic millisecond at which the next of these is to be looked at again; none before `now`, whose look has failed. */
export const nextLookAt = (suspects: Suspects, heartbeatInterval: Duration.Duration, now: number): number => {
  let next = Infinity
  for (const { seenAt } of suspects.values()) {
    const at = seenAt + Duration.toMillis(heartbeatInterval)
    if (at > now && at < next) next = at
  }
  return next
}

/**
 * Frees every job whose lease is over and not held by this process, after one look:
 * for a worker that may end before a second.
 */
export const sweepOnce = (store: Store): Effect.Effect<void, StoreFailure> =>
  Effect.gen(function*() {
    const { turn } = yield* EventLoop
    let after: StaleLease | undefined
    do {
      const leases: ReadonlyArray<StaleLease> = yield* store.staleLeases({ limit: batch, after })
      yield* release(store, leases)
      after = leases[batch - 1]
      yield* turn
    } while (after !== undefined)
  })

/** The leases that are over and that this process does not hold, those longest over first. */
const staleLeases = (store: Store) =>
  Effect.gen(function*() {
    const { turn } = yield* EventLoop
    const { notHeld } = yield* HeldLeases
    const found: Array<StaleLease> = []
    let after: StaleLease | undefined
    do {
      const leases: ReadonlyArray<StaleLease> = yield* store.staleLeases({ limit: page, after })
      found.push(...yield* notHeld(leases))
      after = leases[page - 1]
      if (after !== undefined) yield* turn
    } while (after !== undefined && found.length < mostRemembered)
    return found
  })

/** Frees the jobs of these leases, except those that this process holds, and logs each. */
const release = (store: Store, leases: ReadonlyArray<StaleLease>) =>
  Effect.gen(function*() {
    const notOurs = yield* (yield* HeldLeases).notHeld(leases)
    if (notOurs.length === 0) return
    const released = yield* store.releaseStale({ leases: notOurs })
    yield* store.events.publishAll(released.map(staleReleased))
  })

/** True for two looks at one job that saw the same lease. */
const isSame = (a: StaleLease, b: StaleLease) =>
  a.attempt === b.attempt && a.lockedBy === b.lockedBy && a.lockedUntil === b.lockedUntil
