import { SqlClient } from "@effect/sql"
import { Effect, Layer, Logger, Option, Schema } from "effect"
import { join } from "node:path"
import type { Worker as Thread } from "node:worker_threads"
import { Job, JobQueue } from "../../src/index.ts"
import { SqliteStore } from "../../src/sqlite.ts"
import { LoopWatch, makeLoopWatch } from "../../src/runtime/telemetry/LoopWatch.ts"
import { KeeperThread } from "../../src/store/keeper/makeLeaseKeeper.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"

/** Blocks the event loop, and ends a little later: a lease that was lost meanwhile stops it before. It blocks inside of a transaction that holds the write lock, if it `locks`. */
export const Block = Job.make("keeper.block", {
  payload: { millis: Schema.Number, locks: Schema.optional(Schema.Boolean) },
  leaseFor: "1 second"
})

const block = (millis: number) => {
  const until = performance.now() + millis
  while (performance.now() < until);
}

const BlockLive = Block.toLayer(({ locks = false, millis }) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => {
    const blocks = Effect.sync(() => block(millis))
    return Effect.zipRight(locks ? sql.withTransaction(blocks) : blocks, Effect.sleep("50 millis"))
  }).pipe(Effect.orDie)
)

/** The options of a worker of such jobs. */
export const options = {
  jobs: [Block],
  heartbeatInterval: "200 millis",
  pollInterval: "20 millis",
  staleCheckInterval: "1 minute"
} as const

/** A store on a file of its own, the threads that its keeper starts, and what was logged. */
export const openedWith = (options: Pick<SqliteStore.Options, "leaseKeeper">) =>
  Effect.gen(function*() {
    const start = Option.getOrThrow(yield* KeeperThread)
    const threads: Array<{ readonly thread: Thread; isOver: boolean }> = []
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => void lines.push(String(message)))
    const filename = join(yield* temporaryFolder, "jobs.db")
    const noting: typeof start = (code, data) => {
      const thread = start(code, data)
      const noted = { thread, isOver: false }
      threads.push(noted)
      thread.on("exit", () => void (noted.isOver = true))
      return thread
    }
    const inStore = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      effect.pipe(
        Effect.provide(
          Layer.mergeAll(BlockLive, JobQueue.layer).pipe(
            Layer.provideMerge(SqliteStore.layer({ filename, ...options }))
          )
        ),
        Effect.provideService(KeeperThread, Option.some(noting)),
        Effect.provideService(LoopWatch, makeLoopWatch()),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
    return { threads, lines, inStore }
  })

/** The same, with a keeper. */
export const opened = openedWith({})

/** Waits until a job has ended. */
export const untilOver = (id: string) =>
  JobQueue.get(id).pipe(
    Effect.delay("10 millis"),
    Effect.repeat({ until: ({ finishedAt }) => finishedAt !== null })
  )

/** Waits until a line with this text is logged. */
export const untilSaid = (lines: ReadonlyArray<string>, text: string) =>
  Effect.sync(() => lines.find((line) => line.includes(text))).pipe(
    Effect.delay("10 millis"),
    Effect.repeat({ until: (line) => line !== undefined })
  )
