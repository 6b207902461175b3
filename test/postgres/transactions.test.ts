import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Context, Deferred, Effect, Exit, Fiber, Layer, Queue, Stream } from "effect"
import { JobQueue } from "holdfast"
import { PostgresJobStore, PostgresStore } from "holdfast/postgres"
import { outsideTransaction } from "../../src/store/ambientTransaction.ts"
import { postgresTransaction } from "../../src/store/postgres/transaction.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import { claimed, enqueue, get, job, jobId, request } from "../../src/testing/conformance/StoreUnderTest.ts"
import { around } from "./around.ts"
import { freshDatabase, onFreshDatabase } from "./freshDatabase.ts"

/** A store on a database of its own, with a pool of so many connections. */
const store = (maxConnections = 4) => onFreshDatabase((url) => PostgresStore.layer({ url, maxConnections }))

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(effect))

/** The ids of all jobs, in order. */
const ids = Effect.flatMap(
  JobStore,
  (store) => Effect.map(store.list({ limit: 100 }), ({ jobs }) => jobs.map(({ id }) => id).toReversed())
)

/** A statement that the server refuses. */
const bad = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT 1 / 0`)

describe("a transaction on PostgreSQL", () => {
  it.live("takes the jobs that are enqueued in it along, to its commit or its rollback", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE orders (id integer)`
      yield* inTransaction(Effect.zipRight(sql`INSERT INTO orders VALUES (1)`, enqueue(job(1))))
      yield* Effect.ignore(
        inTransaction(Effect.all([sql`INSERT INTO orders VALUES (2)`, enqueue(job(2)), Effect.fail("no")]))
      )
      assert.deepStrictEqual(yield* ids, [jobId(1)])
      assert.deepStrictEqual(yield* sql`SELECT id FROM orders`, [{ id: 1 }])
    }).pipe(Effect.provide(store())))

  it.live("fails once a statement in it has failed, although PostgreSQL calls its COMMIT a success", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(inTransaction(Effect.zipRight(enqueue(job(1)), Effect.ignore(bad))))
      assert.include(String(failure.cause), "nothing of it is committed")
      assert.include(String(failure.cause), "division by zero")
      assert.deepStrictEqual(yield* ids, [])
      // Nothing that follows runs, not even by itself.
      const later = yield* Effect.exit(
        inTransaction(Effect.all([Effect.ignore(bad), Effect.ignore(enqueue(job(2))), enqueue(job(3))]))
      )
      assert.isTrue(Exit.isFailure(later))
      assert.deepStrictEqual(yield* ids, [])
    }).pipe(Effect.provide(store())))

  it.live("does not stop a job whose cancel was rolled back in a nested one", () =>
    Effect.gen(function*() {
      const { signals } = yield* JobStore
      yield* enqueue(job(1), job(2))
      yield* claimed()
      const stopped = yield* Queue.unbounded<string>()
      yield* signals.listen({ wake: Effect.void, cancel: (id) => Queue.offer(stopped, id) })
      yield* inTransaction(Effect.gen(function*() {
        yield* Effect.ignore(inTransaction(Effect.zipRight(JobQueue.cancel(jobId(1)), Effect.fail("no"))))
        assert.strictEqual(yield* JobQueue.cancel(jobId(2)), "running")
      }))
      assert.strictEqual(yield* Queue.take(stopped), jobId(2))
      yield* Effect.sleep("100 millis")
      assert.notInclude(Chunk.toReadonlyArray(yield* Queue.takeAll(stopped)), jobId(1))
      assert.isNull((yield* get(jobId(1))).cancelRequestedAt)
    }).pipe(
      Effect.scoped,
      Effect.provide(Layer.provideMerge(
        JobQueue.layer,
        onFreshDatabase((url) =>
          Layer.provideMerge(PostgresJobStore.layer(), PgClient.layer({ url, maxConnections: 4 }))
        )
      ))
    ))

  it.live("goes on after a nested one in which a statement has failed", () =>
    Effect.gen(function*() {
      yield* inTransaction(Effect.gen(function*() {
        yield* enqueue(job(1))
        const nested = yield* Effect.exit(inTransaction(Effect.zipRight(enqueue(job(2)), Effect.ignore(bad))))
        assert.isTrue(Exit.isFailure(nested))
        yield* enqueue(job(3))
        yield* Effect.ignore(inTransaction(Effect.zipRight(enqueue(job(4)), bad)))
        yield* inTransaction(enqueue(job(5)))
      }))
      assert.deepStrictEqual(yield* ids, [jobId(1), jobId(3), jobId(5)])
    }).pipe(Effect.provide(store())))

  it.live("keeps the jobs of each that is nested in it, also where another beside it fails", () =>
    Effect.gen(function*() {
      yield* inTransaction(Effect.all([
        inTransaction(enqueue(job(1))),
        Effect.ignore(inTransaction(Effect.zipRight(enqueue(job(2)), bad))),
        inTransaction(enqueue(job(3)))
      ], { concurrency: "unbounded" }))
      assert.deepStrictEqual(yield* ids, [jobId(1), jobId(3)])
    }).pipe(Effect.provide(store())))

  it.live("whose COMMIT fails is an error, and the connection is fit for the next", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE parent (id integer PRIMARY KEY)`
      yield* sql`CREATE TABLE child (id integer REFERENCES parent DEFERRABLE INITIALLY DEFERRED)`
      for (let round = 0; round < 3; round++) {
        const failure = yield* Effect.flip(
          inTransaction(Effect.zipRight(sql`INSERT INTO child VALUES (7)`, enqueue(job(1))))
        )
        assert.strictEqual(failure._tag, "SqlError")
      }
      assert.deepStrictEqual(yield* ids, [])
      yield* enqueue(job(2))
      assert.deepStrictEqual(yield* ids, [jobId(2)])
    }).pipe(Effect.provide(store(1))))

  it.live("is rolled back also if a statement of another fiber in it fails while it ends", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      for (let round = 0; round < 2; round++) {
        const ended = inTransaction(Effect.gen(function*() {
          const slow = Effect.fork(sql`SELECT 1 / (extract(epoch FROM now()) * 0)::int FROM pg_sleep(0.2)`)
          if (round === 1) yield* Effect.fork(inTransaction(Effect.zipRight(slow, Effect.never)))
          else yield* slow
          yield* Effect.sleep("50 millis")
          return yield* Effect.fail("no")
        }))
        assert.strictEqual(yield* Effect.flip(ended), "no")
        yield* enqueue(job(round))
      }
      assert.deepStrictEqual(yield* ids, [jobId(0), jobId(1)])
    }).pipe(Effect.provide(store(1))))

  it.live("whose COMMIT fails refuses what has waited for it to be over", () =>
    Effect.gen(function*() {
      const driver = yield* Effect.flatMap(freshDatabase, (url) => PgClient.make({ url, maxConnections: 2 }))
      yield* driver`CREATE TABLE parent (id integer PRIMARY KEY)`
      yield* driver`CREATE TABLE child (id integer REFERENCES parent DEFERRABLE INITIALLY DEFERRED)`
      const committing = yield* Deferred.make<void>()
      const waits = Effect.zipRight(Deferred.succeed(committing, undefined), Effect.sleep("50 millis"))
      const client = around(driver, (text, run) => text === "COMMIT" ? Effect.zipRight(waits, run) : run)
      const insertIn = (table: string, id: number) =>
        Effect.flatMap(
          SqlClient.TransactionConnection,
          ([connection]) => connection.execute(`INSERT INTO ${table} VALUES (${id})`, [], undefined)
        ) as Effect.Effect<unknown, SqlError.SqlError>
      let late: Fiber.RuntimeFiber<unknown, SqlError.SqlError> | undefined
      const failure = yield* Effect.flip(
        postgresTransaction(client)(Effect.gen(function*() {
          yield* insertIn("child", 7)
          late = yield* Effect.forkDaemon(Effect.zipRight(Deferred.await(committing), insertIn("parent", 1)))
        }))
      )
      assert.strictEqual(failure._tag, "SqlError")
      assert(late !== undefined)
      assert.isTrue(Exit.isFailure(yield* Fiber.await(late)))
      assert.deepStrictEqual(yield* driver`SELECT id FROM parent`, [])
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))

  it.live("does not take in what a fiber that outlives it writes", () =>
    Effect.gen(function*() {
      const over = yield* Deferred.make<void>()
      const late = yield* inTransaction(
        Effect.fork(Effect.zipRight(Deferred.await(over), enqueue(job(1))))
      )
      yield* Deferred.succeed(over, undefined)
      yield* inTransaction(Effect.zipRight(Fiber.join(late), Effect.fail("no"))).pipe(Effect.ignore)
      assert.deepStrictEqual(yield* ids, [jobId(1)])
    }).pipe(Effect.provide(store())))

  it.live("costs the pool no connection if it is interrupted while it waits for one", () =>
    Effect.gen(function*() {
      const held = yield* Deferred.make<void>()
      const release = yield* Deferred.make<void>()
      const holder = yield* Effect.fork(
        inTransaction(Effect.zipRight(Deferred.succeed(held, undefined), Deferred.await(release)))
      )
      yield* Deferred.await(held)
      const sql = yield* SqlClient.SqlClient
      const stream = Stream.runDrain(sql`SELECT 1`.stream)
      const reserved = Effect.scoped(sql.reserve)
      for (const waiting of [inTransaction(enqueue(job(1))), enqueue(job(2)), enqueue(job(3)), stream, reserved]) {
        const fiber = yield* Effect.fork(waiting)
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(fiber)
      }
      yield* Deferred.succeed(release, undefined)
      yield* Fiber.join(holder)
      yield* enqueue(job(4))
      assert.include(yield* ids, jobId(4))
    }).pipe(Effect.provide(store(1))))

  it.live("ends its statement when that is interrupted, and is rolled back", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const before = Date.now()
      const exit = yield* Effect.exit(inTransaction(Effect.gen(function*() {
        yield* enqueue(job(1))
        yield* Effect.timeoutOption(sql`SELECT pg_sleep(30)`, "50 millis")
        yield* enqueue(job(2))
      })))
      assert.isTrue(Exit.isFailure(exit))
      assert.isBelow(Date.now() - before, 20_000)
      assert.deepStrictEqual(yield* ids, [])
    }).pipe(Effect.provide(store())))

  it.live("is carried through once its COMMIT is on its way, also if its fiber is interrupted", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql.unsafe(`
        CREATE TABLE slow (id integer);
        CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER slowly AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION slowly()`)
      const { events } = yield* JobStore
      const told = yield* Effect.fork(Stream.runHead(events.stream))
      const fiber = yield* Effect.fork(
        inTransaction(Effect.zipRight(sql`INSERT INTO slow VALUES (1)`, enqueue(job(1))))
      )
      const committing = sql`
        SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND query = 'COMMIT' AND wait_event = 'PgSleep'`
      yield* Effect.repeat(committing, { until: (rows) => rows.length > 0 })
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* sql`SELECT id FROM slow`, [{ id: 1 }])
      assert.deepStrictEqual(yield* ids, [jobId(1)])
      yield* Fiber.join(told)
    }).pipe(Effect.provide(store())))

  it.live("cancels its own interrupted statement, and not the next one on the connection", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const holds = yield* Deferred.make<void>()
      const done = yield* Deferred.make<void>()
      const key = { uniqueKey: "one", uniqueScope: "pending" } as const
      const holder = yield* Effect.fork(inTransaction(
        Effect.zipRight(
          enqueue(job(1, key)),
          Effect.zipRight(Deferred.succeed(holds, undefined), Deferred.await(done))
        )
      ))
      yield* Deferred.await(holds)
      for (let times = 0; times < 10; times++) {
        // It waits for the holder of the key.
        yield* Effect.timeoutOption(enqueue(job(2, key)), "10 millis")
        yield* Effect.all(Array.from({ length: 3 }, () => sql`SELECT pg_sleep(0.01)`), { concurrency: "unbounded" })
      }
      yield* Deferred.succeed(done, undefined)
      yield* Fiber.join(holder)
    }).pipe(Effect.provide(store())))

  it.live("fails also after a stream that has failed", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const exit = yield* Effect.exit(
        inTransaction(Effect.zipRight(enqueue(job(1)), Effect.ignore(Stream.runDrain(sql`SELECT 1 / 0`.stream))))
      )
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(yield* ids, [])
    }).pipe(Effect.provide(store())))

  it.live("is one inside a transaction of another client, as that has it", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const other = yield* Effect.flatMap(freshDatabase, (url) => PgClient.make({ url, maxConnections: 1 }))
      const failure = yield* Effect.flip(other.withTransaction(sql.withTransaction(enqueue(job(1)))))
      assert.strictEqual(failure._tag, "ForeignTransaction")
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(store(), Reactivity.layer))))

  it.live("of another database is refused, and nothing is enqueued", () =>
    Effect.gen(function*() {
      const other = yield* Effect.flatMap(freshDatabase, (url) => PgClient.make({ url, maxConnections: 1 }))
      const failure = yield* Effect.flip(other.withTransaction(enqueue(job(1))))
      assert.strictEqual(failure._tag, "ForeignTransaction")
      assert.deepStrictEqual(yield* ids, [])
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(store(), Reactivity.layer))))
})

describe("a unique key on PostgreSQL", () => {
  const keyed = (number: number) => job(number, { uniqueKey: "k" })

  it.live("whose holder is kept for a job of an open transaction is not claimed before that ends", () =>
    Effect.gen(function*() {
      yield* enqueue(keyed(1))
      yield* inTransaction(Effect.gen(function*() {
        const [answer] = yield* enqueue(keyed(2))
        assert.deepStrictEqual(answer, { id: jobId(1), enqueued: false, outcome: "kept" })
        assert.deepStrictEqual(yield* outsideTransaction(claimed()), [])
      }))
      assert.deepStrictEqual(yield* claimed(), [jobId(1)])
    }).pipe(Effect.provide(store())))

  it.live("that a claim of an open transaction gives up is free once that is committed", () =>
    Effect.gen(function*() {
      yield* enqueue(keyed(1))
      const second = yield* inTransaction(Effect.gen(function*() {
        assert.deepStrictEqual(yield* claimed(), [jobId(1)])
        return yield* Effect.fork(outsideTransaction(enqueue(keyed(2))))
      }))
      assert.deepStrictEqual(yield* Fiber.join(second), [{ id: jobId(2), enqueued: true, outcome: "enqueued" }])
    }).pipe(Effect.provide(store())))

  it.live("that a claim gives up between two statements of an enqueue is free for that", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const { enqueue: enqueueFirst, claim } = yield* storeOf(PostgresStore.layer({ url }))
      const driver = yield* PgClient.make({ url, maxConnections: 2 })
      let claims = 0
      // The insert has found the holder in its way, and has not yet looked for it.
      const inserted = Effect.suspend(() =>
        claims++ > 0 ?
          Effect.void :
          Effect.flatMap(
            outsideTransaction(claim(request())),
            ({ length }) => Effect.sync(() => assert.strictEqual(length, 1))
          )
      )
      const store = yield* storeOf(Layer.provide(
        PostgresJobStore.layer(),
        Layer.succeed(SqlClient.SqlClient, afterInserts(driver, Effect.orDie(inserted)))
      ))
      yield* enqueueFirst([keyed(1)])
      const answers = yield* store.enqueue([keyed(2), keyed(2)])
      assert.deepStrictEqual(answers.map(({ id, outcome }) => [id, outcome]), [[jobId(2), "enqueued"], [
        jobId(2),
        "kept"
      ]])
      assert.strictEqual((yield* store.get(jobId(2), undefined)).status, "pending")
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))
})

const storeOf = <E>(layer: Layer.Layer<JobStore, E>) => Effect.map(Layer.build(layer), Context.get(JobStore))

/** A client that does something after each INSERT of jobs. */
const afterInserts = (driver: PgClient.PgClient, then: Effect.Effect<void>) =>
  around(driver, (text, run) => text.includes("INSERT INTO") ? Effect.zipLeft(run, then) : run)

/** A store on the driver's own client, as an app has it already. */
const appsOwn = Layer.unwrapScoped(
  Effect.map(
    freshDatabase,
    (url) => Layer.provideMerge(PostgresJobStore.layer(), PgClient.layer({ url, maxConnections: 3 }))
  )
)

// Of a nested transaction on the driver's own client nobody can tell whether it was rolled back.
for (
  const [name, layer, nestedToo] of [["our client", store(), true], ["an app's own client", appsOwn, false]] as const
) {
  describe(`events of a transaction on ${name}`, () => {
    it.live("are told once it is committed, and not if it is rolled back", () =>
      Effect.gen(function*() {
        const { events } = yield* JobStore
        const told = yield* Effect.fork(Stream.runHead(Stream.filter(events.stream, ({ _tag }) => _tag === "Enqueued")))
        yield* Effect.yieldNow()
        yield* Effect.ignore(inTransaction(Effect.zipRight(enqueue(job(1)), Effect.fail("no"))))
        yield* inTransaction(Effect.gen(function*() {
          if (nestedToo) yield* Effect.ignore(inTransaction(Effect.zipRight(enqueue(job(2)), Effect.fail("no"))))
          yield* enqueue(job(3))
          assert.isNull(told.unsafePoll())
        }))
        const event = yield* Fiber.join(told)
        assert.include(JSON.stringify(event), jobId(3))
        assert.strictEqual((yield* get(jobId(3))).status, "pending")
      }).pipe(Effect.provide(layer)))
  })
}
