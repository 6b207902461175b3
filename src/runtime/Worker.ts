import { Duration, Effect, Either, Layer, LogLevel, Option, Stream } from "effect"
import { checkOption } from "../domain/check.ts"
import type { StoreError } from "../domain/errors.ts"
import { InvalidOption } from "../domain/errors.ts"
import type { JobEvent } from "../domain/JobEvent.ts"
import type * as Job from "../domain/Job.ts"
import { ClaimAhead, Concurrency, Grace, MaxJobs, Span, TimerSpan } from "../domain/limits.ts"
import { lineSettings } from "../platform/line.ts"
import { guardTelemetry } from "../store/guardTelemetry.ts"
import type { StoreFailure } from "../store/JobStore.ts"
import { JobStore } from "../store/JobStore.ts"
import { inOwnAsyncContext } from "./worker/asyncContext.ts"
import { keepRunning } from "./worker/keepRunning.ts"
import { checkKinds, checkQueues, defaultLease } from "./options.ts"
import { findHandlers } from "./worker/handlers.ts"
import { runWorker } from "./worker/workerLoop.ts"
import { inOwnContext } from "./worker/ownContext.ts"
import type { KindSettings, WorkerSettings } from "./worker/WorkerSettings.ts"

/** The options of a worker. Everything but `jobs` has a default. */
export interface Options<Jobs extends ReadonlyArray<Job.Any>> {
  /** The kinds it runs. Jobs of other kinds wait for a worker that lists them. */
  readonly jobs: Jobs
  /** Most handlers at once, 10 unless given. As many jobs again may be settling. */
  readonly concurrency?: number
  /**
   * The most jobs to hold claimed while they wait for a free place; 0 unless given.
   * It makes many short jobs at a low concurrency several times as fast. A job that
   * has waited for `heartbeatInterval`, and all of them when the worker is told to
   * end, are handed back without a failure. A process that is killed has failed each
   * of them once, as if it had run. They count among the jobs of their queue. A job
   * of a higher priority that comes later waits behind them. Ignored with `once`.
   */
  readonly claimAhead?: number
  /** The queues to take jobs from, and the most at once from each, within `concurrency`. Every queue unless given. */
  readonly queues?: Readonly<Record<string, number | QueueOptions>>
  /** The length of a lease on jobs whose kind names none, 10 minutes unless given. */
  readonly leaseFor?: Duration.DurationInput
  /**
   * The longest block of the event loop in which leases are extended, 5 minutes unless given. While a handler computes
   * and no heartbeat can run, a thread extends them. A process whose loop is blocked for longer is taken to hang, and
   * loses its jobs once their leases are over. A kind may name its own; the longest of the jobs that run holds for the
   * process. A handler that waits blocks nothing, and needs no limit.
   */
  readonly stallLimit?: Duration.DurationInput
  /** The interval at which a running job's lease is extended, 30 s unless given. Less than half of every lease. */
  readonly heartbeatInterval?: Duration.DurationInput
  /** The interval at which to look for jobs that nothing announced, 5 s unless given. */
  readonly pollInterval?: Duration.DurationInput
  /**
   * The interval at which to check for stale jobs and prune finished ones, a minute
   * unless given. A stale job is freed one heartbeat interval after the check that
   * found its lease over, if that is unchanged by then.
   */
  readonly staleCheckInterval?: Duration.DurationInput
  /** The time that running jobs have to end when the worker is told to, 25 s unless given; then they are interrupted and handed back. */
  readonly shutdownGrace?: Duration.DurationInput
  /**
   * The time for which finished jobs are kept: 7 days after a success and 30 days
   * otherwise, unless given. `Duration.infinity` keeps them until someone deletes
   * them. The log says how many failed or cancelled ones were deleted.
   */
  readonly retention?: {
    readonly succeeded?: Duration.DurationInput
    readonly failed?: Duration.DurationInput
    readonly cancelled?: Duration.DurationInput
  }
  /**
   * The least level of the lines that the worker logs, and its store for it; every
   * level unless given. Lines of handlers are not touched. Nor are those of no
   * worker: what `handleSignals` logs for the whole process, and what a store logs
   * of its WAL and of the app's own calls. Effect's own minimum level applies to
   * all of them.
   */
  readonly logLevel?: LogLevel.LogLevel
  /**
   * Shows the text of a failed attempt's error in its log line, as the job's row
   * keeps it. Off unless given: an error's message can carry a payload.
   */
  readonly logErrors?: boolean
}

