import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import type { Context } from "effect"
import { Array as Arr, Deferred, Effect, Exit, Fiber, FiberId, TestClock } from "effect"
import { AsyncLocalStorage } from "node:async_hooks"
import { ambientConnection } from "../../../src/store/transaction/ambientTransaction.ts"
import { interruptedAt, succeeds } from "./interruptedAt.ts"
import { allRows, enqueue, job, jobId, memory } from "../someJobs.ts"

const ids = Effect.map(allRows, (rows) => rows.map((row) => row["id"]))

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(effect))

/** Runs a statement on the transaction's connection behind the transaction's back. */
const onDriver = (statement: string) =>
  Effect.contextWithEffect((context: Context.Context<never>) =>
    Effect.flatMap(ambientConnection(context), (connection) => connection.executeUnprepared(statement, [], undefined))
  )

/** Lets the other fibers run for a while. */
const yields = Effect.repeatN(Effect.yieldNow(), 20)

const failing = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.ignore(inTransaction(Effect.zipRight(effect, Effect.fail("no"))))

const together = { concurrency: "unbounded", discard: true } as const

describe("transactions beside each other inside one", () => {
  it.effect("each keep their own jobs, also where another fails", () =>
    Effect.gen(function*() {
      yield* inTransaction(Effect.all([
        inTransaction(Effect.zipRight(enqueue(job(1)), yields)),
        failing(Effect.zipRight(enqueue(job(2)), yields)),
        inTransaction(Effect.zipRight(yields, enqueue(job(3)))),
        failing(Effect.zipRight(yields, enqueue(job(4)))),
        inTransaction(enqueue(job(5)))
      ], together))
      assert.deepStrictEqual(yield* ids, [jobId(1), jobId(3), jobId(5)])
    }).pipe(Effect.provide(memory)))

  it.effect("run one after the other, at every depth, wherever their fibers give way", () =>
    Effect.gen(function*() {
      let open = 0
      const alone = <E, R>(number: number, effect: Effect.Effect<unknown, E, R>) =>
        inTransaction(Effect.gen(function*() {
          open += 1
          assert.strictEqual(open, 1)
          yield* enqueue(job(number))
          yield* yields
          open -= 1
          yield* effect
        }))
      for (const rate of [11, 13, 17, 19]) {
        yield* inTransaction(Effect.forEach(Arr.range(1, 3), (place) => {
          const number = rate * 100 + place * 10
          return inTransaction(Effect.all([
            alone(number, yields),
            failing(alone(number + 1, Effect.fail("no"))),
            failing(alone(number + 2, Effect.void)),
            alone(number + 3, Effect.void)
          ], together))
        }, together)).pipe(Effect.withMaxOpsBeforeYield(rate))
      }
      const kept = [11, 13, 17, 19].flatMap((rate) =>
        [1, 2, 3].flatMap((place) => [jobId(rate * 100 + place * 10), jobId(rate * 100 + place * 10 + 3)])
      )
      assert.deepStrictEqual(yield* ids, kept.toSorted())
    }).pipe(Effect.provide(memory)))

  it.effect("wait as their callers may be interrupted, and one that was is not there", () =>
    Effect.gen(function*() {
      yield* inTransaction(Effect.gen(function*() {
        const go = yield* Deferred.make<void>()
        const first = yield* Effect.fork(inTransaction(Effect.zipRight(enqueue(job(1)), Deferred.await(go))))
        yield* yields
        const second = yield* Effect.fork(inTransaction(enqueue(job(2))))
        const third = yield* Effect.fork(enqueue(job(3)))
        yield* yields
        yield* Fiber.interruptAll([second, third])
        yield* Deferred.succeed(go, undefined)
        yield* Fiber.join(first)
      }))
      assert.deepStrictEqual(yield* ids, [jobId(1)])
    }).pipe(Effect.provide(memory)))
})

