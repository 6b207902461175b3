import { SqlClient } from "@effect/sql"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { sqliteDialect } from "../../src/store/sqlite/dialect.ts"
import { makeStatements } from "../../src/store/statements/Statements.ts"
import { claim, enqueue, get, job, jobId, memory, request } from "./someJobs.ts"
import { JobStore } from "../../src/store/JobStore.ts"

it.effect("jobs that a claim has found keep their lease's length where their kind is paused before it takes them", () =>
  Effect.gen(function*() {
    const store = yield* JobStore
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const statements = makeStatements(sqliteDialect(sql), sql`TRUE`)
    yield* enqueue(job(1))
    yield* store.pause({ kind: "email" }, undefined)
    const connection = yield* sql.reserve
    // As on PostgreSQL, where another may pause it between the two statements of a claim.
    const [claimed] = yield* Effect.provideService(
      statements.claimThese([{ id: jobId(1) }], request(), sql`${1000}`),
      SqlClient.TransactionConnection,
      [connection, 0]
    )
    assert.strictEqual(claimed?.lease.jobId, jobId(1))
  }).pipe(
    Effect.scoped,
    Effect.zipRight(Effect.gen(function*() {
      assert.strictEqual((yield* get(jobId(1))).status, "running")
      assert.deepStrictEqual(yield* claim(), [])
    })),
    Effect.provide(memory)
  ))