/** The options of a worker for one queue. */
export interface QueueOptions {
  /** Most jobs at once from this queue, from 1 to 1000. */
  readonly concurrency: number
}

/**
 * The limits at which a worker ends by itself. Such a worker may be gone before a second look:
 * before its first claim it frees every stale job that its own process does not
 * hold, and it prunes finished jobs once before it ends.
 */
export interface Limits {
  /** Claims no more than this in all, and ends when they have settled. */
  readonly maxJobs?: number
  /** Claims once, at most `concurrency` jobs and about 4 MiB of payloads, and ends when they have settled, also when none was due. */
  readonly once?: boolean
}

/** The services of a worker: the job store, and the handler of each job it lists. */
export type Requirements<Jobs extends ReadonlyArray<Job.Any>> = JobStore | Job.HandlerOf<Jobs[number]>

/** Options of `layer` alone. */
export interface LayerOptions<R> {
  /**
   * Runs when the worker has ended for good, because its database was replaced or
   * migrated by a newer Holdfast, once its jobs have ended. The app goes on without
   * a worker: end it here if it has nothing else to do.
   */
  readonly onEnd?: (error: StoreError) => Effect.Effect<void, never, R>
}

/**
 * A worker that lives as long as the layer. When the layer is torn down, the worker
 * claims no more jobs and gives running ones `shutdownGrace` to end. Then it
 * interrupts those that are left and hands them back. A job that the store does
 * not take back within 4 s is left to its lease. So is one whose handler has not
 * stopped 10 s after the grace: the log names it, and the tear-down ends.
 *
 * A worker that dies of a bug is started again after 1 s, then later, up to
 * 1 minute. The log says so at Error, and `metrics.workerRestarts` counts it. A
 * worker whose StoreError has a lasting reason, `databaseReplaced` or
 * `newerSchema`, ends as at a tear-down and is not started again: the log says so
 * at Fatal, and `onEnd` runs.
 *
 * Fails with InvalidOption, before anything is claimed, when an option does not
 * fit.
 */
export const layer = <const Jobs extends ReadonlyArray<Job.Any>, R = never>(
  options: Options<Jobs> & LayerOptions<R>
): Layer.Layer<never, InvalidOption, Requirements<Jobs> | R> =>
  Layer.scopedDiscard(Effect.flatMap(prepare(options), (worker) =>
    // A fiber's end is told in the context of its start.
    guardTelemetry(Effect.forkScoped(
      sayingAs(options)(keepRunning(worker, options.onEnd ?? (() => Effect.void)))
    ))))

/**
 * A worker that runs until it is interrupted or comes to one of its limits. It ends
 * as the worker of `layer` does. Inside a transaction, start it but do not wait for
 * it: its claims wait for the end of the transaction.
 *
 * A worker waits for a store that cannot be reached, and the log says so; with
 * `once` it fails instead. A StoreError with a lasting reason, `databaseReplaced`
 * or `newerSchema`, always ends the worker, once its jobs have ended.
 */
export const run = <const Jobs extends ReadonlyArray<Job.Any>>(
  options: Options<Jobs> & Limits
): Effect.Effect<void, InvalidOption | StoreFailure, Requirements<Jobs>> =>
  sayingAs(options)(Effect.flatten(prepare(options)))

/** Fails with the first option that does not fit, as `layer` and `run` would, and starts nothing. */
export const check = <const Jobs extends ReadonlyArray<Job.Any>>(
  options: Options<Jobs> & Limits
): Effect.Effect<void, InvalidOption> => Effect.asVoid(validate(options))

/** Events of the store's jobs, from workers and queues of this process, as in `JobQueue.events`. */
export const events: Stream.Stream<JobEvent, never, JobStore> = Stream.unwrap(
  Effect.map(JobStore, (store) => store.events.stream)
)

