import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Deferred, Duration, Effect, Either, Layer, Schedule, Schema } from "effect"
import type { Redacted } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { PostgresStore } from "holdfast/postgres"
import { outsideTransaction } from "../../src/store/ambientTransaction.ts"
import type { Acted } from "../../src/store/JobStore.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import {
  claimed,
  enqueue,
  extend,
  get,
  job,
  jobId,
  refusal,
  releaseStale,
  request,
  workerBeat
} from "../../src/testing/conformance/StoreUnderTest.ts"
import { freshDatabase, onFreshDatabase } from "./freshDatabase.ts"

/** The store of another process on a database. */
const storeOn = (url: Redacted.Redacted, maxConnections = 2) =>
  Effect.map(Layer.build(PostgresStore.layer({ url, maxConnections })), Context.get(JobStore))

/** Runs an effect under a clock that is wrong. */
const withClockOff = (by: Duration.DurationInput) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.clockWith((clock) => {
    const millis = Duration.toMillis(by)
    const wrong: Clock.Clock = {
      ...clock,
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + millis,
      currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + millis),
      unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos() + BigInt(millis) * 1_000_000n,
      currentTimeNanos: Effect.map(clock.currentTimeNanos, (now) => now + BigInt(millis) * 1_000_000n),
      sleep: (duration) => clock.sleep(duration)
    }
    return Effect.withClock(effect, wrong)
  })

describe("stores that start at once on an empty database", () => {
  it.live("make the tables once", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const counts = yield* Effect.forEach(Array.from({ length: 8 }).keys(), (number) =>
        Effect.gen(function*() {
          const store = yield* storeOn(url, 1)
          yield* store.enqueue([job(number)])
          return (yield* store.list({ limit: 100 })).jobs.length
        }), { concurrency: "unbounded" })
      assert.strictEqual(Math.max(...counts), 8)
    }).pipe(Effect.scoped))
})

describe("prunings of workers at once", () => {
  it.live("beside the beats of some that come back, delete the other rows and fail for none", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const [first, second] = yield* Effect.all([storeOn(url, 8), storeOn(url, 8)])
      const sql = yield* PgClient.make({ url, maxConnections: 1 })
      const names = Array.from({ length: 40 }, (_, number) => `w${number}`)
      const beats = (store: typeof first, some: ReadonlyArray<string>) =>
        some.map((worker) => store.beatWorker(workerBeat({ worker })))
      yield* Effect.all(beats(first, names))
      yield* sql`UPDATE holdfast_workers SET beat_at = beat_at - interval '2 hours'`
      const back = names.slice(10, 20)
      const prunings = Array.from({ length: 4 }, () => [first.pruneWorkers(), second.pruneWorkers()])
      yield* Effect.all([...prunings.flat(), ...beats(second, back)], { concurrency: "unbounded" })
      const left = yield* sql<{ readonly worker: string }>`SELECT worker FROM holdfast_workers ORDER BY worker`
      assert.deepStrictEqual(left.map(({ worker }) => worker), back)
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))
})

describe("claims at once", () => {
  it.live("share no job, and leave none", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const first = yield* storeOn(url, 8)
      const second = yield* storeOn(url, 8)
      const jobs = Array.from({ length: 320 }, (_, number) => job(number, { queue: number % 3 === 0 ? "a" : "b" }))
      yield* first.enqueue(jobs)
      const all: Array<string> = []
      for (let round = 0; round < 2; round++) {
        const claims = yield* Effect.forEach(
          Array.from({ length: 16 }, (_, number) => number),
          (number) => (number % 2 === 0 ? first : second).claim(request({ worker: `w${number}` })),
          { concurrency: "unbounded" }
        )
        all.push(...claims.flat().map(({ lease }) => lease.jobId))
      }
      assert.strictEqual(new Set(all).size, all.length)
      // What several wanted at the same time is there for the next claim.
      for (;;) {
        const more = yield* first.claim(request({ limit: 100 }))
        if (more.length === 0) break
        all.push(...more.map(({ lease }) => lease.jobId))
      }
      assert.strictEqual(all.length, 320)
      assert.strictEqual(new Set(all).size, 320)
    }).pipe(Effect.scoped))
})

