import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, FiberId, Option, Scope } from "effect"
import * as SqliteStore from "../../src/store/SqliteStore.ts"

/** A connection that is held until it is released, and a fiber that waits for it. */
const heldAndAwaited = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const holder = yield* Scope.make()
  yield* Scope.extend(sql.reserve, holder)
  const waiter = yield* Effect.fork(sql`SELECT 1 AS one`)
  yield* Effect.yieldNow()
  return { release: Scope.close(holder, Exit.void), waiter }
})

const answers = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`SELECT 2 AS two`.pipe(Effect.timeoutOption("1 second"), Effect.map(Option.isSome))
)

describe("a fiber that waits for the connection", () => {
  it.live("may be interrupted after it was given the connection and before it hears of it, and others get it", () =>
    Effect.gen(function*() {
      const { release, waiter } = yield* heldAndAwaited
      yield* release
      // In the same turn: the waiter has not run since.
      yield* Effect.sync(() => waiter.unsafeInterruptAsFork(FiberId.none))
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(waiter)))
      assert.isTrue(yield* answers)
    }).pipe(Effect.provide(SqliteStore.layer({ filename: ":memory:" }))))

  it.live("may be interrupted before, and others get the connection once it is free", () =>
    Effect.gen(function*() {
      const { release, waiter } = yield* heldAndAwaited
      const next = yield* Effect.fork(answers)
      yield* Fiber.interrupt(waiter)
      yield* release
      assert.isTrue(yield* Fiber.join(next))
    }).pipe(Effect.provide(SqliteStore.layer({ filename: ":memory:" }))))

  it.live("is served in the order in which they came", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const holder = yield* Scope.make()
      yield* Scope.extend(sql.reserve, holder)
      const served: Array<number> = []
      const waiters = yield* Effect.forEach([1, 2, 3], (place) =>
        Effect.fork(Effect.scoped(Effect.zipRight(sql.reserve, Effect.sync(() => served.push(place))))))
      yield* Effect.yieldNow()
      yield* Scope.close(holder, Exit.void)
      yield* Fiber.joinAll(waiters)
      assert.deepStrictEqual(served, [1, 2, 3])
    }).pipe(Effect.provide(SqliteStore.layer({ filename: ":memory:" }))))
})

describe("a statement that fails", () => {
  it.live("gives the connection back", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.flip(sql`SELECT one FROM nowhere`)
      assert.isTrue(yield* answers)
    }).pipe(Effect.provide(SqliteStore.layer({ filename: ":memory:" }))))
})
