import * as PersistedQueue from "@effect/experimental/PersistedQueue"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlPersistedQueue from "@effect/sql/SqlPersistedQueue"
import Database from "better-sqlite3"
import { Effect, Layer, Logger, LogLevel, ManagedRuntime, Redacted, Schema } from "effect"
import { Logger as GraphileLogger, makeWorkerUtils, run as runGraphile } from "graphile-worker"
import { PgBoss } from "pg-boss"
import { better, defineQueue, defineWorker } from "plainjob"
import type { JobStore } from "../../src/index.ts"
import { Job, JobQueue, Worker } from "../../src/index.ts"
import { PostgresStore } from "../../src/postgres.ts"
import { SqliteStore } from "../../src/sqlite.ts"

/*
 * Queues that a worker can die or hang on, each with leases of about three seconds
 * where it has leases, and looking for jobs and for lost ones as often as it allows.
 */

/** The work of a job: it computes, or it waits. */
export interface Work {
  readonly computes: number
  readonly waits: number
}

export interface Queue {
  readonly listen: (run: (work: Work) => Promise<void>) => Promise<unknown>
  readonly send: (work: Work) => Promise<unknown>
}

/** One of the queues, and what is told about it. */
export interface Contender {
  readonly title: string
  readonly database: "sqlite" | "postgres"
  /** Its lease, and how it is kept. */
  readonly lease: string
  /** Opens it, in a file or at a URL. */
  readonly open: (place: string) => Promise<Queue>
}

const nothing = () => {}
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing }

const Task = Job.make("overlap.task", {
  payload: { computes: Schema.Number, waits: Schema.Number },
  maxAttempts: 10
})

const holdfastOn = <E>(
  jobs: Layer.Layer<JobQueue | JobStore, E>,
  leases: { readonly leaseFor: `${number} seconds`; readonly heartbeatInterval: `${number} seconds` }
): Promise<Queue> => {
  const runtime = ManagedRuntime.make(jobs)
  return Promise.resolve({
    listen: (run) => {
      runtime.runFork(
        Worker.run({ jobs: [Task], ...leases, staleCheckInterval: "1 second", pollInterval: "100 millis" }).pipe(
          Effect.provide(Task.toLayer((work) => Effect.promise(() => run(work)))),
          Logger.withMinimumLogLevel(LogLevel.None)
        )
      )
      return runtime.runPromise(Effect.void)
    },
    send: (work) => runtime.runPromise(JobQueue.enqueue(Task, work))
  })
}

const short = { leaseFor: "3 seconds", heartbeatInterval: "1 seconds" } as const
const usual = { leaseFor: "600 seconds", heartbeatInterval: "30 seconds" } as const

const inFile = (filename: string) => JobQueue.layer.pipe(Layer.provideMerge(SqliteStore.layer({ filename })))

const atUrl = (url: string) =>
  JobQueue.layer.pipe(Layer.provideMerge(PostgresStore.layer({ url: Redacted.make(url), maxConnections: 5 })))

const openPlainjob = (file: string): Promise<Queue> => {
  const database = new Database(file)
  const queue = defineQueue({ connection: better(database), logger: silent, timeout: 3_000, maintenanceInterval: 500 })
  return Promise.resolve({
    listen: (run) => {
      const worker = defineWorker("task", ({ data }) => run(JSON.parse(data) as Work), {
        queue,
        logger: silent,
        pollIntervall: 100
      })
      void worker.start()
      return Promise.resolve()
    },
    send: (work) => Promise.resolve(queue.add("task", work))
  })
}

const openPersistedQueue = async (filename: string): Promise<Queue> => {
  const runtime = ManagedRuntime.make(
    PersistedQueue.layer.pipe(
      Layer.provide(SqlPersistedQueue.layerStore({
        pollInterval: "100 millis",
        lockRefreshInterval: "1 second",
        lockExpiration: "3 seconds"
      })),
      Layer.provideMerge(SqliteClient.layer({ filename }))
    )
  )
  const queue = await runtime.runPromise(PersistedQueue.make({
    name: "overlap",
    schema: Schema.Struct({ computes: Schema.Number, waits: Schema.Number })
  }))
  return {
    listen: (run) => {
      runtime.runFork(Effect.forever(queue.take((work) => Effect.promise(() => run(work)))))
      return Promise.resolve()
    },
    send: (work) => runtime.runPromise(queue.offer(work))
  }
}

const openGraphile = async (connectionString: string): Promise<Queue> => {
  const logger = new GraphileLogger(() => nothing)
  const utils = await makeWorkerUtils({ connectionString, logger })
  await utils.migrate()
  return {
    listen: (run) =>
      runGraphile({
        connectionString,
        logger,
        noHandleSignals: true,
        pollInterval: 100,
        taskList: { task: (work) => run(work as Work) }
      }),
    send: (work) => utils.addJob("task", work)
  }
}

const openPgBoss = async (connectionString: string): Promise<Queue> => {
  const boss = new PgBoss({
    connectionString,
    max: 5,
    schedule: false,
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
    openTelemetry: { enabled: false }
  })
  boss.on("error", nothing)
  await boss.start()
  await boss.createQueue("task", { expireInSeconds: 3, retryLimit: 10 })
  return {
    listen: (run) =>
      boss.work<Work>("task", { pollingIntervalSeconds: 0.5 }, async (jobs) => {
        for (const { data } of jobs) await run(data)
      }),
    send: (work) => boss.send("task", work)
  }
}

/** All of them, by a name for the command line. */
export const contenders: Readonly<Record<string, Contender>> = {
  holdfast: {
    title: "Holdfast, SQLite",
    database: "sqlite",
    lease: "3 s, extended every second",
    open: (file) => holdfastOn(inFile(file), short)
  },
  holdfastUsual: {
    title: "Holdfast, SQLite, its defaults",
    database: "sqlite",
    lease: "10 min, extended every 30 s",
    open: (file) => holdfastOn(inFile(file), usual)
  },
  plainjob: {
    title: "plainjob 0.0.14",
    database: "sqlite",
    lease: "a timeout of 3 s, not extended",
    open: openPlainjob
  },
  persistedQueue: {
    title: "Effect's SqlPersistedQueue 0.52.1",
    database: "sqlite",
    lease: "3 s, extended every second",
    open: openPersistedQueue
  },
  holdfastPostgres: {
    title: "Holdfast, PostgreSQL",
    database: "postgres",
    lease: "3 s, extended every second",
    open: (url) => holdfastOn(atUrl(url), short)
  },
  graphileWorker: {
    title: "graphile-worker 0.18.0",
    database: "postgres",
    lease: "4 h, fixed",
    open: openGraphile
  },
  pgBoss: {
    title: "pg-boss 12.38.0",
    database: "postgres",
    lease: "expires after 3 s, not extended",
    open: openPgBoss
  }
}
