import type { Layer } from "effect"
import { Effect } from "effect"
import type { JobStore } from "../../store/JobStore.ts"
import { requestPromises } from "./byRequest.ts"
import { claimPromises } from "./claim.ts"
import { enqueuePromises } from "./enqueue.ts"
import { filterPromises } from "./filter.ts"
import { leasePromises } from "./lease.ts"
import { pausePromises } from "./pause.ts"
import { settlePromises } from "./settle.ts"
import { stalePromises } from "./stale.ts"
import { makeStoreClock, StoreClock } from "./StoreUnderTest.ts"
import { workerPromises } from "./workers.ts"

/** A promise that every job store keeps. */
export interface StorePromise {
  /** The promise in a sentence. */
  readonly name: string
  /** Builds an empty store and fails where it does not keep the promise. Needs no TestClock, and sleeps for nothing. */
  readonly holds: Effect.Effect<void, unknown>
}

/**
 * The promises of a job store, in the order a job meets them, for whoever writes
 * one: an effect for each, to be run by any test runner.
 *
 * `layerOf` gives a store without jobs each time it is built, whose statements
 * take for now what `now` says, in epoch milliseconds.
 */
export const storePromises = <E>(
  layerOf: (now: Effect.Effect<number>) => Layer.Layer<JobStore, E>
): ReadonlyArray<StorePromise> =>
  [
    ...enqueuePromises,
    ...claimPromises,
    ...leasePromises,
    ...settlePromises,
    ...stalePromises,
    ...requestPromises,
    ...filterPromises,
    ...pausePromises,
    ...workerPromises
  ].map(({ holds, name }) => ({
    name,
    holds: Effect.flatMap(makeStoreClock, (clock) =>
      holds.pipe(Effect.provide(layerOf(clock.now)), Effect.provideService(StoreClock, clock)))
  }))
