import type { Scope } from "effect"
import { Deferred, Duration, Effect, Option, Queue, Schedule } from "effect"
import type { JobStore, StoreFailure } from "../../store/JobStore.ts"
import type { Presence } from "../../store/Presence.ts"
import { EventLoop } from "../../platform/EventLoop.ts"
import { callStore } from "../callStore.ts"
import { staleReleased } from "../telemetry/jobEvents.ts"
import * as log from "../telemetry/workerLog.ts"
import { monotonicMillis } from "../../platform/monotonic.ts"
import { releaseGone } from "./goneWorkers.ts"
import { silentAfter } from "./silentHolders.ts"
import { look, nextLookAt, noSuspects, sweepOnce } from "./staleSweep.ts"
import { watchWaiting } from "./waitingJobs.ts"

/** Milliseconds for which finished jobs are kept. */
export interface Retention {
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
}

/** Small enough that a batch never holds the database for longer than a few milliseconds. */
const staleBatch = 100
const pruneBatch = 500

/** Long enough for every batch there is, short enough to come round again. */
const stepFor = Duration.minutes(5)

/** A table that is locked for long must not hold a connection that a job may need. */
const pruneWorkersFor = Duration.seconds(5)

/** The settings of a worker's housekeeping. */
export interface Upkeep {
  readonly store: typeof JobStore.Service
  /** Between two checks for stale jobs, and two prunings. */
  readonly interval: Duration.Duration
  /** Between the two looks that a stale release takes. */
  readonly heartbeatInterval: Duration.Duration
  readonly retention: Retention
  /** The worker's name in its leases. */
  readonly worker: string
  /** True for a lane that the worker claims from. */
  readonly takes: (lane: { readonly queue: string; readonly kind: string }) => boolean
}

/**
 * Frees jobs whose lease is over, deletes finished ones past their retention and the
 * rows of workers that are long dead, and logs jobs that wait unseen, now and every
 * `interval`, until the scope closes.
 * Every worker does it; doing it twice at once changes nothing. Answers an effect
 * that waits for the first pruning and the first look at waiting jobs, since a
 * worker may end before they are over.
 */
export const maintain = (upkeep: Upkeep): Effect.Effect<Effect.Effect<void>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { interval, retention, store } = upkeep
    const pruned = yield* Deferred.make<void>()
    yield* Effect.forkScoped(sweepAgainAndAgain(upkeep))
    if (store.presence !== undefined) yield* Effect.forkScoped(freeOfGone(store, store.presence, interval))
    yield* orReport("prune", prune(store, retention)).pipe(
      Effect.zipRight(Deferred.succeed(pruned, undefined)),
      Effect.zipRight(orReport("tidy", store.tidy)),
      Effect.zipRight(pruneWorkers(store)),
      Effect.repeat(Schedule.spaced(interval)),
      Effect.forkScoped
    )
    const looked = yield* Deferred.make<void>()
    yield* Effect.forkScoped(lookAgainAndAgain(upkeep, yield* watchWaiting(upkeep), looked))
    return Effect.zipRight(Deferred.await(pruned), Deferred.await(looked))
  })

/**
 * Looks at once, then when a worker that died just before this one started counts
 * as silent, and then at every interval.
 */
const lookAgainAndAgain = (
  { heartbeatInterval }: Upkeep,
  { every, look }: Effect.Effect.Success<ReturnType<typeof watchWaiting>>,
  looked: Deferred.Deferred<void>
) =>
  Effect.gen(function*() {
    const lookOnce = orReport("look at waiting jobs", look)
    yield* Effect.zipRight(lookOnce, Deferred.succeed(looked, undefined))
    const early = Duration.min(silentAfter(heartbeatInterval), every)
    yield* Effect.sleep(early)
    if (Duration.lessThan(early, every)) {
      yield* lookOnce
      yield* Effect.sleep(Duration.subtract(every, early))
    }
    yield* Effect.repeat(lookOnce, Schedule.spaced(every))
  })

