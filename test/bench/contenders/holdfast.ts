import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Layer, Logger, LogLevel, Schema } from "effect"
import type { JobStore } from "../../../src/index.ts"
import { Job, JobQueue, Worker } from "../../../src/index.ts"
import { SqliteStore } from "../../../src/sqlite.ts"
import { expectCount, startMeasuring } from "../measure.ts"
import { payloadOf, payloads, sharesOf, warmUpOf } from "../load.ts"
import type { Durability, Sample } from "../Scenario.ts"

/** A job of the bench under another kind. */
export const kindOf = (kind: string) =>
  Job.make(kind, {
    payload: {
      n: Schema.Number,
      account: Schema.String,
      template: Schema.String,
      subject: Schema.String,
      body: Schema.String,
      tags: Schema.Array(Schema.String)
    }
  })

export const Nothing = kindOf("bench.nothing")
const NothingLive = Nothing.toLayer(() => Effect.void)

export interface Options {
  readonly database: string
  readonly durability: Durability
  /** Logs the Info lines of every job to standard output. */
  readonly lines?: boolean | undefined
  /** Watches the event loop, too. */
  readonly loop?: boolean | undefined
}

/** The jobs of a file, as an app provides them. */
export const jobsIn = ({ database, durability }: Pick<Options, "database" | "durability">) =>
  JobQueue.layer.pipe(Layer.provideMerge(SqliteStore.layer({ filename: database, synchronous: durability })))

/** Runs a program over the jobs of a file. */
export const runOn = <A, E>(
  options: Options,
  program: Effect.Effect<A, E, JobQueue | JobStore | SqlClient.SqlClient>
): Promise<A> =>
  program.pipe(
    Effect.provide(jobsIn(options)),
    Logger.withMinimumLogLevel(options.lines === true ? LogLevel.Info : LogLevel.Warning),
    Effect.runPromise
  )

/** Makes the tables. */
export const migrate = (database: string): Promise<void> => runOn({ database, durability: "normal" }, Effect.void)

/** A worker that ends when so many jobs have settled. */
export const work = (jobs: number, concurrency: number, lines: boolean | undefined, claimAhead = 0) =>
  Effect.provide(
    Worker.run({
      jobs: [Nothing],
      concurrency,
      claimAhead,
      maxJobs: jobs,
      logLevel: lines === true ? LogLevel.All : LogLevel.Warning
    }),
    NothingLive
  )

/** Enqueues all of so many jobs in one call. */
export const enqueueMany = (jobs: number) =>
  JobQueue.enqueueMany(Nothing, payloads(jobs).map((payload) => ({ payload })))

/** Fails unless so many jobs have this status. */
export const expectJobs = (status: "pending" | "succeeded", jobs: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ readonly n: number }>`SELECT count(*) AS n FROM holdfast_jobs WHERE status = ${status}`
    expectCount(`${status} jobs`, row?.n ?? 0, jobs)
  })

/** So many fibers, each of which enqueues its share of the jobs and waits for each. */
export const produce = (jobs: number, fibers: number) =>
  Effect.forEach(
    sharesOf(jobs, fibers),
    (share) =>
      Effect.forEach(Array.from({ length: share }, (_, n) => n), (n) => JobQueue.enqueue(Nothing, payloadOf(n)), {
        discard: true
      }),
    { concurrency: "unbounded", discard: true }
  )

/** Drains jobs that wait, after having drained a fifth of them to warm up. */
export const drain = (
  options: Options & { readonly jobs: number; readonly concurrency: number; readonly claimAhead?: number }
): Promise<Sample> =>
  runOn(
    options,
    Effect.gen(function*() {
      const { claimAhead, concurrency, jobs, lines } = options
      yield* enqueueMany(warmUpOf(jobs))
      yield* work(warmUpOf(jobs), concurrency, lines, claimAhead)
      yield* enqueueMany(jobs)
      const stop = startMeasuring(options)
      yield* work(jobs, concurrency, lines, claimAhead)
      const sample = stop(jobs)
      yield* expectJobs("succeeded", jobs + warmUpOf(jobs))
      return sample
    })
  )

/** Drains jobs while producers enqueue them and wait for each. */
export const cycle = (
  options: Options & { readonly jobs: number; readonly concurrency: number; readonly producers: number }
): Promise<Sample> =>
  runOn(
    options,
    Effect.gen(function*() {
      const { concurrency, jobs, lines, producers } = options
      const both = (jobs: number) =>
        Effect.all([work(jobs, concurrency, lines), produce(jobs, producers)], { concurrency: 2, discard: true })
      yield* both(warmUpOf(jobs))
      const stop = startMeasuring(options)
      yield* both(jobs)
      const sample = stop(jobs)
      yield* expectJobs("succeeded", jobs + warmUpOf(jobs))
      return sample
    })
  )

/** Enqueues jobs one by one from so many fibers. */
export const enqueue = (options: Options & { readonly jobs: number; readonly fibers: number }): Promise<Sample> =>
  runOn(
    options,
    Effect.gen(function*() {
      const { fibers, jobs } = options
      yield* produce(warmUpOf(jobs), fibers)
      const stop = startMeasuring(options)
      yield* produce(jobs, fibers)
      const sample = stop(jobs)
      yield* expectJobs("pending", jobs + warmUpOf(jobs))
      return sample
    })
  )

/** Enqueues all jobs in one call. */
export const enqueueAtOnce = (options: Options & { readonly jobs: number }): Promise<Sample> =>
  runOn(
    options,
    Effect.gen(function*() {
      const { jobs } = options
      yield* enqueueMany(warmUpOf(jobs))
      const entries = payloads(jobs).map((payload) => ({ payload }))
      const stop = startMeasuring(options)
      yield* JobQueue.enqueueMany(Nothing, entries)
      const sample = stop(jobs)
      yield* expectJobs("pending", jobs + warmUpOf(jobs))
      return sample
    })
  )
