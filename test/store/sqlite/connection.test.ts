import { Reactivity } from "@effect/experimental"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Effect, Either, Exit, Fiber, FiberId, Layer, Option, Scope } from "effect"
import { join } from "node:path"
import { JobStore } from "../../../src/store/JobStore.ts"
import * as SqliteStore from "../../../src/store/sqlite/SqliteStore.ts"
import * as SqlJobStore from "../../../src/store/sqlite/SqliteJobStore.ts"
import { interruptedAt, succeeds } from "./interruptedAt.ts"
import { enqueue, job, jobId, memory } from "../someJobs.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** A connection that is held until it is released, and a fiber that waits for it. */
const heldAndAwaited = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const holder = yield* Scope.make()
  yield* Scope.extend(sql.reserve, holder)
  const waiter = yield* Effect.fork(sql`SELECT 1 AS one`)
  yield* Effect.yieldNow()
  return { release: Scope.close(holder, Exit.void), waiter }
})

const answer = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT 2 AS two`)

const answers = succeeds(answer)

it.effect("a statement leaves the context of its fiber as it was, also one that fails", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { get } = yield* JobStore
    const isInTransaction = Effect.contextWith((context: Context.Context<never>) =>
      Option.isSome(Context.getOption(context, SqlClient.TransactionConnection))
    )
    yield* enqueue(job(1))
    yield* get(jobId(1), undefined)
    assert.isFalse(yield* isInTransaction)
    yield* sql`DROP TABLE holdfast_jobs`
    assert.isTrue(Either.isLeft(yield* Effect.either(get(jobId(1), undefined))))
    assert.isFalse(yield* isInTransaction)
  }).pipe(Effect.uninterruptible, Effect.provide(memory)))

describe("a fiber that waits for the connection", () => {
  it.live("may be interrupted after it was given the connection and before it hears of it, and others get it", () =>
    Effect.gen(function*() {
      const { release, waiter } = yield* heldAndAwaited
      yield* release
      // In the same turn: the waiter has not run since.
      yield* Effect.sync(() => waiter.unsafeInterruptAsFork(FiberId.none))
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(waiter)))
      assert.isTrue(yield* answers)
    }).pipe(Effect.provide(memory)))

  it.live("may be interrupted before, and others get the connection once it is free", () =>
    Effect.gen(function*() {
      const { release, waiter } = yield* heldAndAwaited
      const next = yield* Effect.fork(answers)
      yield* Fiber.interrupt(waiter)
      yield* release
      assert.isTrue(yield* Fiber.join(next))
    }).pipe(Effect.provide(memory)))

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
    }).pipe(Effect.provide(memory)))
})

describe("a statement that fails", () => {
  it.live("gives the connection back", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.flip(sql`SELECT one FROM nowhere`)
      assert.isTrue(yield* answers)
    }).pipe(Effect.provide(memory)))
})

describe("a fiber that is interrupted at any operation", () => {
  /** Interrupts what is made for each n at its n-th operation, until it ends before that, and asks each time whether all still works. */
  const atEach = <R>(
    make: (n: number) => Effect.Effect<unknown, unknown, R>,
    works: (n: number) => Effect.Effect<unknown, unknown, R>
  ) =>
    Effect.gen(function*() {
      let n = 0
      while (yield* interruptedAt(n, make(n))) {
        assert.isTrue(yield* succeeds(works(n)), `after an interruption at operation ${n}`)
        n++
      }
      assert.isAbove(n, 10)
    })

  const ofApps = SqlJobStore.layer().pipe(Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" })))

  it.live("of a statement leaves the connection to others, and the statement to be run again", () => {
    const statement = (n: number) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(`SELECT ${n} AS number`))
    return atEach(statement, statement).pipe(Effect.provide(memory))
  })

  it.live("of a statement on a reserved connection leaves that to others, and the statement to be run again", () => {
    const statement = (n: number) =>
      Effect.scoped(Effect.flatMap(
        Effect.flatMap(SqlClient.SqlClient, ({ reserve }) => reserve),
        (connection) => connection.execute(`SELECT ${n} AS number`, [], undefined)
      ))
    return atEach(statement, statement).pipe(Effect.provide(memory))
  })

  it.live("of a transaction leaves the connection to others, and its statement to be run again", () => {
    const transaction = (n: number) =>
      Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(sql.unsafe(`SELECT ${n} AS number`)))
    return atEach(transaction, transaction).pipe(Effect.provide(memory))
  })

  it.live("of an enqueue leaves the connection to others, and the enqueue to be repeated", () =>
    atEach((n) => enqueue(job(n)), (n) => enqueue(job(n))).pipe(Effect.provide(memory)))

  it.live("of a store operation in a transaction of the app's own client leaves the operation to be repeated", () =>
    Effect.gen(function*() {
      const list = Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const store = yield* JobStore
        return yield* sql.withTransaction(store.list({ limit: 1 }))
      })
      let n = 0
      // A statement is prepared once for each client, so each time there is another.
      const again = Effect.gen(function*() {
        const interrupted = yield* interruptedAt(n, list)
        assert.isTrue(yield* succeeds(list), `after an interruption at operation ${n}`)
        return interrupted
      }).pipe(Effect.provide(Layer.fresh(ofApps)))
      while (yield* again) n++
      assert.isAbove(n, 10)
    }))

  it.live("of an export leaves the connection to others, and the export to be repeated", () => {
    const copy = Effect.flatMap(SqliteClient.SqliteClient, (client) => client.export)
    return atEach(() => copy, () => Effect.zipRight(copy, answer)).pipe(Effect.provide(memory))
  })

  it.live("of a transaction that finds the database locked is interrupted, and has died of nothing", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const context = yield* Layer.build(SqliteStore.layer({ filename }))
      const holder = yield* SqliteClient.make({ filename })
      yield* holder`BEGIN IMMEDIATE`
      const transaction = Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(Effect.void))
      const causes: Array<Cause.Cause<unknown>> = []
      // Waiting for the lock begins long before this.
      for (let n = 0; n < 150; n++) {
        yield* interruptedAt(n, Effect.onError(transaction, (cause) => Effect.sync(() => causes.push(cause)))).pipe(
          Effect.provide(context)
        )
      }
      yield* holder`ROLLBACK`
      assert.isNotEmpty(causes)
      assert.deepStrictEqual(causes.filter((cause) => Cause.isDie(cause)), [])
    }).pipe(Effect.provide(Reactivity.layer), Effect.scoped))
})
