import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Either, Fiber, Layer, Option, TestClock } from "effect"
import { join } from "node:path"
import { EventLoop } from "../../../src/platform/EventLoop.ts"
import { triesFor } from "../../../src/store/sqlite/busyTimeout.ts"
import * as SqliteStore from "../../../src/store/sqlite/SqliteStore.ts"
import * as SqlJobStore from "../../../src/store/sqlite/SqliteJobStore.ts"
import { allRows, enqueue, job } from "../someJobs.ts"
import { leapingClock } from "../leapingClock.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const client = (options: { readonly filename: string; readonly readonly?: boolean }) =>
  Layer.build(Layer.fresh(SqliteClient.layer({ ...options, disableWAL: options.readonly === true }))).pipe(
    Effect.flatMap((context) => Effect.provide(SqliteClient.SqliteClient, context))
  )

/** A database that is up to date, with one job in it, to which another program is writing. */
const written = Effect.gen(function*() {
  const filename = join(yield* temporaryFolder, "jobs.db")
  yield* Effect.provide(enqueue(job(1)), SqliteStore.layer({ filename }))
  const rival = yield* client({ filename })
  yield* rival`BEGIN IMMEDIATE`
  return { filename, finish: rival`ROLLBACK` }
})

/** The answer, if it comes without any waiting. */
const atOnce = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    // A slow machine would have it give way to the event loop, of which the clock of a test knows nothing.
    const never = { turn: Effect.yieldNow(), overdue: () => false }
    const fiber = yield* Effect.fork(Effect.provideService(Effect.either(effect), EventLoop, never))
    yield* TestClock.adjust(0)
    const answer = yield* Fiber.poll(fiber)
    assert.isTrue(Option.isSome(answer), "it waits")
    return yield* Fiber.join(fiber)
  })

describe("while another program writes to a database that is up to date", () => {
  it.scoped("it is opened without waiting", () =>
    Effect.gen(function*() {
      const { filename } = yield* written
      const opening = yield* atOnce(Layer.build(SqliteStore.layer({ filename })))
      assert.lengthOf(yield* Effect.provide(allRows, Either.getOrThrow(opening)), 1)
    }))

  it.scoped("it is opened with an app's own client, whose driver would wait for 5 s, and goes on to wait so", () =>
    Effect.gen(function*() {
      const { filename } = yield* written
      const app = yield* client({ filename })
      const began = process.hrtime.bigint()
      const store = Layer.build(SqlJobStore.layer()).pipe(Effect.provideService(SqlClient.SqlClient, app))
      Either.getOrThrow(yield* atOnce(store))
      assert.isBelow(Number(process.hrtime.bigint() - began) / 1e6, 4000)
      assert.deepStrictEqual(yield* app`PRAGMA busy_timeout`, [{ timeout: 5000 }])
    }))

  it.scoped("it is refused where it may only be read", () =>
    Effect.gen(function*() {
      const { filename } = yield* written
      const app = yield* client({ filename, readonly: true })
      const store = Layer.build(SqlJobStore.layer()).pipe(Effect.provideService(SqlClient.SqlClient, app))
      const refused = yield* atOnce(store)
      assert.include(String(Either.getOrThrow(Either.flip(refused))), "attempt to write a readonly database")
    }))
})

describe("an operation that another program keeps from writing", () => {
  /** How an enqueue ends that finds the lock held, and after how many milliseconds. */
  const enqueueing = (options: Partial<SqliteStore.Options>) =>
    Effect.gen(function*() {
      const { filename } = yield* written
      const context = yield* Layer.build(SqliteStore.layer({ filename, ...options }))
      const { by, millis } = yield* leapingClock
      const error = yield* by(Effect.flip(Effect.provide(enqueue(job(2)), context)))
      assert.strictEqual(error._tag, "StoreError")
      assert.include(error.message, "database is locked")
      return millis()
    })

  it.scoped("waits for 30 s, unless told otherwise, and fails with what it waited for", () =>
    Effect.gen(function*() {
      assert.closeTo(yield* enqueueing({}), 30_000, 120)
      assert.closeTo(yield* enqueueing({ busyTimeout: "500 millis" }), 500, 120)
      assert.strictEqual(yield* enqueueing({ busyTimeout: 0 }), 0)
    }))

  it.scoped("is not told so by a time that is none, with which the store is not opened", () =>
    Effect.gen(function*() {
      for (const busyTimeout of [-1, NaN, "soon" as "1 second"]) {
        const error = yield* Effect.flip(Layer.build(SqliteStore.layer({ filename: ":memory:", busyTimeout })))
        assert.include(error.message, `busyTimeout: got ${busyTimeout}; expected a duration of 0 or more`)
      }
    }))

  it.effect("tries more often the longer it has waited, so that those who came before get the lock first", () =>
    Effect.gen(function*() {
      const { by, millis } = yield* leapingClock
      const tries: Array<number> = []
      const busy = Effect.suspend(() => Effect.fail(tries.push(millis())))
      yield* by(Effect.flip(Effect.retry(busy, triesFor(Duration.seconds(32)))))
      const inSecond = (second: number) => tries.filter((at) => Math.floor(at / 1000) === second).length
      assert.isBelow(inSecond(0), 30)
      assert.isBelow(inSecond(1), 30)
      assert.isAbove(inSecond(5), 40)
      assert.isAbove(inSecond(11), 80)
      assert.isBelow(inSecond(30), 300)
    }))
})
