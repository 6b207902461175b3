import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Layer, Logger, Redacted, Schedule } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { PostgresJobStore, PostgresStore } from "holdfast/postgres"
import { JobStore } from "../../src/store/JobStore.ts"
import { job, jobId, request } from "../../src/testing/conformance/StoreUnderTest.ts"
import { freshDatabase } from "./freshDatabase.ts"
import { listening } from "./listening.ts"
import { ownPgBouncer } from "./pgbouncer.ts"

const Ping = Job.make("ping")

/** A database with a PgBouncer before it, and a client that goes past that. */
const pooled = Effect.gen(function*() {
  const direct = yield* freshDatabase
  const { url } = yield* ownPgBouncer(Redacted.value(direct))
  return { direct, url: Redacted.make(url(Redacted.value(direct))), admin: yield* PgClient.make({ url: direct }) }
})

const storeOn = (options: PostgresStore.Options) =>
  Effect.map(Layer.build(PostgresStore.layer(options)), Context.get(JobStore))

const queueOn = (options: PostgresStore.Options) =>
  Layer.build(Layer.provide(JobQueue.layer, PostgresStore.layer(options)))

/** A worker that finds by itself what was not announced once an hour, unless told otherwise. */
const worker = (
  options: PostgresStore.Options,
  handler: Effect.Effect<void>,
  pollInterval: "1 hour" | "100 millis" = "1 hour"
) =>
  Layer.build(
    Worker.layer({ jobs: [Ping], pollInterval, leaseFor: "5 seconds", heartbeatInterval: "1 second" }).pipe(
      Layer.provide(Ping.toLayer(() => handler)),
      Layer.provide(JobQueue.layer),
      Layer.provide(PostgresStore.layer({ maxConnections: 4, ...options }))
    )
  )

const scoped = <A, E, R>(effect: Effect.Effect<A, E, R>) => effect.pipe(Effect.scoped, Effect.provide(Reactivity.layer))

describe("through PgBouncer in transaction mode", () => {
  it.live("any number of stores make the tables once, in a schema too, and keep nothing on their connections", () =>
    Effect.gen(function*() {
      const { admin, url } = yield* pooled
      for (const schema of [undefined, "jobs"]) {
        const counts = yield* Effect.forEach(Array.from({ length: 8 }).keys(), (number) =>
          Effect.gen(function*() {
            const store = yield* storeOn({ url, schema, maxConnections: 1 })
            yield* store.enqueue([job(number)])
            return (yield* store.list({ limit: 100 })).jobs.length
          }), { concurrency: "unbounded" })
        assert.strictEqual(Math.max(...counts), 8)
      }
      assert.deepStrictEqual(yield* admin`SELECT 1 FROM pg_locks WHERE locktype = 'advisory'`, [])
    }).pipe(scoped))

  it.live("enqueues join the app's transaction, on the store's client and on the app's own", () =>
    Effect.gen(function*() {
      const { url } = yield* pooled
      const own = yield* PgClient.make({ url, maxConnections: 3 })
      const ofOwn = Layer.provideMerge(PostgresJobStore.layer(), Layer.succeed(SqlClient.SqlClient, own))
      for (const layer of [PostgresStore.layer({ url, maxConnections: 3 }), ofOwn]) {
        yield* Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          const store = yield* JobStore
          yield* sql`CREATE TABLE IF NOT EXISTS orders (id integer)`
          const order = (number: number) => sql`INSERT INTO orders VALUES (${number})`
          yield* Effect.forEach([1, 2, 3, 4, 5, 6], (number) =>
            Effect.exit(sql.withTransaction(Effect.gen(function*() {
              yield* order(number)
              yield* store.enqueue([job(number)])
              if (number % 2 === 0) yield* Effect.fail("undone")
            }))), { concurrency: "unbounded" })
          const { jobs } = yield* store.list({ limit: 100 })
          assert.deepStrictEqual(jobs.map(({ id }) => id).toSorted(), [1, 3, 5].map(jobId))
          assert.deepStrictEqual(yield* sql`SELECT id FROM orders ORDER BY id`, [{ id: 1 }, { id: 3 }, { id: 5 }])
          yield* sql`DROP TABLE orders`
          yield* sql`DELETE FROM holdfast_jobs`
        }).pipe(Effect.provide(layer))
      }
    }).pipe(scoped))

  it.live("claims at once share no job, and what they take can be settled", () =>
    Effect.gen(function*() {
      const { url } = yield* pooled
      const stores = [yield* storeOn({ url, maxConnections: 8 }), yield* storeOn({ url, maxConnections: 8 })]
      const [first] = stores
      assert(first !== undefined)
      yield* first.enqueue(Array.from({ length: 200 }, (_, number) => job(number)))
      const claims = yield* Effect.forEach(
        Array.from({ length: 16 }, (_, number) => number),
        (number) => (stores[number % 2] ?? first).claim(request({ worker: `w${number}` })),
        { concurrency: "unbounded" }
      )
      const taken = claims.flat()
      assert.isAbove(taken.length, 0)
      assert.strictEqual(new Set(taken.map(({ lease }) => lease.jobId)).size, taken.length)
      yield* Effect.forEach(claims, (jobs) => first.complete(jobs.map(({ lease }) => ({ lease, result: "null" }))), {
        concurrency: "unbounded"
      })
      assert.strictEqual(
        (yield* first.list({ limit: 100, status: "succeeded" })).jobs.length,
        Math.min(100, taken.length)
      )
    }).pipe(scoped))

  it.live("a worker with a listenUrl is woken, keeps its leases and is told of a cancel", () =>
    Effect.gen(function*() {
      const { admin, direct, url } = yield* pooled
      const begun = yield* Deferred.make<void>()
      const stopped = yield* Deferred.make<void>()
      yield* worker(
        { url, listenUrl: direct },
        Effect.onInterrupt(
          Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never),
          () => Deferred.succeed(stopped, undefined)
        )
      )
      yield* listening(admin)
      const other = yield* queueOn({ url, maxConnections: 2 })
      const { id } = yield* Effect.provide(JobQueue.enqueue(Ping), other)
      yield* Deferred.await(begun)
      const until = Effect.map(
        admin<{ readonly until: number }>`
          SELECT extract(epoch FROM locked_until)::float8 AS until FROM holdfast_jobs WHERE id = ${id}`,
        ([row]) => row?.until ?? 0
      )
      const first = yield* until
      yield* Effect.repeat(until, { until: (now) => now > first, schedule: Schedule.spaced("20 millis") })
      yield* Effect.provide(JobQueue.cancel(id), other)
      yield* Deferred.await(stopped)
    }).pipe(scoped))

  it.live("a worker that listens through it says that it hears nothing, and polls", () =>
    Effect.gen(function*() {
      const { url } = yield* pooled
      const said = yield* Deferred.make<string>()
      const ran = yield* Deferred.make<void>()
      const log = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ annotations, message }) => {
          if (String(message).startsWith("Cannot listen")) {
            Deferred.unsafeDone(said, Effect.succeed(JSON.stringify([message, ...annotations])))
          }
        })
      )
      yield* Effect.gen(function*() {
        yield* worker({ url }, Deferred.succeed(ran, undefined), "100 millis")
        assert.match(yield* Deferred.await(said), /is it behind a pooler in transaction mode/)
        yield* Effect.provide(JobQueue.enqueue(Ping), yield* queueOn({ url, maxConnections: 2 }))
        yield* Deferred.await(ran)
      }).pipe(Effect.provide(log))
    }).pipe(scoped))
})
