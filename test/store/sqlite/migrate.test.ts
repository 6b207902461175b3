import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, TestClock } from "effect"
import { join } from "node:path"
import * as SqlJobStore from "../../../src/store/sqlite/SqliteJobStore.ts"
import { allRows } from "../someJobs.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** A client that an app made itself, and whose driver does not wait for locks. */
const appsClient = (filename: string) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(Layer.fresh(SqliteClient.layer({ filename })))
    const sql = yield* Effect.provide(SqliteClient.SqliteClient, context)
    yield* sql`PRAGMA busy_timeout = 0`
    return sql
  })

it.scoped("a store that is opened while another process makes the tables waits for it, and does not go on without", () =>
  Effect.gen(function*() {
    const filename = join(yield* temporaryFolder, "jobs.db")
    const other = yield* appsClient(filename)
    yield* other`
      CREATE TABLE holdfast_migrations (
        migration_id INTEGER PRIMARY KEY, created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, name VARCHAR(255) NOT NULL
      )`
    yield* other`BEGIN IMMEDIATE`
    const app = Layer.succeed(SqlClient.SqlClient, yield* appsClient(filename))
    const opening = yield* Effect.fork(Layer.build(Layer.provideMerge(SqlJobStore.layer(), app)))
    yield* TestClock.adjust("1 second")
    assert.isTrue(Option.isNone(yield* Fiber.poll(opening)))
    yield* other`ROLLBACK`
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(yield* Effect.provide(allRows, yield* Fiber.join(opening)), [])
  }))