/** The check of a worker that may end before a second look. */
export const sweepBeforeClaiming = ({ store }: Upkeep): Effect.Effect<void> =>
  Effect.asVoid(orReport("release stale", sweepOnce(store)))

/**
 * Checks every `interval`. A check that saw a lease over is followed by a second
 * look, as soon as the two are far enough apart.
 */
const sweepAgainAndAgain = ({ heartbeatInterval, interval, store }: Upkeep): Effect.Effect<never> =>
  Effect.gen(function*() {
    let suspects = noSuspects
    let nextCheckAt = -Infinity
    while (true) {
      suspects = Option.getOrElse(
        yield* orReport("release stale", look(store, suspects, heartbeatInterval)),
        () => suspects
      )
      const now = yield* monotonicMillis
      if (now >= nextCheckAt) nextCheckAt = now + Duration.toMillis(interval)
      yield* Effect.sleep(Math.min(nextCheckAt, nextLookAt(suspects, heartbeatInterval, now)) - now)
    }
  })

/** Frees the jobs of workers that are gone: now, as soon as one goes, and every `interval`. */
const freeOfGone = (store: Upkeep["store"], presence: Presence, interval: Duration.Duration) =>
  Effect.gen(function*() {
    const changes = yield* Queue.sliding<void>(1)
    yield* presence.watch(Effect.asVoid(Queue.offer(changes, undefined)))
    while (true) {
      yield* orReport("release of dead workers", releaseGone(store, presence))
      yield* Effect.timeoutOption(Queue.take(changes), interval)
    }
  })

/** Frees every job whose lease is over, and logs each with its holder. Answers how many. */
export const releaseStale = (store: typeof JobStore.Service): Effect.Effect<number, StoreFailure> =>
  inBatchesOf(
    staleBatch,
    store.releaseStale({ limit: staleBatch }).pipe(
      Effect.tap((jobs) => store.afterCommit(store.events.publishAll(jobs.map(staleReleased)))),
      Effect.map((jobs) => jobs.length)
    )
  )

const prune = (store: typeof JobStore.Service, retention: Retention) =>
  Effect.forEach(
    // Without an end of its retention a status has nothing to prune.
    (["succeeded", "failed", "cancelled"] as const).filter((status) => retention[status] < Infinity),
    (status) => {
      let inAll = 0
      // Each batch begins with the jobs that ended first, and so with those that could not be deleted.
      let skip = 0
      return inBatchesOf(
        pruneBatch,
        Effect.suspend(() => store.prune({ status, retention: retention[status], limit: pruneBatch, skip })).pipe(
          Effect.map(({ deleted, refused }) => {
            inAll += deleted
            skip += refused
            return deleted + refused
          })
        )
        // What was deleted before a batch that failed is gone, too.
      ).pipe(Effect.ensuring(Effect.suspend(() => log.pruned(status, inAll, retention[status]))))
    },
    { discard: true }
  )

/** Nothing depends on these rows, and a role without the right to them hears of that from its worker's beats. */
const pruneWorkers = (store: typeof JobStore.Service): Effect.Effect<void> =>
  Effect.catchAll(callStore("pruneWorkers", pruneWorkersFor, store.pruneWorkers), log.workersNotPruned)

/** Repeats a step that answers how many it did, until that is less than a whole batch. Answers how many in all. */
const inBatchesOf = (size: number, batch: Effect.Effect<number, StoreFailure>): Effect.Effect<number, StoreFailure> =>
  Effect.gen(function*() {
    const { turn } = yield* EventLoop
    let total = 0
    while (true) {
      const done = yield* batch
      total += done
      if (done < size) return total
      yield* turn
    }
  })

/** Makes a step of the housekeeping. One that fails is logged, and made again at the next interval. */
const orReport = <A>(step: string, effect: Effect.Effect<A, StoreFailure>): Effect.Effect<Option.Option<A>> =>
  callStore(step, stepFor, () => effect).pipe(
    Effect.asSome,
    Effect.catchAll((error) => Effect.as(log.storeUnavailable(step, error), Option.none()))
  )