describe("what the outer transaction does while an inner one is open", () => {
  it.effect("waits for it, and is not undone by it", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE notes (id INTEGER PRIMARY KEY)`
      yield* inTransaction(Effect.all([
        failing(Effect.zipRight(enqueue(job(1)), yields)),
        enqueue(job(2)),
        sql`INSERT INTO notes (id) VALUES (1)`
      ], together))
      assert.deepStrictEqual(yield* ids, [jobId(2)])
      assert.deepStrictEqual(yield* sql`SELECT id FROM notes`, [{ id: 1 }])
    }).pipe(Effect.provide(memory)))

  it.effect("is part of the inner one where the fiber of that one does it", () =>
    Effect.gen(function*() {
      yield* inTransaction(Effect.gen(function*() {
        // As a service does that was built in the outer transaction.
        const outer = yield* Effect.context<Effect.Effect.Context<ReturnType<typeof enqueue>>>()
        yield* failing(Effect.provide(enqueue(job(1)), outer))
        yield* inTransaction(Effect.provide(enqueue(job(2)), outer))
      }))
      assert.deepStrictEqual(yield* ids, [jobId(2)])
    }).pipe(Effect.provide(memory)))

  it.effect("fails after 30 s where the inner one waits for it, and says why", () =>
    Effect.gen(function*() {
      const transaction = yield* Effect.fork(inTransaction(Effect.gen(function*() {
        const go = yield* Deferred.make<void>()
        const outer = yield* Effect.fork(Effect.zipRight(Deferred.await(go), Effect.flip(enqueue(job(1)))))
        return yield* inTransaction(Effect.gen(function*() {
          yield* enqueue(job(2))
          yield* Deferred.succeed(go, undefined)
          return yield* Fiber.join(outer)
        }))
      })))
      yield* TestClock.adjust("1 minute")
      const error = yield* Fiber.join(transaction)
      assert.strictEqual(error._tag, "StoreError")
      assert.include(error.message, "waited 30 s for a nested transaction")
      assert.deepStrictEqual(yield* ids, [jobId(2)])
    }).pipe(Effect.provide(memory)))

  it.effect("fails where two inner ones wait for each other, and the first may commit", () =>
    Effect.gen(function*() {
      const transaction = yield* Effect.fork(inTransaction(Effect.gen(function*() {
        const second = yield* Deferred.make<void, unknown>()
        return yield* Effect.all([
          inTransaction(Effect.zipRight(enqueue(job(1)), Effect.flip(Deferred.await(second)))),
          Effect.exit(inTransaction(enqueue(job(2))).pipe(Effect.asVoid, Effect.intoDeferred(second)))
        ], { concurrency: "unbounded" })
      })))
      yield* TestClock.adjust("1 minute")
      const [error] = yield* Fiber.join(transaction)
      assert.include(String((error as { readonly cause?: unknown }).cause), "waited 30 s for a nested transaction")
      assert.deepStrictEqual(yield* ids, [jobId(1)])
    }).pipe(Effect.provide(memory)))

  it.effect("does not fail however long the inner one takes that goes on", () =>
    Effect.gen(function*() {
      const transaction = yield* Effect.fork(inTransaction(Effect.all([
        inTransaction(
          Effect.forEach(Arr.range(1, 10), (n) => Effect.zipRight(enqueue(job(n)), Effect.sleep("20 seconds")))
        ),
        enqueue(job(11))
      ], together)))
      yield* TestClock.adjust("5 minutes")
      yield* Fiber.join(transaction)
      assert.lengthOf(yield* ids, 11)
    }).pipe(Effect.provide(memory)))
})

describe("a transaction that ends while one inside it is open", () => {
  it.effect("waits for it when it is to commit", () =>
    Effect.gen(function*() {
      yield* inTransaction(Effect.gen(function*() {
        yield* Effect.forkDaemon(inTransaction(Effect.zipRight(yields, enqueue(job(1)))))
        yield* Effect.yieldNow()
        yield* enqueue(job(2))
      }))
      assert.deepStrictEqual(yield* ids, [jobId(1), jobId(2)])
    }).pipe(Effect.provide(memory)))

  it.effect("ends at once when it fails, and what follows in the inner one is refused and not committed alone", () =>
    Effect.gen(function*() {
      const [enqueued, go] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const inner = yield* Effect.flip(inTransaction(Effect.gen(function*() {
        const fiber = yield* Effect.forkDaemon(Effect.exit(inTransaction(Effect.gen(function*() {
          yield* enqueue(job(1))
          yield* Deferred.succeed(enqueued, undefined)
          yield* Deferred.await(go)
          return yield* Effect.flip(enqueue(job(2)))
        }))))
        yield* Deferred.await(enqueued)
        return yield* Effect.fail(fiber)
      })))
      assert(!("_tag" in inner))
      assert.deepStrictEqual(yield* ids, [])
      yield* Deferred.succeed(go, undefined)
      const exit = yield* Fiber.join(inner)
      assert(Exit.isFailure(exit) && exit.cause._tag === "Fail")
      assert.strictEqual((exit.cause.error as { readonly _tag: string })._tag, "SqlError")
      assert.deepStrictEqual(yield* ids, [])
      yield* inTransaction(enqueue(job(3)))
      assert.deepStrictEqual(yield* ids, [jobId(3)])
    }).pipe(Effect.provide(memory)))

  it.effect("rolls back with it, where it is interrupted while it waits for it", () =>
    Effect.gen(function*() {
      const outer = yield* Effect.fork(inTransaction(Effect.gen(function*() {
        yield* enqueue(job(1))
        yield* Effect.forkDaemon(inTransaction(Effect.never))
        yield* Effect.yieldNow()
      })))
      yield* yields
      yield* Fiber.interrupt(outer)
      yield* inTransaction(enqueue(job(2)))
      assert.deepStrictEqual(yield* ids, [jobId(2)])
    }).pipe(Effect.provide(memory)))

  it.effect("is rolled back whole when a savepoint was taken away under it", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(inTransaction(Effect.gen(function*() {
        yield* onDriver("SAVEPOINT mine")
        yield* enqueue(job(1))
        yield* Effect.exit(inTransaction(Effect.zipRight(enqueue(job(2)), onDriver("ROLLBACK TO mine"))))
        yield* Effect.exit(enqueue(job(3)))
      })))
      assert(Exit.isFailure(exit) && exit.cause._tag === "Fail" && exit.cause.error._tag === "SqlError")
      assert.deepStrictEqual(yield* ids, [])
      yield* inTransaction(enqueue(job(4)))
      assert.deepStrictEqual(yield* ids, [jobId(4)])
    }).pipe(Effect.provide(memory)))
})

describe("a fiber that outlives the inner transaction it was forked in", () => {
  it.effect("goes on in the outer one, and after that by itself", () =>
    Effect.gen(function*() {
      const first = yield* Deferred.make<void>()
      const second = yield* Deferred.make<void>()
      const fiber = yield* inTransaction(Effect.gen(function*() {
        const fiber = yield* inTransaction(Effect.forkDaemon(Effect.gen(function*() {
          yield* Deferred.await(first)
          yield* enqueue(job(1))
          yield* inTransaction(enqueue(job(2)))
          yield* Deferred.await(second)
          yield* enqueue(job(3))
          yield* inTransaction(enqueue(job(4)))
        })))
        yield* Deferred.succeed(first, undefined)
        yield* yields
        assert.deepStrictEqual(yield* ids, [jobId(1), jobId(2)])
        return fiber
      }))
      yield* Deferred.succeed(second, undefined)
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(yield* ids, [1, 2, 3, 4].map(jobId))
    }).pipe(Effect.provide(memory)))
})

describe("a fiber that waits for its turn in a transaction", () => {
  it.effect("goes on by itself where the transaction has ended meanwhile", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE notes (id INTEGER PRIMARY KEY)`
      const go = yield* Deferred.make<void>()
      const ending = yield* Effect.fork(inTransaction(Effect.gen(function*() {
        yield* Effect.forkDaemon(inTransaction(Deferred.await(go)))
        yield* yields
        // They come to it after the end of this one has.
        return yield* Effect.forEach([
          Effect.asVoid(enqueue(job(1))),
          Effect.asVoid(inTransaction(enqueue(job(2)))),
          Effect.asVoid(sql`INSERT INTO notes (id) VALUES (3)`)
        ], (late) => Effect.forkDaemon(Effect.zipRight(Effect.yieldNow(), late)))
      })))
      yield* yields
      yield* Deferred.succeed(go, undefined)
      const late = yield* Fiber.join(ending)
      yield* Fiber.joinAll(late)
      yield* Effect.ignore(inTransaction(Effect.fail("no")))
      assert.deepStrictEqual(yield* ids, [jobId(1), jobId(2)])
      assert.deepStrictEqual(yield* sql`SELECT id FROM notes`, [{ id: 3 }])
    }).pipe(Effect.provide(memory)))

  it.live("goes on in its own async context, and not in that of the fiber before it", () =>
    Effect.gen(function*() {
      const request = new AsyncLocalStorage<string>()
      const run = Effect.runFork as (effect: Effect.Effect<void, unknown>) => Fiber.RuntimeFiber<void, unknown>
      const seen: Array<string | undefined> = []
      yield* inTransaction(Effect.gen(function*() {
        const context = yield* Effect.context<SqlClient.SqlClient>()
        const fibers = ["a", "b"].map((tenant) =>
          request.run(tenant, () =>
            run(Effect.provide(
              Effect.zipRight(inTransaction(yields), Effect.sync(() => void seen.push(request.getStore()))),
              context
            )))
        )
        yield* Fiber.joinAll(fibers)
      }))
      assert.deepStrictEqual(new Set(seen), new Set(["a", "b"]))
    }).pipe(Effect.provide(memory)))

  it.effect("is a transaction of its own where the one around it was rolled back as it waited for its turn", () =>
    Effect.gen(function*() {
      const late = yield* Deferred.make<Fiber.Fiber<unknown, unknown>>()
      // This one waits for the connection and begins as soon as that is free.
      const other = yield* Effect.fork(
        Effect.zipRight(Deferred.await(late), inTransaction(Effect.zipRight(yields, enqueue(job(2)))))
      )
      yield* failing(Effect.gen(function*() {
        yield* Effect.fork(inTransaction(Effect.never))
        yield* yields
        const work = Effect.zipRight(yields, enqueue(job(1)))
        yield* Deferred.succeed(late, yield* Effect.forkDaemon(inTransaction(work)))
        yield* yields
      }))
      yield* Fiber.join(other)
      yield* Fiber.join(yield* Deferred.await(late))
      assert.deepStrictEqual(yield* ids, [jobId(1), jobId(2)])
    }).pipe(Effect.provide(memory)))
})

