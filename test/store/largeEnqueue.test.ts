import { SqlClient } from "@effect/sql"
import { assert, it } from "@effect/vitest"
import { Array as Arr, Deferred, Effect, Fiber } from "effect"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import type { NewJob } from "../../src/store/JobStore.ts"
import { allRows, enqueue, get, job, jobId, memory } from "./someJobs.ts"

it.effect("of an enqueue so large that it takes two statements, nothing is there when the second is refused", () =>
  Effect.gen(function*() {
    const large = JSON.stringify("x".repeat(16 * 1024 * 1024))
    const error = yield* Effect.flip(enqueue(job(1, { payload: large }), job(2, { priority: 5000 })))
    assert.strictEqual(error._tag, "StoreError")
    assert.deepStrictEqual(yield* allRows, [])
  }).pipe(Effect.provide(memory)))

/** The smallest there are, of which one parameter would hold millions. */
const many = Arr.makeBy(2500, (index) => job(index, { payload: "1" }))

/** An event loop whose turn is this, and which is never overdue. */
const turning = (turn: Effect.Effect<void>) => Effect.provideService(EventLoop, { turn, overdue: () => false })

it.effect("small jobs are added a thousand at a time, and the event loop has a turn after each thousand", () =>
  Effect.gen(function*() {
    let turns = 0
    const counting = turning(Effect.sync(() => void turns++))
    assert.isTrue((yield* counting(enqueue(...many))).every(({ enqueued }) => enqueued))
    assert.strictEqual(turns, 2)
    assert.lengthOf(yield* allRows, 2500)
    yield* counting(enqueue(...many))
    assert.strictEqual(turns, 6)
  }).pipe(Effect.provide(memory)))

it.effect("a conflict among many small jobs leaves none of them in a transaction that goes on", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* enqueue(job(2499))
    yield* sql.withTransaction(
      Effect.map(Effect.flip(enqueue(...many)), (error) => assert.strictEqual(error._tag, "JobIdConflict"))
    )
    assert.lengthOf(yield* allRows, 1)
  }).pipe(Effect.provide(memory)))

it.effect("an enqueue of many that is interrupted in a transaction that goes on leaves nothing there", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const reached = yield* Deferred.make<void>()
    const atGate = turning(Effect.zipRight(Deferred.succeed(reached, undefined), Effect.yieldNow()))
    yield* sql.withTransaction(Effect.gen(function*() {
      const fiber = yield* Effect.fork(atGate(enqueue(...many)))
      yield* Deferred.await(reached)
      yield* Fiber.interrupt(fiber)
    }))
    assert.lengthOf(yield* allRows, 0)
  }).pipe(Effect.provide(memory)))

/** Makes the table refuse a change of a job, in the middle of the statement that makes it. */
const refusing = (event: "INSERT" | "UPDATE", number: number) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) =>
      sql.unsafe(`
        CREATE TRIGGER refusing BEFORE ${event} ON holdfast_jobs WHEN NEW.id = '${jobId(number)}'
        BEGIN SELECT RAISE(ABORT, 'not this one'); END`)
  )

/** An enqueue that fails in a transaction of the app's, which writes before and after it, and commits. */
const failingInside = (...jobs: ReadonlyArray<NewJob>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* sql.withTransaction(Effect.gen(function*() {
      yield* enqueue(job(9001))
      assert.strictEqual((yield* Effect.flip(enqueue(...jobs)))._tag, "StoreError")
      yield* enqueue(job(9002))
    }))
  })

const itsOwn = [jobId(9001), jobId(9002)]

const idsThere = Effect.map(allRows, (rows) => rows.map((row) => row["id"]))

for (const number of [500, 1500, 2499]) {
  it.effect(`of an enqueue of many none is in a transaction that goes on when job ${number} is refused`, () =>
    Effect.gen(function*() {
      yield* refusing("INSERT", number)
      yield* failingInside(...many)
      assert.deepStrictEqual(yield* idsThere, itsOwn)
    }).pipe(Effect.provide(memory)))
}

it.effect("an enqueue that is refused as it changes the holder of a key adds none of its other jobs, and changes no other", () =>
  Effect.gen(function*() {
    yield* enqueue(job(1, { uniqueKey: "a" }), job(2, { uniqueKey: "b" }))
    yield* refusing("UPDATE", 2)
    yield* failingInside(
      job(3),
      job(4, { uniqueKey: "a", onConflict: "replace" }),
      job(5, { uniqueKey: "b", onConflict: "move", available: { after: 1000 } })
    )
    assert.deepStrictEqual(yield* idsThere, [jobId(1), jobId(2), ...itsOwn])
    assert.deepStrictEqual((yield* get(jobId(1))).payload, { number: 1 })
  }).pipe(Effect.provide(memory)))

it.effect("an enqueue of many that changes holders in two parts changes none when the second is refused", () =>
  Effect.gen(function*() {
    const keys = Arr.makeBy(1200, (index) => job(index, { uniqueKey: String(index), payload: "1" }))
    yield* enqueue(...keys)
    yield* refusing("UPDATE", 1100)
    yield* failingInside(...keys.map((one, index): NewJob => ({
      ...one,
      id: jobId(5000 + index),
      payload: "2",
      onConflict: "replace"
    })))
    assert.deepStrictEqual(
      new Set((yield* allRows).filter((row) => row["unique_key"] !== null).map((row) => row["payload"])),
      new Set(["1"])
    )
    assert.lengthOf(yield* allRows, 1202)
  }).pipe(Effect.provide(memory)))
