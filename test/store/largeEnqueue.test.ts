import { SqlClient } from "@effect/sql"
import { assert, it } from "@effect/vitest"
import { Array as Arr, Deferred, Effect, Fiber } from "effect"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import { allRows, enqueue, job, memory } from "./someJobs.ts"

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

it.effect("an enqueue of many that is interrupted in a transaction that goes on is there as a whole", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const reached = yield* Deferred.make<void>()
    const atGate = turning(Effect.zipRight(Deferred.succeed(reached, undefined), Effect.yieldNow()))
    yield* sql.withTransaction(Effect.gen(function*() {
      const fiber = yield* Effect.fork(atGate(enqueue(...many)))
      yield* Deferred.await(reached)
      yield* Fiber.interrupt(fiber)
    }))
    assert.lengthOf(yield* allRows, 2500)
  }).pipe(Effect.provide(memory)))