describe("nested transactions of which one fiber is interrupted at any operation", () => {
  it.live("leave the connection to others, and what is written next is there", () =>
    Effect.gen(function*() {
      const nested = (n: number) =>
        // Effect.all would not do: interrupted as it forks its fibers, it never ends.
        inTransaction(Effect.gen(function*() {
          const first = yield* Effect.fork(inTransaction(enqueue(job(3 * n))))
          const second = yield* Effect.fork(failing(enqueue(job(3 * n + 1))))
          yield* Effect.yieldNow()
          yield* enqueue(job(3 * n + 2))
          yield* Fiber.join(first)
          yield* Fiber.join(second)
        }))
      let n = 0
      while (yield* interruptedAt(n, nested(n))) {
        assert.isTrue(yield* succeeds(inTransaction(enqueue(job(1_000_000 + n)))), `after an interruption at ${n}`)
        n += 1
      }
      const there = new Set(yield* ids)
      for (let i = 0; i < n; i += 1) {
        assert.isTrue(there.has(jobId(1_000_000 + i)))
        assert.isFalse(there.has(jobId(3 * i + 1)))
        assert.strictEqual(there.has(jobId(3 * i)), there.has(jobId(3 * i + 2)))
      }
      assert.isAbove(n, 100)
    }).pipe(Effect.provide(memory)))

  it.live("passes on the turn of a fiber that is interrupted in the step in which it is given", () =>
    inTransaction(Effect.gen(function*() {
      const over = yield* Deferred.make<void>()
      const waiting = yield* Deferred.make<Fiber.RuntimeFiber<unknown, unknown>>()
      const inner = yield* Effect.fork(
        Effect.flatMap(
          inTransaction(Effect.zipRight(Deferred.await(over), Deferred.await(waiting))),
          (fiber) => Effect.sync(() => fiber.unsafeInterruptAsFork(FiberId.none))
        )
      )
      yield* yields
      const outer = yield* Effect.fork(enqueue(job(1)))
      yield* yields
      yield* Deferred.succeed(waiting, outer)
      yield* Deferred.succeed(over, undefined)
      yield* Fiber.join(inner)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(outer)))
      assert.isTrue(yield* succeeds(enqueue(job(2))))
      assert.deepStrictEqual(yield* ids, [jobId(2)])
    })).pipe(Effect.provide(memory)))
})
