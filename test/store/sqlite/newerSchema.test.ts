import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { assertNone } from "@effect/vitest/utils"
import { Effect } from "effect"
import { StoreError } from "../../../src/domain/errors.ts"
import { JobStore } from "../../../src/store/JobStore.ts"
import { claim, claimOne, enqueue, job, memory, request } from "../someJobs.ts"

/** Another process, of a newer Holdfast, has migrated the tables. */
const migrated = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO holdfast_migrations (migration_id, name) VALUES (1001, 'of_the_future')`
})

const refusal = <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(call), (error) => {
    assert(error instanceof StoreError)
    assert.include(error.message, "migrated the tables to version 1001, and this one is made for version 3")
    return error.reason
  })

const statuses = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ readonly status: string }>`SELECT status FROM holdfast_jobs ORDER BY id`
  return rows.map(({ status }) => status)
})

describe("once a newer Holdfast has migrated the tables", () => {
  it.effect("a claim takes nothing, and says why", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1))
      yield* migrated
      assert.strictEqual(yield* refusal(claim()), "newerSchema")
      assert.deepStrictEqual(yield* statuses, ["pending"])
    }).pipe(Effect.provide(memory)))

  it.effect("who looks when a job is due hears of it, whether one is or not", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* migrated
      assert.strictEqual(yield* refusal(store.nextDue(request())), "newerSchema")
      yield* enqueue(job(1))
      assert.strictEqual(yield* refusal(store.nextDue(request())), "newerSchema")
      assert.strictEqual(yield* refusal(store.due(request())), "newerSchema")
    }).pipe(Effect.provide(memory)))

  it.effect("it is said also where the newer tables no longer fit the statement", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      const sql = yield* SqlClient.SqlClient
      yield* migrated
      yield* sql`DROP INDEX holdfast_jobs_order`
      assert.strictEqual(yield* refusal(claim()), "newerSchema")
      assert.strictEqual(yield* refusal(store.nextDue(request())), "newerSchema")
    }).pipe(Effect.provide(memory)))

  it.effect("what runs is still extended and settled", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1))
      const lease = yield* claimOne()
      yield* migrated
      const [extended] = yield* store.extend([{ lease, leaseFor: 60_000 }])
      assert.strictEqual(extended?._tag, "Right")
      const [settled] = yield* store.complete([{ lease, result: "null" }])
      assert.strictEqual(settled?._tag, "Right")
    }).pipe(Effect.provide(memory)))
})

it.effect("a statement that fails although the tables are not newer fails as it did", () =>
  Effect.gen(function*() {
    const store = yield* JobStore
    const sql = yield* SqlClient.SqlClient
    yield* sql`DROP INDEX holdfast_jobs_order`
    const error = yield* Effect.flip(store.nextDue(request()))
    assert(error instanceof StoreError)
    assert.strictEqual(error.reason, "unavailable")
    assert.include(error.message, "no such index")
  }).pipe(Effect.provide(memory)))

it.effect("tables of the version that the statements are made for are as they were", () =>
  Effect.gen(function*() {
    const store = yield* JobStore
    assertNone(yield* store.nextDue(request()))
    assert.deepStrictEqual(yield* claim(), [])
  }).pipe(Effect.provide(memory)))
