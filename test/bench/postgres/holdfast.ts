import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Layer, Logger, LogLevel, Redacted } from "effect"
import type { JobStore } from "../../../src/index.ts"
import { JobQueue } from "../../../src/index.ts"
import { PostgresStore } from "../../../src/postgres.ts"
import { enqueueMany, produce, work } from "../contenders/holdfast.ts"
import type { Queue } from "../conversation.ts"
import { warmUpOf } from "../load.ts"
import { expectCount } from "../measure.ts"
import { queueOver } from "../queues/holdfast.ts"
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

/** Measures what a program does with the jobs, after a fifth of them has warmed it up. Each time `prepare` comes first. */
const measured = <E, R, E2 = never, R2 = never>(
  url: string,
  jobs: number,
  program: (jobs: number) => Effect.Effect<unknown, E, R>,
  prepare: (jobs: number) => Effect.Effect<unknown, E2, R2> = () => Effect.void
) =>
  Effect.gen(function*() {
    yield* prepare(warmUpOf(jobs))
    yield* program(warmUpOf(jobs))
    yield* prepare(jobs)
    const stop = yield* Effect.promise(() => startMeasuringOn(url))
    yield* program(jobs)
    return yield* Effect.promise(() => stop(jobs))
  })

/** Drains jobs that wait. */
export const drain = (url: string, { concurrency, jobs }: { readonly concurrency: number; readonly jobs: number }) =>
  runOn(
    url,
    Effect.gen(function*() {
      const sample = yield* measured(url, jobs, (jobs) => work(jobs, concurrency, false), enqueueMany)
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
export const open = (url: string): Queue => queueOver(jobsIn(url))
