import { Clock, Context, Deferred, Duration, Effect, Fiber, Option, Queue, Ref } from "effect"
import { InvalidOption, StoreError } from "../domain/errors.ts"
import * as Job from "../domain/Job.ts"
import { StopReason } from "../domain/Outcome.ts"
import type { ClaimedJob, StoreFailure } from "../store/JobStore.ts"
import { JobStore } from "../store/JobStore.ts"
import { runAttempt } from "./attempt.ts"
import { EventLoop } from "./EventLoop.ts"
import * as events from "./events.ts"
import { Ids } from "./Ids.ts"
import type { Retention } from "./maintenance.ts"
import { maintain } from "./maintenance.ts"
import { monotonicMillis } from "./monotonic.ts"
import { Slots } from "./Slots.ts"
import type { Requirements } from "./Worker.ts"

/** A worker's options, checked and complete. */
export interface WorkerSettings<Jobs extends ReadonlyArray<Job.Any>> {
  /** By kind, with the milliseconds a claim holds. */
  readonly kinds: ReadonlyMap<string, { readonly job: Jobs[number]; readonly leaseFor: number }>
  readonly concurrency: number
  readonly queues: Option.Option<ReadonlyMap<string, number>>
  readonly heartbeatInterval: Duration.Duration
  readonly pollInterval: Duration.Duration
  readonly staleCheckInterval: Duration.Duration
  readonly shutdownGrace: Duration.Duration
  readonly retention: Retention
  /** Claims in all, Infinity for no end. */
  readonly maxJobs: number
  readonly once: boolean
}

/** After a claim that came back empty although a job was due: another worker was faster. */
const afterLostRace = Duration.millis(100)

/** Longer than anybody is to hold SQLite's write lock or a connection. */
const lookMayTake = Duration.seconds(30)

/**
 * The worker: claims for its free slots, runs each claimed job as an attempt of
 * its own, keeps house, and when it is interrupted lets the running ones end.
 */