describe("workers whose clocks are two hours apart", () => {
  const layer = onFreshDatabase((url) => PostgresStore.layer({ url }))

  it.live("agree on when a lease is over: the server's clock says so", () =>
    Effect.gen(function*() {
      yield* withClockOff("-1 hour")(enqueue(job(1)))
      assert.deepStrictEqual(yield* withClockOff("1 hour")(claimed()), [jobId(1)])
      assert.deepStrictEqual(yield* withClockOff("1 hour")(releaseStale), [])
      const { availableAt, lockedAt, lockedUntil } = yield* get(jobId(1))
      const now = yield* Clock.currentTimeMillis
      assert.closeTo(lockedAt ?? 0, now, 60_000)
      assert.strictEqual((lockedUntil ?? 0) - (lockedAt ?? 0), 600_000)
      assert.closeTo(availableAt, now, 60_000)
    }).pipe(Effect.provide(layer)))

  it.live("release a lease that is over, whatever their own clocks say", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1))
      const claimed = yield* store.claim({ ...request(), kinds: [{ kind: "email", leaseFor: 1 }] })
      yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT pg_sleep(0.01)`)
      const [stale] = yield* withClockOff("-1 hour")(releaseStale)
      assert.strictEqual(stale?.lockedBy, "w")
      yield* Effect.forEach(claimed, ({ lease }) => refusal(extend(lease), "LeaseLost"))
    }).pipe(Effect.provide(layer)))
})

const Add = Job.make("add", { payload: { left: Schema.Number, right: Schema.Number }, success: Schema.Number })

describe("a worker on PostgreSQL", () => {
  it.live("runs what is enqueued inside a transaction, once it is committed", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const handlers = Add.toLayer(({ left, right }) => Effect.succeed(left + right))
      const app = Worker.layer({ jobs: [Add], concurrency: 5 }).pipe(
        Layer.provide(handlers),
        Layer.provideMerge(JobQueue.layer),
        Layer.provideMerge(PostgresStore.layer({ url }))
      )
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { id } = yield* sql.withTransaction(JobQueue.enqueue(Add, { left: 1, right: 2 }))
        yield* Effect.repeat(JobQueue.get(id), {
          until: ({ status }) => status === "succeeded",
          schedule: Schedule.spaced("10 millis")
        })
        assert.strictEqual((yield* JobQueue.get(id)).result, 3)
      }).pipe(Effect.provide(app))
    }).pipe(Effect.scoped))
})

describe("a connection that the server ends", () => {
  it.live("is an error of the call that was on it, and no more", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const admin = yield* PgClient.make({ url, maxConnections: 1 })
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const killed = yield* Effect.exit(sql.withTransaction(Effect.gen(function*() {
          yield* enqueue(job(1))
          yield* outsideTransaction(admin`
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE pid <> pg_backend_pid() AND datname = current_database()`)
          yield* enqueue(job(2))
        })))
        assert.strictEqual(killed._tag, "Failure")
        yield* enqueue(job(3))
        assert.deepStrictEqual(yield* claimed(), [jobId(3)])
      }).pipe(Effect.provide(PostgresStore.layer({ url, maxConnections: 2 })))
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))
})

describe("a failure whose text PostgreSQL cannot hold", () => {
  it.live("is kept with a mark in place of what it cannot", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1))
      const [claimed] = yield* store.claim(request())
      assert(claimed !== undefined)
      yield* store.fail([{ lease: claimed.lease, error: "a \0 and \uD800 b", retryAfter: 0 }])
      const { errors, lastError } = yield* get(jobId(1))
      assert.strictEqual(lastError, "a \uFFFD and \uFFFD b")
      assert.strictEqual(errors[0]?.message, "a \uFFFD and \uFFFD b")
    }).pipe(Effect.provide(onFreshDatabase((url) => PostgresStore.layer({ url })))))
})

describe("a row that refuses a write", () => {
  const layer = onFreshDatabase((url) => PostgresStore.layer({ url }))

  it.live("keeps no other from being claimed, settled or released", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const store = yield* JobStore
      yield* sql.unsafe(`
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$`)
      const refuse = (number: number) =>
        sql.unsafe(`CREATE TRIGGER refuse BEFORE UPDATE ON holdfast_jobs FOR EACH ROW
          WHEN (NEW.id = '${jobId(number)}') EXECUTE FUNCTION refuse()`)
      const allow = sql.unsafe("DROP TRIGGER refuse ON holdfast_jobs")
      yield* enqueue(...[1, 2, 3, 4, 5, 6, 7].map((number) => job(number)))
      yield* refuse(3)
      const short = { ...request(), kinds: [{ kind: "email", leaseFor: 1 }] }
      const jobs = yield* store.claim(short)
      assert.deepStrictEqual(jobs.map(({ lease }) => lease.jobId), [1, 2, 4, 5, 6, 7].map(jobId))
      yield* allow
      yield* refuse(2)
      const settled = yield* store.complete(jobs.slice(0, 3).map(({ lease }) => ({ lease, result: "null" })))
      assert.deepStrictEqual(settled.map(Either.isRight), [true, false, true])
      yield* allow
      yield* refuse(6)
      yield* sql`SELECT pg_sleep(0.01)`
      const released = yield* store.releaseStale({ limit: 100 })
      assert.sameMembers(released.map(({ id }) => id), [2, 5, 7].map(jobId))
      // Nor in a transaction of the caller's, which goes on.
      yield* allow
      yield* refuse(5)
      const again = yield* sql.withTransaction(store.claim(request()))
      assert.sameMembers(again.map(({ lease }) => lease.jobId), [2, 7].map(jobId))
    }).pipe(Effect.provide(layer)))

  it.live("keeps no other job of an action from being changed, also in a transaction of the caller's", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const store = yield* JobStore
      yield* sql.unsafe(`
        CREATE FUNCTION refuse_action() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$`)
      yield* sql.unsafe(`CREATE TRIGGER refuse BEFORE UPDATE ON holdfast_jobs FOR EACH ROW
        WHEN (NEW.id IN ('${jobId(2)}', '${jobId(5)}')) EXECUTE FUNCTION refuse_action()`)
      yield* enqueue(...[1, 2, 3, 4, 5, 6].map((number) => job(number)))
      const cancel = (...numbers: ReadonlyArray<number>) =>
        store.act({ action: "cancel", ids: numbers.map(jobId), filter: {} })
      const told = (acted: ReadonlyArray<Acted>) => acted.map((one) => Either.isRight(one) ? one.right : one.left._tag)
      assert.deepStrictEqual(told(yield* cancel(1, 2, 3)), ["cancelled", "StoreError", "cancelled"])
      assert.deepStrictEqual(told(yield* sql.withTransaction(cancel(4, 5, 6))), [
        "cancelled",
        "StoreError",
        "cancelled"
      ])
      const { jobs } = yield* store.search({ status: "pending", limit: 10 })
      assert.deepStrictEqual(jobs.map(({ id }) => id), [5, 2].map(jobId))
    }).pipe(Effect.provide(onFreshDatabase((url) => PostgresStore.layer({ url })))))
})

describe("an action on a job that another transaction is changing", () => {
  it.live("waits for that, and leaves the job alone if it fits no more", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const store = yield* JobStore
      yield* enqueue(job(1), job(2))
      yield* Effect.forEach([1, 2], (number) => store.cancel(jobId(number), undefined))
      const changed = yield* Deferred.make<void>()
      const waiting =
        sql`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
      yield* Effect.fork(sql.withTransaction(Effect.gen(function*() {
        yield* store.retry(jobId(1), undefined)
        yield* Deferred.succeed(changed, undefined)
        yield* Effect.repeat(Effect.delay(outsideTransaction(waiting), "10 millis"), {
          until: (rows) => rows.length > 0
        })
      })))
      yield* Deferred.await(changed)
      const acted = yield* store.act({
        action: "delete",
        ids: [1, 2].map(jobId),
        filter: { status: ["failed", "cancelled"] }
      })
      assert.deepStrictEqual(
        acted.map((one) => Either.isRight(one) ? one.right : one.left._tag),
        ["JobNotMatching", "cancelled"]
      )
      const { jobs } = yield* store.search({ limit: 10 })
      assert.deepStrictEqual(jobs.map(({ id, status }) => [id, status]), [[jobId(1), "pending"]])
    }).pipe(Effect.provide(onFreshDatabase((url) => PostgresStore.layer({ url, maxConnections: 4 })))))
})
