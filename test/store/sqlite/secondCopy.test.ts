import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { inspect } from "node:util"
import type { JobStore } from "../../../src/store/JobStore.ts"
import * as SqliteStore from "../../../src/store/sqlite/SqliteStore.ts"
import * as SqlJobStore from "../../../src/store/sqlite/SqliteJobStore.ts"
import { leapingClock } from "../leapingClock.ts"
import { allRows, enqueue, job, jobId } from "../someJobs.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** This copy's store on the client of a second copy of the package, as a bundler or a monorepo gives an app. */
const onAnotherCopysClient = Effect.gen(function*() {
  vi.resetModules()
  const copy = yield* Effect.promise(() => import("../../../src/store/sqlite/SqliteStore.ts"))
  assert.notStrictEqual(copy.layer, SqliteStore.layer)
  const filename = join(yield* temporaryFolder, "jobs.db")
  const context = yield* Layer.build(
    SqlJobStore.layer({ busyTimeout: "1 second" }).pipe(Layer.provideMerge(copy.layer({ filename })))
  )
  return { filename, inStore: Effect.provide(context) }
})

const idsThere = Effect.map(allRows, (rows) => rows.map((row) => row["id"]))

describe("a store on the client of a second copy of the package", () => {
  it.scoped("joins that client's transactions, whole and nested, and is committed and rolled back with them", () =>
    Effect.gen(function*() {
      const { inStore } = yield* onAnotherCopysClient
      yield* inStore(Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* Effect.flip(sql.withTransaction(Effect.zipRight(enqueue(job(1)), Effect.fail("no"))))
        yield* sql.withTransaction(Effect.gen(function*() {
          yield* enqueue(job(2))
          yield* Effect.flip(sql.withTransaction(Effect.zipRight(enqueue(job(3), job(4)), Effect.fail("no"))))
          yield* sql.withTransaction(enqueue(job(5), job(6)))
        }))
        yield* enqueue(job(7))
        assert.deepStrictEqual(yield* idsThere, [2, 5, 6, 7].map(jobId))
      }))
    }))

  it.scoped("waits for locks as long as it was told to, and so do the client's own transactions", () =>
    Effect.gen(function*() {
      const { filename, inStore } = yield* onAnotherCopysClient
      const rival = yield* Effect.provide(SqlClient.SqlClient, yield* Layer.build(SqliteClient.layer({ filename })))
      yield* rival`BEGIN IMMEDIATE`
      const { by, millis } = yield* leapingClock
      const sql = yield* inStore(SqlClient.SqlClient)
      for (const waits of [enqueue(job(1)), sql.withTransaction(sql`SELECT 1`)]) {
        const before = millis()
        const error = yield* by(Effect.flip(inStore(Effect.asVoid<unknown, unknown, JobStore>(waits))))
        assert.include(inspect(error), "database is locked")
        assert.closeTo(millis() - before, 1000, 120)
      }
      yield* rival`ROLLBACK`
    }))

  it.scoped("is told that the database was replaced, so that a worker on it ends", () =>
    Effect.gen(function*() {
      const { filename, inStore } = yield* onAnotherCopysClient
      yield* inStore(enqueue(job(1)))
      rmSync(filename)
      assert.include(yield* Effect.flip(inStore(enqueue(job(2)))), { _tag: "StoreError", reason: "databaseReplaced" })
    }))
})