export const runWorker = <Jobs extends ReadonlyArray<Job.Any>>(
  settings: WorkerSettings<Jobs>,
  handlers: Handlers
): Effect.Effect<void, StoreFailure, Requirements<Jobs>> =>
  Effect.gen(function*() {
    const store = yield* JobStore
    const { turn } = yield* EventLoop
    const worker = yield* (yield* Ids).workerId
    const kinds = [...settings.kinds].map(([kind, { leaseFor }]) => ({ kind, leaseFor }))

    // One place is enough: a wake-up says "look again", however often it is said.
    const woken = yield* Queue.sliding<void>(1)
    const wake = Effect.asVoid(Queue.offer(woken, undefined))
    const slots = new Slots({ ...settings, onFreed: wake })
    const claimable = yield* Ref.make(settings.maxJobs)
    const graceOver = yield* Deferred.make<void>()

    const start = (claimSentAt: number) => (job: ClaimedJob) =>
      slots.start(job, (stopRequest) =>
        Effect.suspend(() => {
          const { heartbeatInterval } = settings
          const { handler, leaseFor } = handlers(job.kind)
          return runAttempt({
            job,
            handler,
            leaseFor,
            heartbeatInterval,
            claimSentAt,
            stopRequest,
            graceOver: Deferred.await(graceOver)
          })
        }).pipe(Effect.provideService(JobStore, store)))

    /**
     * Claims what there is room for and starts it. Waiting for the store can be
     * interrupted; once the claim is made nothing comes between, or a claimed
     * job would have no attempt.
     */
    const claim = Effect.uninterruptible(Effect.gen(function*() {
      const { limit, queues } = slots.room
      const claimSentAt = yield* monotonicMillis
      const jobs = yield* store.claim({ worker, kinds, queues, limit: Math.min(limit, yield* Ref.get(claimable)) })
      yield* Ref.update(claimable, (left) => left - jobs.length)
      yield* Effect.forEach(jobs, start(claimSentAt), { discard: true })
      return jobs.length
    }))

    /** One look at the queue. Answers how long to wait for the next, unless woken before. */
    const look = Effect.gen(function*() {
      const { limit, queues } = slots.room
      if (limit === 0) return settings.pollInterval
      // An empty poll is a read; only a claim that will find something is a write.
      const next = yield* store.nextDue({ kinds, queues }).pipe(
        // A store that never answers must not be the end of it, nor keep a worker from ending.
        Effect.disconnect,
        Effect.timeoutFail({
          duration: lookMayTake,
          onTimeout: () => new StoreError({ operation: "nextDue", cause: new Error("no answer in time") })
        })
      )
      if (Option.isNone(next)) return settings.pollInterval
      const wait = next.value - (yield* Clock.currentTimeMillis)
      if (wait > 0) return Duration.min(Duration.millis(wait), settings.pollInterval)
      return (yield* claim) === 0 ? Duration.min(afterLostRace, settings.pollInterval) : Duration.zero
    }).pipe(
      Effect.catchAllDefect(Effect.fail),
      Effect.catchAll((error) => Effect.as(events.storeUnavailable("claim", error), settings.pollInterval))
    )

    const claimLoop = Effect.gen(function*() {
      while ((yield* Ref.get(claimable)) > 0) {
        yield* turn
        const wait = yield* look
        if (!Duration.equals(wait, Duration.zero)) {
          yield* Queue.take(woken).pipe(Effect.timeoutOption(wait))
        }
      }
    })

    /** Lets running jobs end for the grace, then interrupts them; each is handed back once its fiber has ended. */
    const drain = Effect.gen(function*() {
      if (slots.size > 0) {
        yield* Effect.annotateLogs(Effect.logInfo("Waiting for running jobs to end"), {
          running: slots.size,
          grace: Duration.format(settings.shutdownGrace)
        })
        // In a fiber of its own: this one is being interrupted, and could not wait with a timeout.
        const timely = yield* slots.ended.pipe(
          Effect.timeoutOption(settings.shutdownGrace),
          Effect.interruptible,
          Effect.forkDaemon,
          Effect.flatMap(Fiber.join)
        )
        if (Option.isNone(timely)) {
          yield* slots.stopAll(StopReason.Shutdown())
          yield* Deferred.succeed(graceOver, undefined)
        }
        yield* slots.ended
      }
      yield* Effect.logInfo("Worker stopped")
    })

    yield* Effect.gen(function*() {
      yield* store.signals.listen({ wake, cancel: (id) => slots.cancel(id) })
      yield* Effect.annotateLogs(Effect.logInfo("Worker started"), {
        kinds: kinds.map(({ kind }) => kind).join(", "),
        concurrency: settings.concurrency
      })
      yield* Effect.forkScoped(maintain(store, settings.staleCheckInterval, settings.retention))
      yield* Effect.addFinalizer(() => drain)
      if (settings.once) {
        yield* Effect.catchAllDefect(claim, (cause) => new StoreError({ operation: "claim", cause }))
      } else yield* claimLoop
      yield* slots.ended
    }).pipe(Effect.scoped, Effect.annotateLogs({ worker }))
  })

/** The code that runs a kind, and the milliseconds a claim of it holds. */
export type Handlers = (kind: string) => { readonly handler: Job.HandlerService; readonly leaseFor: number }

/** The handler of each kind. One that was made for another definition of its kind is refused. */
export const findHandlers = <Jobs extends ReadonlyArray<Job.Any>>(
  { kinds }: WorkerSettings<Jobs>
): Effect.Effect<Handlers, InvalidOption, Requirements<Jobs>> =>
  Effect.gen(function*() {
    const context = yield* Effect.context<never>()
    const found = new Map<string, ReturnType<Handlers>>()
    for (const [kind, { job, leaseFor }] of kinds) {
      const handler = Context.unsafeGet(context as Context.Context<Job.Handler<string>>, Job.handlerTag(kind))
      if (handler.job !== job) {
        return yield* new InvalidOption({
          option: "jobs",
          given: `"${kind}", whose handler was made from another definition`,
          allowed: "one definition of each kind"
        })
      }
      found.set(kind, { handler, leaseFor })
    }
    return (kind) => {
      const one = found.get(kind)
      if (one === undefined) throw new Error(`A job of kind "${kind}" was claimed, which was not asked for`)
      return one
    }
  })
