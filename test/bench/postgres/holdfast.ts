import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Layer, Logger, LogLevel, ManagedRuntime, Redacted } from "effect"
import type { JobStore } from "../../../src/index.ts"
import { JobQueue, Worker } from "../../../src/index.ts"
import { PostgresStore } from "../../../src/postgres.ts"
import { enqueueMany, Nothing, produce, work } from "../contenders/holdfast.ts"
import type { Queue } from "../conversation.ts"
import { warmUpOf } from "../load.ts"
import { expectCount } from "../measure.ts"
import type { Sample } from "../Scenario.ts"
import { startMeasuringOn } from "./measure.ts"

/** The jobs of a database, over as many connections as the rivals have. */
export const jobsIn = (url: string) =>
  JobQueue.layer.pipe(Layer.provideMerge(PostgresStore.layer({ url: Redacted.make(url), maxConnections: 10 })))

/** Runs a program over the jobs of a database. */
export const runOn = <A, E>(url: string, program: Effect.Effect<A, E, JobQueue | JobStore | SqlClient.SqlClient>) =>
  program.pipe(Effect.provide(jobsIn(url)), Logger.withMinimumLogLevel(LogLevel.Warning), Effect.runPromise)

const expectJobs = (status: "pending" | "succeeded", jobs: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ readonly n: number }>`
      SELECT count(*)::int AS n FROM holdfast_jobs WHERE status = ${status}`
    expectCount(`${status} jobs`, row?.n ?? 0, jobs)
  })

/** Makes the tables. */
export const migrate = (url: string): Promise<void> => runOn(url, Effect.void)

/** Adds so many jobs in one call. */
export const enqueueAll = (url: string, jobs: number): Promise<void> => runOn(url, Effect.asVoid(enqueueMany(jobs)))

/** Fails unless so many jobs have succeeded. */
export const expectDone = (url: string, jobs: number): Promise<void> => runOn(url, expectJobs("succeeded", jobs))

/** Measures what a program does with the jobs, after a fifth of them has warmed it up. */
const measured = <E, R>(url: string, jobs: number, program: (jobs: number) => Effect.Effect<unknown, E, R>) =>
  Effect.gen(function*() {
    yield* program(warmUpOf(jobs))
    const stop = yield* Effect.promise(() => startMeasuringOn(url))
    yield* program(jobs)
    return yield* Effect.promise(() => stop(jobs))
  })

/** Drains jobs that wait. */
export const drain = (url: string, { concurrency, jobs }: { readonly concurrency: number; readonly jobs: number }) =>
  runOn(
    url,
    Effect.gen(function*() {
      yield* enqueueMany(warmUpOf(jobs))
      yield* work(warmUpOf(jobs), concurrency, false)
      yield* enqueueMany(jobs)
      const stop = yield* Effect.promise(() => startMeasuringOn(url))
      yield* work(jobs, concurrency, false)
      const sample = yield* Effect.promise(() => stop(jobs))
      yield* expectJobs("succeeded", jobs + warmUpOf(jobs))
      return sample
    })
  )

/** Enqueues jobs one by one from so many fibers. */
export const enqueue = (url: string, { fibers, jobs }: { readonly fibers: number; readonly jobs: number }) =>
  runOn(
    url,
    Effect.gen(function*() {
      const sample = yield* measured(url, jobs, (jobs) => produce(jobs, fibers))
      yield* expectJobs("pending", jobs + warmUpOf(jobs))
      return sample
    })
  )

/** Enqueues all jobs in one call. */
export const enqueueAtOnce = (url: string, jobs: number): Promise<Sample> =>
  runOn(
    url,
    Effect.gen(function*() {
      const sample = yield* measured(url, jobs, enqueueMany)
      yield* expectJobs("pending", jobs + warmUpOf(jobs))
      return sample
    })
  )

/** With a worker that has its defaults. */
export const open = (url: string): Queue => {
  const runtime = ManagedRuntime.make(jobsIn(url))
  return {
    listen: (onJob) => {
      const worker = Worker.run({ jobs: [Nothing], logLevel: LogLevel.Warning }).pipe(
        Effect.provide(Nothing.toLayer((payload) => Effect.sync(() => onJob(payload)))),
        Logger.withMinimumLogLevel(LogLevel.Warning)
      )
      runtime.runFork(worker)
      return runtime.runPromise(Effect.void)
    },
    send: (payload) => runtime.runPromise(JobQueue.enqueue(Nothing, payload)),
    close: () => runtime.dispose()
  }
}
