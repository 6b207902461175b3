import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect } from "effect"
import { JobQueue } from "../../src/index.ts"
import { Hold } from "./jobs.ts"
import { inSharedFolder, untilFinished } from "./sharedQueue.ts"
import { startWorker } from "./workerProcesses.ts"

/*
 * A write transaction that lasts twice as long as the leases. Meanwhile no lease can
 * be extended, so a handler is told to stop before its own is over. Afterwards a
 * worker that waits for the job must not have it before that has happened.
 */

/** Several seconds each. The promise is about 50, which take minutes: `pnpm check:transactions`. */
const runs = Number(process.env["LONG_TRANSACTIONS"] ?? 3)

const settings = {
  leaseFor: "1500 millis",
  heartbeat: "500 millis",
  concurrency: 4,
  grace: "5 seconds"
} as const

const ofOne = (n: number, also: { readonly blocks?: number; readonly locks?: boolean } = {}) => ({
  n,
  millis: 4_000,
  stubborn: false,
  ...also
})

/** Holds the write lock of this database for three seconds. */
const holdLock = (database: string) =>
  Effect.acquireUseRelease(
    Effect.sync(() => new Database(database, { timeout: 5_000 })),
    (connection) =>
      Effect.sync(() => connection.exec("BEGIN IMMEDIATE")).pipe(
        Effect.zipRight(Effect.sleep("3 seconds")),
        Effect.zipRight(Effect.sync(() => connection.exec("COMMIT")))
      ),
    (connection) => Effect.sync(() => connection.close())
  )

/** Runs each of these jobs beside a worker that waits for it, one after another. */
const oneAfterAnother = (
  payloadOf: (n: number) => typeof Hold.payloadSchema.Type,
  meanwhile: (database: string) => Effect.Effect<void>
) =>
  inSharedFolder(settings, (options) =>
    Effect.gen(function*() {
      const workers = [yield* startWorker(options), yield* startWorker(options)]
      yield* Effect.forEach(workers, (worker) => worker.says("started"))
      for (let n = 1; n <= runs; n++) {
        const { id } = yield* JobQueue.enqueue(Hold, payloadOf(n))
        yield* Effect.raceAll(workers.map((worker) => worker.says(`running ${n} 1`)))
        yield* meanwhile(options.database)
        const [job] = yield* untilFinished([id])
        assert.strictEqual(job?.status, "succeeded")
      }
      const said = workers.flatMap(({ said }) => said)
      assert.deepStrictEqual(said.filter((line) => line.startsWith("overlap")), [])
      assert.strictEqual(said.filter((line) => line.startsWith("done")).length, runs)
    }))

describe(`of ${runs} write transactions of three seconds under leases of a second and a half`, () => {
  it.live("none has a job run twice at once", () => oneAfterAnother(ofOne, holdLock), 900_000)

  it.live(
    "none in which the handler itself computes has its job run twice at once",
    () => oneAfterAnother((n) => ofOne(n, { blocks: 3_000, locks: true }), () => Effect.void),
    900_000
  )
})
