import { assert, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect, Layer, Metric, Option, Queue, Schema, TestClock } from "effect"
import { rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Job from "../../src/domain/Job.ts"
import { metrics } from "../../src/runtime/telemetry/metrics.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import type { Checkpoint } from "../../src/store/sqlite/wal/checkpointThread.ts"
import { CheckpointThread } from "../../src/store/sqlite/wal/checkpointThread.ts"
import { inHoldfast, settled, work } from "./harness.ts"

const Large = Job.make("walSize.large", { payload: Schema.String })
const Idle = Job.make("walSize.idle", { payload: Schema.Void })

const filename = join(tmpdir(), `holdfast-walSize-${process.pid}.db`)

const shownSize = Effect.map(Metric.value(Metric.tagged(metrics.walSize, "database", filename)), ({ value }) => value)

/** Enqueues 20 MiB while somebody reads what the database was before, and goes on until the first checkpoint has ended. */
const growUntil = (checkpointed: Effect.Effect<void>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => new Database(filename)),
    (reader) => {
      reader.exec("BEGIN")
      reader.prepare("SELECT count(*) FROM holdfast_jobs").get()
      return Effect.zipRight(
        Effect.replicateEffect(JobQueue.enqueue(Large, "x".repeat(500_000)), 40, { discard: true }),
        checkpointed
      )
    },
    (reader) => Effect.sync(() => reader.close())
  )

it.scoped("a worker shortens a WAL that has grown behind a reader, and shows how long it is", () =>
  Effect.gen(function*() {
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => ["", "-wal", "-shm", "-wake"].forEach((suffix) => rmSync(filename + suffix, { force: true })))
    )
    const { find } = yield* CheckpointThread
    const ended = yield* Queue.unbounded<void>()
    const noted = (checkpoint: Checkpoint): Checkpoint => (files) => Effect.ensuring(checkpoint(files), ended.offer())
    yield* Effect.gen(function*() {
      yield* growUntil(Queue.take(ended))
      assert.isAbove(statSync(`${filename}-wal`).size, 20_000_000)
      // As long as it was when a checkpoint last looked, which was perhaps before the last enqueues.
      assert.isAbove(yield* shownSize, 4_000_000)

      yield* work({ jobs: [Idle], staleCheckInterval: "1 minute" })
      yield* TestClock.adjust("1 minute")
      yield* Queue.take(ended)
      assert.strictEqual(statSync(`${filename}-wal`).size, 0)

      yield* Effect.replicateEffect(JobQueue.enqueue(Large, "x".repeat(500_000)), 4)
      yield* TestClock.adjust("1 minute")
      yield* settled
      assert.strictEqual(yield* shownSize, statSync(`${filename}-wal`).size)
      assert.isAbove(yield* shownSize, 2_000_000)
    }).pipe(
      inHoldfast(Layer.merge(Idle.toLayer(() => Effect.void), Large.toLayer(() => Effect.void)), filename),
      Effect.provideService(CheckpointThread, { find: () => Option.map(find(), noted) })
    )
  }))
