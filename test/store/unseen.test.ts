import { SqlClient, Statement } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock, Tracer } from "effect"
import { cancel, claimOne, complete, enqueue, get, job, jobId, leaseFor, memory, releaseStale } from "./someJobs.ts"

/** One of each kind of operation: alone, in a transaction of its own, and on the caller's. */
const operations = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* enqueue(job(1), job(2))
  yield* complete(yield* claimOne())
  yield* cancel(jobId(2))
  yield* releaseStale
  yield* get(jobId(1))
  yield* sql.withTransaction(enqueue(job(3)))
})

describe("what the store does by itself", () => {
  it.effect("is no span of the app's trace", () =>
    Effect.gen(function*() {
      const names: Array<string> = []
      const native = yield* Effect.tracer
      const tracer = Tracer.make({
        span: (name, ...more) => {
          names.push(name)
          return native.span(name, ...more)
        },
        context: (run) => run()
      })
      yield* Effect.withSpan(operations, "app").pipe(Effect.withTracer(tracer))
      // The transaction is the app's own.
      assert.deepStrictEqual(names, ["app", "sql.transaction"])
    }).pipe(Effect.provide(memory)))

  it.effect("is not for the app's statement transformer, which might undo a fence", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const seen: Array<string> = []
      yield* Statement.withTransformer(Effect.zipRight(operations, sql`SELECT 1 AS one`), (statement) => {
        seen.push(statement.compile()[0].trim())
        return Effect.succeed(statement)
      })
      assert.deepStrictEqual(seen, ["SELECT 1 AS one"])
    }).pipe(Effect.provide(memory)))

  it.effect("answers with numbers, also to an app that has bigints of its own statements, and ever after", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* enqueue(job(1), job(2), job(3))
      yield* Effect.gen(function*() {
        assert.strictEqual((yield* claimOne()).attempt, 1)
        assert.strictEqual((yield* sql.withTransaction(get(jobId(1)))).attempts, 1)
        assert.deepStrictEqual(yield* sql`SELECT 1 AS one`, [{ one: 1n }])
        yield* TestClock.adjust(leaseFor)
        assert.strictEqual((yield* releaseStale)[0]?.attempt, 1)
      }).pipe(Effect.provideService(SqlClient.SafeIntegers, true))
      assert.strictEqual((yield* claimOne()).attempt, 1)
      assert.strictEqual((yield* get(jobId(1))).attempts, 1)
    }).pipe(Effect.provide(memory)))
})
