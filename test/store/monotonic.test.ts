import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, Layer, Schedule, TestClock } from "effect"
import { join } from "node:path"
import { recurUpTo } from "../../src/platform/monotonic.ts"
import * as SqliteStore from "../../src/store/sqlite/SqliteStore.ts"
import { claim } from "./someJobs.ts"
import { temporaryFolder } from "./sqlite/temporaryFolder.ts"
import { wallClock } from "./wallClock.ts"

const hour = 3_600_000

it.effect("a wait recurs until its time has passed since its first step, and not once more", () =>
  Effect.gen(function*() {
    let steps = 0
    const step = Effect.sync(() => void steps++)
    yield* Effect.fork(Effect.repeat(step, Schedule.intersect(Schedule.spaced("1 second"), recurUpTo("3 seconds"))))
    yield* TestClock.adjust("2 seconds")
    assert.strictEqual(steps, 3)
    yield* TestClock.adjust("10 seconds")
    assert.strictEqual(steps, 4)
  }))

/** A database, not yet in WAL mode, that another connection is writing to. */
const locked = Effect.gen(function*() {
  const filename = join(yield* temporaryFolder, "jobs.db")
  const rival = yield* SqliteClient.SqliteClient.pipe(
    Effect.provide(yield* Layer.build(SqliteClient.layer({ filename, disableWAL: true })))
  )
  yield* rival`CREATE TABLE app (id INTEGER)`
  return {
    lock: rival`BEGIN IMMEDIATE`,
    unlock: rival`COMMIT`,
    store: Layer.build(SqliteStore.layer({ filename, busyTimeout: "5 seconds" }))
  }
})

/** Runs what waits for a lock on a wall clock that is set to `ahead` after a second. */
const waitingAcross = <A, E, R>(ahead: number, wait: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const { by, set } = yield* wallClock
    const waiting = yield* Effect.fork(by(Effect.either(wait)))
    yield* TestClock.adjust("1 second")
    yield* set(ahead)
    return waiting
  })

describe("an operation that waits for a lock", () => {
  const waiting = (ahead: number) =>
    Effect.gen(function*() {
      const { lock, store, unlock } = yield* locked
      const context = yield* store
      yield* lock
      return { unlock, fiber: yield* waitingAcross(ahead, Effect.provide(claim(), context)) }
    })

  it.scoped("goes on to wait when the wall clock is set forward", () =>
    Effect.gen(function*() {
      const { fiber, unlock } = yield* waiting(hour)
      yield* TestClock.adjust("3 seconds")
      yield* unlock
      yield* TestClock.adjust("1 second")
      assert.isTrue(Either.isRight(yield* Fiber.join(fiber)))
    }))

  it.scoped("is given up after its busy timeout, also when the wall clock is set back", () =>
    Effect.gen(function*() {
      const { fiber } = yield* waiting(-hour)
      yield* TestClock.adjust("5 seconds")
      assert.isTrue(Either.isLeft(yield* Fiber.join(fiber)))
    }))
})

describe("a store that waits for a lock to be opened", () => {
  const waiting = (ahead: number) =>
    Effect.gen(function*() {
      const { lock, store, unlock } = yield* locked
      yield* lock
      return { unlock, fiber: yield* waitingAcross(ahead, store) }
    })

  it.scoped("goes on to wait when the wall clock is set forward", () =>
    Effect.gen(function*() {
      const { fiber, unlock } = yield* waiting(hour)
      yield* TestClock.adjust("3 seconds")
      yield* unlock
      yield* TestClock.adjust("1 second")
      assert.isTrue(Either.isRight(yield* Fiber.join(fiber)))
    }))

  it.scoped("is given up after its busy timeout, also when the wall clock is set back", () =>
    Effect.gen(function*() {
      const { fiber } = yield* waiting(-hour)
      yield* TestClock.adjust("5 seconds")
      assert.isTrue(Either.isLeft(yield* Fiber.join(fiber)))
    }))
})