/** The worker, checked and ready to run. */
const prepare = <const Jobs extends ReadonlyArray<Job.Any>>(
  options: Options<Jobs> & Limits
): Effect.Effect<Effect.Effect<void, StoreFailure, Requirements<Jobs>>, InvalidOption, Requirements<Jobs>> =>
  Effect.gen(function*() {
    const settings = yield* validate(options)
    const handlers = yield* findHandlers(settings)
    const worker = inOwnAsyncContext(inOwnContext(runWorker(settings, handlers)))
    return guardTelemetry(worker)
  })

/** The options with their defaults, or the first that does not fit. */
const validate = <Jobs extends ReadonlyArray<Job.Any>>(
  options: Options<Jobs> & Limits
): Effect.Effect<WorkerSettings<Jobs>, InvalidOption> =>
  Effect.gen(function*() {
    const { jobs, retention } = options
    const heartbeatInterval = yield* checkOption(
      "heartbeatInterval",
      TimerSpan,
      options.heartbeatInterval ?? "30 seconds"
    )
    const workersLease = yield* checkOption("leaseFor", TimerSpan, options.leaseFor ?? defaultLease)
    if (jobs.length === 0) {
      return yield* new InvalidOption({ option: "jobs", given: "none", allowed: "one job or more" })
    }
    const workersStallLimit = yield* checkOption("stallLimit", TimerSpan, options.stallLimit ?? "5 minutes")
    const kinds = new Map<string, KindSettings & { readonly job: Job.Any }>()
    for (const job of yield* checkKinds(jobs)) {
      const leaseFor = Option.getOrElse(job.leaseFor, () => workersLease)
      if (Duration.toMillis(heartbeatInterval) * 2 >= Duration.toMillis(leaseFor)) {
        return yield* new InvalidOption({
          option: "heartbeatInterval",
          given: Duration.format(heartbeatInterval),
          allowed: `less than half the lease of "${job.kind}", which is ${Duration.format(leaseFor)}`
        })
      }
      kinds.set(job.kind, {
        job,
        leaseFor: Duration.toMillis(leaseFor),
        stallLimit: Duration.toMillis(Option.getOrElse(job.stallLimit, () => workersStallLimit))
      })
    }
    const kept = (status: "succeeded" | "failed" | "cancelled", unlessGiven: Duration.DurationInput) =>
      Effect.map(
        checkOption(`retention.${status}`, Span, retention?.[status] ?? unlessGiven),
        (span) => Duration.toMillis(span)
      )
    return {
      kinds,
      concurrency: yield* checkOption("concurrency", Concurrency, options.concurrency ?? 10),
      claimAhead: yield* Either.map(
        checkOption("claimAhead", ClaimAhead, options.claimAhead ?? 0),
        (most) => options.once === true ? 0 : most
      ),
      queues: options.queues === undefined ? Option.none() : Option.some(yield* checkQueues(options.queues)),
      heartbeatInterval,
      pollInterval: yield* checkOption("pollInterval", TimerSpan, options.pollInterval ?? "5 seconds"),
      staleCheckInterval: yield* checkOption(
        "staleCheckInterval",
        TimerSpan,
        options.staleCheckInterval ?? "1 minute"
      ),
      shutdownGrace: yield* checkOption("shutdownGrace", Grace, options.shutdownGrace ?? "25 seconds"),
      retention: {
        succeeded: yield* kept("succeeded", "7 days"),
        failed: yield* kept("failed", "30 days"),
        cancelled: yield* kept("cancelled", "30 days")
      },
      maxJobs: options.maxJobs === undefined ? Infinity : yield* checkOption("maxJobs", MaxJobs, options.maxJobs),
      once: options.once ?? false
    }
  })

/** Has a worker, and what starts it again, log the lines that its app wants to read. */
const sayingAs = ({ logErrors, logLevel }: Pick<Options<ReadonlyArray<Job.Any>>, "logErrors" | "logLevel">) =>
  Effect.locally(lineSettings, { least: logLevel ?? LogLevel.All, showErrors: logErrors ?? false })
