import { Clock, Deferred, Duration, Effect, Option, Queue, Ref, Runtime } from "effect"
import { isLasting } from "../../domain/errors.ts"
import type { JobId } from "../../domain/JobId.ts"
import { EventLoop } from "../../platform/EventLoop.ts"
import type { StoreFailure } from "../../store/JobStore.ts"
import { JobStore } from "../../store/JobStore.ts"
import { beginAttempts } from "../attempt/beginAttempts.ts"
import { makeHost } from "./makeHost.ts"
import { makeCutLeases } from "./cutLeases.ts"
import { drain, makeShutdown } from "./drain.ts"
import { workerReport } from "./workerReport.ts"
import { keepRow } from "./workerRow.ts"
import { observe } from "../telemetry/jobEvents.ts"
import * as log from "../telemetry/workerLog.ts"
import { Ids } from "../../platform/Ids.ts"
import { LoopWatch } from "../telemetry/LoopWatch.ts"
import { maintain, sweepBeforeClaiming } from "../maintenance/maintenance.ts"
import { monotonicMillis } from "../../platform/monotonic.ts"
import { ThisProcess } from "../../platform/ThisProcess.ts"
import { callStore } from "../callStore.ts"
import { claimBytes } from "../options.ts"
import { ProcessEnd } from "./ProcessEnd.ts"
import { Slots } from "./Slots.ts"
import type { Handlers } from "./handlers.ts"
import type { WorkerSettings } from "./WorkerSettings.ts"
import { claimsFrom } from "./WorkerSettings.ts"

/** After a claim that came back empty although a job was due: another worker was faster. */
const afterLostRace = Duration.millis(100)

/** More jobs than this begin in several turns of the event loop, each a claim. One costs half a millisecond besides its jobs. */
const mostOfAClaim = 100

/** Longer than anything should hold SQLite's write lock or a connection. */
const lookMayTake = Duration.seconds(30)

/**
 * The worker: claims for its free slots, runs each claimed job as an attempt of
 * its own, keeps house, and when it is interrupted lets the running ones end.
 */
