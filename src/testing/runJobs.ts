import type { Duration } from "effect"
import { Clock, Context, Duration as Durations, Effect, Fiber, Option } from "effect"
import { checkOption } from "../domain/check.ts"
import type { InvalidOption } from "../domain/errors.ts"
import type * as Job from "../domain/Job.ts"
import { MaxJobs, TimerSpan } from "../domain/limits.ts"
import { checkQueues } from "../runtime/options.ts"
import * as Worker from "../runtime/Worker.ts"
import type { StoreFailure } from "../store/JobStore.ts"
import { JobStore } from "../store/JobStore.ts"
import type { Attempted, Recording } from "./Attempted.ts"
import { recording } from "./Attempted.ts"
import { advance, advanceTo, inRealTime, nextTimer } from "./clock.ts"
import { StillDue, StillRunning } from "./errors.ts"
import { StoreFaults } from "./StoreFaults.ts"

/** A worker's options, of which `concurrency` is 1 and `shutdownGrace` nothing unless given; and two bounds. */
export interface RunOptions<Jobs extends ReadonlyArray<Job.Any>> extends Worker.Options<Jobs> {
  /** Most attempts in all, 1000 unless given. */
  readonly limit?: number
  /** The longest wait, in real time, for a handler to end; 4 s unless given, which is less than the limit of most test runners. */
  readonly patience?: Duration.DurationInput
}

/** The reasons why a run does not come to its end. */
export type RunFailure = StillDue | StillRunning | InvalidOption | StoreFailure

/**
 * Runs the jobs of these kinds that are due, and those that become due by it,
 * until none is; a worker does it, which claims, runs and settles as any other,
 * after it has freed the jobs whose lease is over. Answers the attempts in the
 * order of their claims, one after the other unless `concurrency` is given.
 *
 * The clock stays where it is: a handler that waits for it ends as StillRunning,
 * unless this is forked and the clock moved meanwhile. StillDue when there was
 * no end to it.
 */
export const runDue = <const Jobs extends ReadonlyArray<Job.Any>>(
  options: RunOptions<Jobs>
): Effect.Effect<ReadonlyArray<Attempted>, RunFailure, Worker.Requirements<Jobs>> =>
  Effect.gen(function*() {
    const { attempts, untilNoneIsDue } = yield* prepare(options, Fiber.join)
    yield* untilNoneIsDue
    return attempts()
  })

/**
 * As `runDue`, until no job of these kinds is pending any more: the clock moves
 * on to the jobs that are due later, retries and snoozes included, and whenever
 * nothing else happens to the next instant that anything waits for. Needs
 * Effect's TestClock.
 *
 * The clock waits for the job store, which may be on a server. It does not wait for
 * a handler that waits for anything else outside, whose timeouts and heartbeats go
 * by meanwhile: run such a one with `runDue`.
 */
export const runAll = <const Jobs extends ReadonlyArray<Job.Any>>(
  options: RunOptions<Jobs>
): Effect.Effect<ReadonlyArray<Attempted>, RunFailure, Worker.Requirements<Jobs>> =>
  Effect.gen(function*() {
    const { attempts, nextDue, untilNoneIsDue } = yield* prepare(options, (worker) =>
      Effect.raceFirst(Fiber.join(worker), movingTheClock))
    while (true) {
      yield* untilNoneIsDue
      const next = yield* nextDue
      // What is due now and was not claimed is for someone else.
      if (Option.isNone(next) || next.value <= (yield* Clock.currentTimeMillis)) {
        return attempts()
      }
      yield* advanceTo(next.value)
    }
  })

/** Longer than a server takes to answer, and no reason to end a run: a call may itself wait for the clock. */
const longestAnswer = 1000

const movingTheClock = Effect.forever(Effect.gen(function*() {
  yield* advance(0)
  yield* untilAnswered
  const next = yield* nextTimer
  yield* Option.isSome(next) ? advanceTo(next.value) : inRealTime(Effect.sleep("5 millis"))
}))

/** Waits for what the store has been asked. Otherwise the clock would move while a server answers, and the limits of its callers pass. */
const untilAnswered = Effect.gen(function*() {
  const faults = yield* Effect.serviceOption(StoreFaults)
  if (Option.isNone(faults)) return
  for (let waited = 0; waited < longestAnswer && (yield* faults.value.unanswered) > 0; waited++) {
    yield* inRealTime(Effect.sleep("1 millis"))
    yield* advance(0)
  }
})

/** The parts of a run. `ended` waits for a worker. */
const prepare = <const Jobs extends ReadonlyArray<Job.Any>>(
  options: RunOptions<Jobs>,
  ended: (worker: Fiber.Fiber<void, InvalidOption | StoreFailure>) => Effect.Effect<void, InvalidOption | StoreFailure>
) =>
  Effect.gen(function*() {
    const store = yield* JobStore
    const recorded = recording(store)
    const limit = yield* checkOption("limit", MaxJobs, options.limit ?? 1000)
    const patience = yield* checkOption("patience", TimerSpan, options.patience ?? "4 seconds")
    const queues = options.queues === undefined ? Option.none() : Option.some(yield* checkQueues(options.queues))

    const nextDue = store.nextDue({
      kinds: options.jobs.map(({ kind }) => ({ kind, leaseFor: 1 })),
      queues: Option.map(queues, (limits) => [...limits].map(([queue, limit]) => ({ queue, limit })))
    })

    /** One claim, and all that it took has ended. Answers whether it took any. */
    const round = Effect.gen(function*() {
      const before = recorded.claimed.length
      const worker = Worker.run<Jobs>({
        shutdownGrace: 0,
        ...options,
        concurrency: Math.min(options.concurrency ?? 1, limit - before),
        once: true
      }).pipe(
        Effect.mapInputContext((context: Context.Context<Worker.Requirements<Jobs>>) =>
          Context.add(context, JobStore, recorded.store)
        )
      )
      yield* Effect.acquireUseRelease(
        Effect.forkDaemon(Effect.interruptible(worker)),
        (fiber) => Effect.raceFirst(ended(fiber), stillRunning(recorded, patience)),
        stop
      )
      return recorded.claimed.length > before
    })

    const untilNoneIsDue = Effect.gen(function*() {
      while (true) {
        if (recorded.claimed.length >= limit) {
          const next = yield* nextDue
          if (Option.isNone(next) || next.value > (yield* Clock.currentTimeMillis)) return
          return yield* new StillDue({ limit, ran: countByKind(recorded.claimed) })
        }
        if (!(yield* round)) return
      }
    })
    return { attempts: recorded.attempts, nextDue, untilNoneIsDue }
  })

/** Fails once the patience is over. */
const stillRunning = (recorded: Recording, patience: Duration.Duration) =>
  Effect.gen(function*() {
    yield* inRealTime(Effect.sleep(patience))
    const running = recorded.running().map(({ kind, lease: { attempt, jobId } }) => ({ jobId, kind, attempt }))
    return yield* new StillRunning({ waited: Durations.format(patience), running })
  })

/** Its handlers are interrupted and its jobs handed back; one that does not stop is left behind. */
const stop = (worker: Fiber.Fiber<unknown, unknown>) =>
  Fiber.interruptFork(worker).pipe(
    Effect.zipRight(Effect.timeoutOption(Fiber.await(worker), "1 second")),
    Effect.interruptible,
    inRealTime
  )

const countByKind = (jobs: Recording["claimed"]) => {
  const counts: Record<string, number> = {}
  for (const { kind } of jobs) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}
