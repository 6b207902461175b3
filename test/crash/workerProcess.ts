// Not from the barrel, which takes longer to load than everything else.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { SqlClient } from "@effect/sql"
import { Effect, Layer, Logger } from "effect"
import { mkdirSync, rmdirSync, writeSync } from "node:fs"
import { CurrentJob, handleSignals, JobQueue, Worker } from "../../src/index.ts"
import { SqliteStore } from "../../src/sqlite.ts"
import { Hold } from "./jobs.ts"
import type { WorkerProcessOptions } from "./workerProcesses.ts"

/*
 * A worker for the tests of real crashes. It says what happens on standard
 * output, a word and a number a line, written at once: a killed process has no
 * time to flush. A job that runs holds a folder, so that a second run beside the
 * first is seen.
 */

const options = JSON.parse(process.argv[2] ?? "{}") as WorkerProcessOptions

const say = (line: string) => Effect.sync(() => writeSync(1, `${line}\n`))

/** Has what nobody catches happen outside of every fiber. */
const crashBy = (crash: "exception" | "rejection" | undefined) => {
  const error = new Error(`a crash by ${crash}`)
  if (crash === "rejection") setTimeout(() => void Promise.reject(error))
  if (crash === "exception") {
    setTimeout(() => {
      throw error
    })
  }
}

const HoldLive = Hold.toLayer(({ blocks = 0, crash, locks = false, millis, n, stubborn }) =>
  Effect.gen(function*() {
    const { attempt, id } = yield* CurrentJob
    const sql = yield* SqlClient.SqlClient
    yield* Effect.acquireRelease(
      Effect.sync(() => mkdirSync(`${options.locks}/${id}`)),
      () => Effect.sync(() => rmdirSync(`${options.locks}/${id}`))
    ).pipe(Effect.catchAllDefect(() => say(`overlap ${n}`)))
    yield* say(`running ${n} ${attempt}`)
    if (attempt === 1) crashBy(crash)
    const computes = Effect.sync(() => {
      const until = performance.now() + (attempt === 1 ? blocks : 0)
      while (performance.now() < until);
    })
    yield* locks
      ? sql.withTransaction(Effect.zipRight(sql`UPDATE holdfast_jobs SET id = id WHERE 0`, computes))
      : computes
    const work = Effect.sleep(millis)
    yield* stubborn ? Effect.uninterruptible(work) : work
    yield* say(`done ${n} ${attempt}`)
  }).pipe(Effect.orDie, Effect.onInterrupt(() => say(`interrupted ${n}`)))
)

const worker = Worker.run({
  jobs: [Hold],
  concurrency: options.concurrency,
  leaseFor: options.leaseFor,
  heartbeatInterval: options.heartbeat,
  pollInterval: "50 millis",
  staleCheckInterval: "200 millis",
  shutdownGrace: options.grace,
  stallLimit: options.stallLimit ?? "5 minutes"
})

Effect.gen(function*() {
  yield* say("started 0")
  yield* worker
}).pipe(
  Effect.provide(HoldLive.pipe(
    Layer.provideMerge(JobQueue.layer),
    Layer.provideMerge(
      SqliteStore.layer({ filename: options.database, leaseKeeper: options.leaseKeeper, presence: options.presence })
    )
  )),
  handleSignals({ exitAfterGrace: "5 seconds" }),
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.jsonLogger))),
  NodeRuntime.runMain({ disablePrettyLogger: true })
)
