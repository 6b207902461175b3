import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, TestClock } from "effect"
import { join } from "node:path"
import * as SqliteStore from "../../../src/store/sqlite/SqliteStore.ts"
import { allRows, enqueue, job } from "../someJobs.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

it.scoped("a transaction whose COMMIT finds the database locked fails with a typed error, and is not run a second time", () =>
  Effect.gen(function*() {
    const filename = join(yield* temporaryFolder, "jobs.db")
    yield* Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      // Without a WAL a writer that commits waits for readers.
      yield* sql`PRAGMA journal_mode = DELETE`
      const reader = yield* SqliteClient.SqliteClient.pipe(
        Effect.provide(yield* Layer.build(SqliteClient.layer({ filename, readonly: true, disableWAL: true })))
      )
      yield* reader`BEGIN`
      yield* reader`SELECT count(*) FROM holdfast_jobs`

      let runs = 0
      const count = Effect.sync(() => void (runs += 1))
      const writing = yield* sql.withTransaction(Effect.zipRight(count, enqueue(job(1)))).pipe(Effect.flip, Effect.fork)
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(writing)
      assert.strictEqual(error._tag, "SqlError")
      assert.strictEqual(runs, 1)
      yield* reader`COMMIT`
      assert.deepStrictEqual(yield* allRows, [])
    }).pipe(Effect.provide(SqliteStore.layer({ filename })))
  }))
