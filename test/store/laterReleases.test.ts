import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { JobStore } from "../../src/store/JobStore.ts"
import { claim, enqueue, get, job, jobId, memory, releaseStale } from "./someJobs.ts"

/** Makes a job wait for others, as a later release will. */
const makeWait = (id: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql`UPDATE holdfast_jobs SET status = 'waiting' WHERE id = ${id}`)

describe("a job that waits for others, as a later release makes it", () => {
  it.effect("is shown and listed, and neither claimed nor released nor retried", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1), job(2))
      yield* makeWait(jobId(1))
      assert.strictEqual((yield* get(jobId(1))).status, "waiting")
      assert.deepStrictEqual((yield* store.list({ status: "waiting", limit: 10 })).jobs.map(({ id }) => id), [jobId(1)])
      assert.deepStrictEqual((yield* claim()).map(({ lease }) => lease.jobId), [jobId(2)])
      assert.deepStrictEqual((yield* releaseStale).map(({ id }) => id), [])
      const refused = yield* Effect.flip(store.retry(jobId(1), undefined))
      assert.deepInclude(refused, { _tag: "JobNotRetryable", status: "waiting" })
    }).pipe(Effect.provide(memory)))

  it.effect("holds its unique key, and an enqueue leaves it as it is", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      const keyed = { uniqueKey: "k", uniqueScope: "pending", onConflict: "replace" } as const
      yield* enqueue(job(1, keyed))
      yield* makeWait(jobId(1))
      const [answer] = yield* store.enqueue([job(2, { ...keyed, payload: "\"other\"" })])
      assert.deepInclude(answer, { id: jobId(1), outcome: "kept" })
    }).pipe(Effect.provide(memory)))
})

it.effect("a job may have a limit key, for which a job without one pays no index", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* enqueue(job(1))
    yield* sql`UPDATE holdfast_jobs SET limit_key = 'tenant'`
    assert.strictEqual((yield* Effect.flip(sql`UPDATE holdfast_jobs SET limit_key = ''`))._tag, "SqlError")
    const indexes = yield* sql<
      { readonly sql: string }
    >`SELECT sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL`
    assert.isFalse(indexes.some(({ sql }) => sql.includes("limit_key")))
  }).pipe(Effect.provide(memory)))
