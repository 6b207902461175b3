import * as SqlClient from "@effect/sql/SqlClient"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { jobs } from "../../../src/store/sqlite/migrations/0001_jobs.ts"

/** The digests of what closed migrations make. A release has run them on people's databases. */
const closed = { "0001_jobs": "7ce6fc464a17187de1fe993302233091b46c2f65f0d97085517a33d335d15c65" }

it.effect("a closed migration makes the same tables as ever: a change of them is a migration of its own", () =>
  Effect.gen(function*() {
    yield* jobs
    const sql = yield* SqlClient.SqlClient
    const made = yield* sql<{ readonly sql: string }>`
      SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name`
    const text = made.map((object) => object.sql.replace(/\s+/g, " ")).join("\n")
    assert.strictEqual(createHash("sha256").update(text).digest("hex"), closed["0001_jobs"])
  }).pipe(Effect.provide(SqliteClient.layer({ filename: ":memory:" }))))