export const runWorker = (
  settings: WorkerSettings,
  handlers: Handlers
): Effect.Effect<void, StoreFailure, JobStore> =>
  Effect.gen(function*() {
    const store = yield* JobStore
    yield* observe(store.events)
    const { overdue, turn } = yield* EventLoop
    const runFork = Runtime.runFork(yield* Effect.runtime())
    const loopWatch = yield* LoopWatch
    const processEnd = yield* ProcessEnd
    const worker = yield* (yield* Ids).workerId
    const kinds = [...settings.kinds].map(([kind, { leaseFor }]) => ({ kind, leaseFor }))

    // One place is enough: a wake-up says "look again", however often it is said.
    const woken = yield* Queue.sliding<void>(1)
    const wake = Effect.asVoid(Queue.offer(woken, undefined))
    const slots = new Slots({
      ...settings,
      onFreed: () => void Queue.unsafeOffer(woken, undefined),
      inSlices: (begin) => {
        if (overdue()) runFork(Effect.interruptible(Effect.zipRight(turn, Effect.sync(begin))))
        else begin()
      },
      events: store.events
    })
    const claimable = yield* Ref.make(settings.maxJobs)
    const shutdown = yield* makeShutdown
    const place = yield* ThisProcess
    const host = yield* makeHost({ settings, worker, slots, graceOver: Deferred.await(shutdown.graceOver) }).pipe(
      Effect.annotateLogs({ worker })
    )

    /** True after a claim that got all it had asked for. */
    let mayBeMore = false

    /** True once the worker has come to its own limit of claims. */
    let hasClaimedAll = false

    /**
     * Claims what there is room for and starts it. Waiting for the store can be
     * interrupted; once the claim is made nothing comes between, or a claimed
     * job would have no attempt.
     */
    const take = (isAwaited: () => boolean) =>
      Effect.uninterruptible(Effect.gen(function*() {
        const { limit, queues } = slots.room
        const most = Math.min(limit, yield* Ref.get(claimable), settings.once ? Infinity : mostOfAClaim)
        // A job that cannot be settled may have taken its place again since the look.
        if (most <= 0) {
          return 0
        }
        const claimSentAt = yield* monotonicMillis
        mayBeMore = false
        const jobs = yield* store.claim({ worker, kinds, queues, limit: most, maxBytes: claimBytes })
        mayBeMore = jobs.length === most
        yield* Ref.update(claimable, (left) => left - jobs.length)
        yield* beginAttempts(
          host,
          jobs,
          (job) => slots.place(job),
          (job, placed) => ({ job, claimSentAt, begins: isAwaited, host, ...placed, ...handlers(job.kind) })
        )
        return jobs.length
      }))

    /** Hands back what it gets once nobody waits for it. */
    const claim = (within: Duration.DurationInput) =>
      Effect.suspend(() => {
        let isAwaited = true
        return callStore("claim", within, () => slots.claiming(take(() => isAwaited))).pipe(
          Effect.ensuring(Effect.sync(() => void (isAwaited = false)))
        )
      })

    /** A claim that takes longer than any lease of its jobs is useless. */
    const timelyClaim = claim(Math.max(...kinds.map(({ leaseFor }) => leaseFor)))

    /** One look at the queue. Answers how long to wait for the next, unless woken before. */
    const look = Effect.gen(function*() {
      const { limit, queues } = slots.room
      // It is woken when a place is free.
      if (limit <= 0) return Duration.infinity
      if (mayBeMore && (yield* timelyClaim) > 0) return Duration.zero
      // An empty poll is a read; only a claim that will find something is a write.
      const next = yield* callStore("nextDue", lookMayTake, () => store.nextDue({ kinds, queues }))
      if (Option.isNone(next)) return settings.pollInterval
      const wait = next.value - (yield* Clock.currentTimeMillis)
      if (wait > 0) return Duration.min(Duration.millis(wait), settings.pollInterval)
      return (yield* timelyClaim) === 0 ? Duration.min(afterLostRace, settings.pollInterval) : Duration.zero
    }).pipe(
      Effect.catchAll((error) =>
        isLasting(error)
          ? Effect.fail(error)
          : Effect.as(log.storeUnavailable("claim", error), settings.pollInterval)
      )
    )

    const claimLoop = Effect.gen(function*() {
      while ((yield* Ref.get(claimable)) > 0) {
        yield* turn
        const wait = yield* look
        if (!Duration.equals(wait, Duration.zero)) {
          yield* Duration.isFinite(wait) ? Queue.take(woken).pipe(Effect.timeoutOption(wait)) : Queue.take(woken)
        }
      }
    })

    /** It has no next claim to leave the jobs to, so it waits for this one until it is told to end. */
    const claimOnce = claim(Duration.infinity)

    yield* Effect.gen(function*() {
      const isKept = () => store.leaseKeeper?.isRunning() === true
      yield* loopWatch.watch(Math.min(...kinds.map(({ leaseFor }) => leaseFor)), isKept)
      const cancel = (id: JobId) => slots.cancel(id)
      yield* store.signals.listen({ wake, cancel })
      yield* log.workerStarted(kinds.map(({ kind }) => kind), settings.concurrency)
      const upkeep = {
        ...settings,
        store,
        worker,
        interval: settings.staleCheckInterval,
        takes: claimsFrom(settings)
      }
      // Before its first claim, and until nothing holds a lease any more: what is left behind keeps it in sight.
      yield* Effect.asVoid(Effect.acquireRelease(
        store.presence?.show(worker) ?? Effect.succeed(Effect.void),
        (hide) => slots.isBusy ? Effect.void : hide
      ))
      const keptHouse = yield* maintain(upkeep)
      const row = yield* keepRow({
        store,
        worker,
        every: settings.heartbeatInterval,
        beat: () => workerReport({ worker, place, settings, slots, hasClaimedAll })
      })
      yield* processEnd.listen({
        shutdown,
        grace: settings.shutdownGrace,
        cutLeases: yield* makeCutLeases(store, slots),
        leaveBehind: slots.leaveBehind
      })
      yield* Effect.addFinalizer(() => drain(slots, row, settings.shutdownGrace, shutdown))
      const mayEndSoon = settings.once || settings.maxJobs < Infinity
      yield* Effect.when(sweepBeforeClaiming(upkeep), () => mayEndSoon).pipe(
        Effect.zipRight(settings.once ? claimOnce : claimLoop),
        Effect.zipRight(Effect.sync(() => void (hasClaimedAll = true))),
        // Its jobs may run for hours.
        Effect.zipRight(Effect.when(row.beatNow, () => slots.isBusy)),
        Effect.zipRight(slots.ended),
        Effect.zipRight(keptHouse),
        Effect.raceFirst(Deferred.await(shutdown.began))
      )
    }).pipe(Effect.scoped, Effect.annotateLogs({ worker }))
  }).pipe(Effect.scoped)
