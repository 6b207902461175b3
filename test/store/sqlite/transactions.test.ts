import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Deferred, Effect, Exit, Fiber, Layer, Option, TestClock } from "effect"
import { join } from "node:path"
import { EventLoop } from "../../../src/platform/EventLoop.ts"
import { JobStore } from "../../../src/store/JobStore.ts"
import * as SqliteStore from "../../../src/store/sqlite/SqliteStore.ts"
import * as SqlJobStore from "../../../src/store/sqlite/SqliteJobStore.ts"
import { outsideTransaction } from "../../../src/store/ambientTransaction.ts"
import {
  allRows,
  claim,
  claimOne,
  complete,
  enqueue,
  extend,
  fail,
  get,
  job,
  jobId,
  leaseFor,
  memory,
  progress,
  release,
  request,
  workerBeat
} from "../someJobs.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const ids = Effect.map(allRows, (rows) => rows.map((row) => row["id"]))

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(effect))

/** Lets the other fibers run for a while. */
const yields = Effect.repeatN(Effect.yieldNow(), 10)

/** The store on the client of an app that made it itself. */
const onAppsClient = SqlJobStore.layer().pipe(
  Layer.provideMerge(Layer.orDie(SqliteClient.layer({ filename: ":memory:" })))
)

const clients = { "the store's own client": memory, "a client the app made": onAppsClient }

for (const [whose, store] of Object.entries(clients)) {
  describe(`a transaction of ${whose}`, () => {
    it.effect("an enqueue in a transaction that rolls back leaves nothing", () =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(inTransaction(Effect.zipRight(enqueue(job(1)), Effect.fail("no"))))
        assert.isTrue(Exit.isFailure(exit))
        assert.deepStrictEqual(yield* ids, [])
      }).pipe(Effect.provide(store)))

    it.effect("an enqueue in a transaction that is interrupted leaves nothing", () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(inTransaction(Effect.zipRight(enqueue(job(1)), Effect.never)))
        yield* yields
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* ids, [])
      }).pipe(Effect.provide(store)))

    it.effect("an enqueue in a transaction that commits is there with what else the transaction wrote", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TABLE users (id INTEGER PRIMARY KEY)`
        yield* inTransaction(Effect.zipRight(sql`INSERT INTO users (id) VALUES (5)`, enqueue(job(1))))
        assert.deepStrictEqual(yield* ids, [jobId(1)])
        assert.deepStrictEqual(yield* sql`SELECT id FROM users`, [{ id: 5 }])
      }).pipe(Effect.provide(store)))

    it.effect("every operation inside a transaction sees what the transaction wrote, and none waits for itself", () =>
      Effect.gen(function*() {
        const jobs = yield* JobStore
        const exit = yield* Effect.exit(inTransaction(Effect.gen(function*() {
          yield* enqueue(job(1), job(2), job(3))
          assert.strictEqual((yield* get(jobId(1))).status, "pending")
          assert.lengthOf((yield* jobs.list({ limit: 10 })).jobs, 3)
          assert.lengthOf(yield* jobs.due(request()), 3)
          assert.isTrue(Option.isSome(yield* jobs.nextDue(request())))
          const [a, b, c] = (yield* claim()).map(({ lease }) => lease)
          assert(a !== undefined && b !== undefined && c !== undefined)
          yield* extend(a)
          yield* progress(a, "1")
          yield* complete(a)
          yield* fail(b, { retryAfter: null })
          yield* release(c)
          yield* jobs.retry(jobId(2), undefined)
          yield* jobs.cancel(jobId(3), undefined)
          yield* claimOne()
          yield* TestClock.adjust(leaseFor)
          const stale = yield* jobs.staleLeases({ limit: 10 })
          assert.lengthOf(stale, 1)
          assert.lengthOf(yield* jobs.releaseStale({ leases: stale }), 1)
          assert.strictEqual((yield* jobs.prune({ status: "succeeded", retention: 0, limit: 10 })).deleted, 1)
          return yield* Effect.fail("no")
        })))
        assert.deepStrictEqual(exit, Exit.fail("no"))
        assert.deepStrictEqual(yield* ids, [])
      }).pipe(Effect.provide(store)))

    it.effect("a nested transaction that rolls back takes its own jobs with it and no others", () =>
      Effect.gen(function*() {
        yield* inTransaction(Effect.gen(function*() {
          yield* enqueue(job(1))
          yield* Effect.exit(inTransaction(Effect.zipRight(enqueue(job(2)), Effect.fail("no"))))
          yield* inTransaction(enqueue(job(3)))
        }))
        assert.deepStrictEqual(yield* ids, [jobId(1), jobId(3)])
      }).pipe(Effect.provide(store)))

    it.effect("concurrent enqueues in one transaction all land", () =>
      Effect.gen(function*() {
        const enqueues = Arr.makeBy(100, (index) => Effect.zipRight(Effect.yieldNow(), enqueue(job(index))))
        yield* inTransaction(Effect.all(enqueues, { concurrency: "unbounded" }))
        assert.lengthOf(yield* ids, 100)
      }).pipe(Effect.provide(store)))

    it.effect("after an id conflict the transaction may go on and commit, and holds none of that call's jobs", () =>
      Effect.gen(function*() {
        yield* enqueue(job(1))
        yield* inTransaction(Effect.gen(function*() {
          yield* enqueue(job(2))
          const error = yield* Effect.flip(enqueue(job(3), job(1, { payload: "{}" }), job(4)))
          assert.strictEqual(error._tag, "JobIdConflict")
          yield* enqueue(job(5))
        }))
        assert.deepStrictEqual(yield* ids, [jobId(1), jobId(2), jobId(5)])
        assert.deepStrictEqual((yield* get(jobId(1))).payload, { number: 1 })
      }).pipe(Effect.provide(store)))

    it.effect("an enqueue that fails takes nothing of another with it, in the same transaction at the same time", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* sql`
          CREATE TRIGGER refusing BEFORE INSERT ON holdfast_jobs WHEN NEW.payload = '"refused"'
          BEGIN SELECT RAISE(ABORT, 'not this one'); END`
        const refused = [
          ...Arr.makeBy(1200, (index) => job(5000 + index, { payload: "1" })),
          job(9000, { payload: `"refused"` })
        ]
        const others = Arr.makeBy(
          100,
          (index) => Effect.zipRight(Effect.repeatN(Effect.yieldNow(), index), enqueue(job(index), job(100 + index)))
        )
        const [failed, ...told] = yield* Effect.provideService(
          inTransaction(Effect.all([Effect.exit(enqueue(...refused)), ...others], { concurrency: "unbounded" })),
          EventLoop,
          { turn: Effect.repeatN(Effect.yieldNow(), 50), overdue: () => false }
        )
        assert.isTrue(Exit.isFailure(failed))
        assert.isTrue(told.flat().every(({ enqueued }) => enqueued))
        assert.deepStrictEqual(yield* ids, Arr.makeBy(200, jobId))
      }).pipe(Effect.provide(store)))

    it.effect("what one fiber was told is done is never undone by the rollback of another fiber's transaction", () =>
      Effect.gen(function*() {
        yield* enqueue(...Arr.makeBy(400, (index) => job(index)))
        const leases = (yield* claim({ limit: 400 })).map(({ lease }) => lease)
        const rollBack = (number: number) =>
          Effect.ignore(inTransaction(Effect.all([enqueue(job(number)), yields, Effect.fail("no")])))
        const workers = Arr.chunksOf(leases, 100).map((some, index) =>
          // The scheduler may switch fibers between any two steps. Here it does so often, at another rate in each, and so
          // everywhere. Much more often, and they do nothing else.
          Effect.withMaxOpsBeforeYield(Effect.forEach(some, (lease) => complete(lease)), [11, 13, 17, 19][index] ?? 11)
        )
        const others = Arr.makeBy(
          10,
          (other) =>
            Effect.forEach(Arr.range(1, 30), (turn) => Effect.zipRight(yields, rollBack(1000 + other * 30 + turn)))
        )
        yield* Effect.all([...workers, ...others], { concurrency: "unbounded", discard: true })

        const rows = yield* allRows
        assert.lengthOf(rows, 400)
        assert.deepStrictEqual(rows.filter((row) => row["status"] !== "succeeded"), [])
      }).pipe(Effect.provide(store)))

    it.effect("what is to run after the transaction runs after its commit, outside it, and not before", () =>
      Effect.gen(function*() {
        const { afterTransaction } = yield* JobStore
        const sql = yield* SqlClient.SqlClient
        const seen = yield* Deferred.make<ReadonlyArray<unknown>>()
        const look = Effect.gen(function*() {
          assert.isTrue(Option.isNone(yield* Effect.serviceOption(SqlClient.TransactionConnection)))
          return yield* sql`SELECT id FROM holdfast_jobs`
        })
        yield* inTransaction(Effect.gen(function*() {
          yield* inTransaction(Effect.zipRight(
            enqueue(job(1)),
            afterTransaction(Effect.asVoid(Effect.intoDeferred(Effect.orDie(look), seen)))
          ))
          yield* yields
          assert.isFalse(yield* Deferred.isDone(seen))
        }))
        assert.deepStrictEqual(yield* Deferred.await(seen), [{ id: jobId(1) }])
      }).pipe(Effect.provide(store)))

    it.effect("what is to run after the transaction runs after a rollback too", () =>
      Effect.gen(function*() {
        const { afterTransaction } = yield* JobStore
        const ran = yield* Deferred.make<void>()
        yield* Effect.exit(inTransaction(Effect.gen(function*() {
          yield* enqueue(job(1))
          yield* afterTransaction(Effect.asVoid(Deferred.succeed(ran, undefined)))
          yield* yields
          assert.isFalse(yield* Deferred.isDone(ran))
          return yield* Effect.fail("no")
        })))
        yield* Deferred.await(ran)
        assert.deepStrictEqual(yield* ids, [])
      }).pipe(Effect.provide(store)))

    it.effect("what is to run after no transaction runs at once", () =>
      Effect.gen(function*() {
        const { afterTransaction } = yield* JobStore
        let ran = false
        yield* afterTransaction(Effect.sync(() => {
          ran = true
        }))
        assert.isTrue(ran)
      }).pipe(Effect.provide(store)))
  })
}

describe("a statement of the app's on the store's own client", () => {
  it.effect("is not undone by the rollback of another fiber's transaction either", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE notes (id INTEGER PRIMARY KEY)`
      const rollBack = Effect.ignore(inTransaction(Effect.zipRight(yields, Effect.fail("no"))))
      const notes = Effect.forEach(Arr.range(1, 200), (id) => sql`INSERT INTO notes (id) VALUES (${id})`)
      const others = Arr.makeBy(10, () => Effect.forEach(Arr.range(1, 30), () => Effect.zipRight(yields, rollBack)))
      yield* Effect.all([Effect.withMaxOpsBeforeYield(notes, 11), ...others], {
        concurrency: "unbounded",
        discard: true
      })
      assert.lengthOf(yield* sql`SELECT id FROM notes`, 200)
    }).pipe(Effect.provide(memory)))
})

describe("a transaction that waits for another to end", () => {
  it.effect("can be given up, also by a timeout", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const other = yield* Effect.fork(inTransaction(Effect.sleep("1 hour")))
      yield* yields
      const waiting = yield* Effect.fork(Effect.all([
        Effect.timeoutOption(enqueue(job(1)), "1 second"),
        Effect.timeoutOption(inTransaction(sql`SELECT 1`), "1 second"),
        Effect.timeoutOption(get(jobId(1)), "1 second")
      ], { concurrency: "unbounded" }))
      yield* TestClock.adjust("1 second")
      assert.isTrue((yield* Fiber.join(waiting)).every((answer) => Option.isNone<unknown>(answer)))
      yield* Fiber.interrupt(other)
      // What was given up has left nothing behind that holds the connection.
      assert.deepStrictEqual(yield* enqueue(job(1)), [{ id: jobId(1), enqueued: true, outcome: "enqueued" }])
    }).pipe(Effect.provide(memory)))
})

describe("a fiber that outlives the transaction it was forked in", () => {
  /** Forks `effect` in a transaction that commits, and runs it in the middle of another that rolls back. */
  const laterInAnother = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function*() {
      const go = yield* Deferred.make<void>()
      const fiber = yield* inTransaction(Effect.forkDaemon(Effect.zipRight(Deferred.await(go), effect)))
      yield* Effect.ignore(inTransaction(
        Effect.zipRight(Effect.zipRight(Deferred.succeed(go, undefined), yields), Effect.fail("no"))
      ))
      return yield* Fiber.join(fiber)
    })

  it.effect("enqueues by itself, and what it was told is there is there", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* laterInAnother(enqueue(job(1))), [{
        id: jobId(1),
        enqueued: true,
        outcome: "enqueued"
      }])
      assert.deepStrictEqual(yield* ids, [jobId(1)])
    }).pipe(Effect.provide(memory)))

  it.effect("writes what is the app's own by itself, too, with a transaction or without", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE notes (id INTEGER PRIMARY KEY)`
      yield* laterInAnother(sql`INSERT INTO notes (id) VALUES (1)`)
      yield* laterInAnother(inTransaction(sql`INSERT INTO notes (id) VALUES (2)`))
      assert.deepStrictEqual(yield* sql`SELECT id FROM notes ORDER BY id`, [{ id: 1 }, { id: 2 }])
    }).pipe(Effect.provide(memory)))

  it.effect("wakes the workers at once, as there is nothing to wait for", () =>
    Effect.gen(function*() {
      const { afterTransaction } = yield* JobStore
      let ran = false
      yield* laterInAnother(afterTransaction(Effect.sync(() => {
        ran = true
      })))
      assert.isTrue(ran)
    }).pipe(Effect.provide(memory)))
})

describe("a transaction of another client", () => {
  it.effect("every operation in it is a ForeignTransaction, which names the operation, and nothing is changed", () =>
    Effect.gen(function*() {
      const jobs = yield* JobStore
      yield* enqueue(job(1), job(2))
      const lease = yield* claimOne()
      const before = yield* allRows
      const another = yield* SqliteClient.SqliteClient.pipe(
        Effect.provide(yield* Layer.build(SqliteClient.layer({ filename: ":memory:" })))
      )
      const calls: Record<string, Effect.Effect<unknown, unknown>> = {
        enqueue: jobs.enqueue([job(3)]),
        nextDue: jobs.nextDue(request()),
        due: jobs.due(request()),
        laneHeads: jobs.laneHeads({ limit: 1 }),
        claim: jobs.claim(request()),
        extend: jobs.extend([{ lease, leaseFor }]),
        progress: jobs.progress([{ lease, progress: "1" }]),
        complete: jobs.complete([{ lease, result: "null" }]),
        fail: jobs.fail([{ lease, error: "boom", retryAfter: 0 }]),
        release: jobs.release([{ lease, delay: 0 }]),
        laneHolders: jobs.laneHolders({ limit: 1 }),
        staleLeases: jobs.staleLeases({ limit: 1 }),
        releaseStale: jobs.releaseStale({ limit: 1 }),
        get: jobs.get(jobId(1), undefined),
        list: jobs.list({ limit: 1 }),
        search: jobs.search({ limit: 1 }),
        count: jobs.count({}),
        cancel: jobs.cancel(jobId(1), undefined),
        retry: jobs.retry(jobId(1), undefined),
        edit: jobs.edit(jobId(1), undefined, { priority: 1 }),
        delete: jobs.delete(jobId(1), undefined),
        act: jobs.act({ action: "cancel", ids: [jobId(1)], filter: {} }),
        pause: jobs.pause({ queue: "default" }, undefined),
        resume: jobs.resume({ queue: "default" }),
        pauses: jobs.pauses(),
        beatWorker: jobs.beatWorker(workerBeat()),
        forgetWorker: jobs.forgetWorker("w"),
        workers: jobs.workers({ limit: 1 }),
        pruneWorkers: jobs.pruneWorkers(),
        laneDepths: jobs.laneDepths({ heads: [], limit: 1 }),
        countAhead: jobs.countAhead(
          { queue: "default", kind: "email", priority: 0, availableAt: 0, id: jobId(1) },
          { limit: 1 }
        ),
        endedLately: jobs.endedLately({ status: "failed", within: 1, limit: 1 }),
        prune: jobs.prune({ status: "failed", retention: 0, limit: 1 })
      }
      for (const [operation, call] of Object.entries(calls)) {
        const error = yield* Effect.flip(another.withTransaction(call))
        assert.deepInclude(error, { _tag: "ForeignTransaction", operation })
      }
      assert.deepStrictEqual(yield* allRows, before)
    }).pipe(Effect.scoped, Effect.provide(memory)))

  it.effect("a call that leaves it, as a worker's do, is not part of it", () =>
    Effect.gen(function*() {
      const another = yield* SqliteClient.SqliteClient.pipe(
        Effect.provide(yield* Layer.build(SqliteClient.layer({ filename: ":memory:" })))
      )
      yield* Effect.exit(
        another.withTransaction(Effect.zipRight(outsideTransaction(enqueue(job(1))), Effect.fail("no")))
      )
      assert.deepStrictEqual(yield* ids, [jobId(1)])
    }).pipe(Effect.scoped, Effect.provide(memory)))
})

describe("a COMMIT that fails", () => {
  const rules = Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* sql`PRAGMA foreign_keys = ON`
    yield* sql`CREATE TABLE brands (id INTEGER PRIMARY KEY)`
    yield* sql`CREATE TABLE posts (brand INTEGER REFERENCES brands (id) DEFERRABLE INITIALLY DEFERRED)`
    return sql
  })

  it.effect("is a typed error and a rollback, and what is written next survives", () =>
    Effect.gen(function*() {
      const sql = yield* rules
      const exit = yield* Effect.exit(sql.withTransaction(
        Effect.zipRight(enqueue(job(1)), sql`INSERT INTO posts (brand) VALUES (404)`)
      ))
      assert(Exit.isFailure(exit) && exit.cause._tag === "Fail")
      assert.strictEqual(exit.cause.error._tag, "SqlError")
      assert.deepStrictEqual(yield* ids, [])

      yield* sql`INSERT INTO brands (id) VALUES (1)`
      yield* enqueue(job(2))
      yield* Effect.exit(inTransaction(Effect.fail("no")))
      assert.deepStrictEqual(yield* sql`SELECT id FROM brands`, [{ id: 1 }])
      assert.deepStrictEqual(yield* ids, [jobId(2)])
    }).pipe(Effect.provide(memory)))

  it.effect("of an enqueue by itself is a StoreError, and the job is not there", () =>
    Effect.gen(function*() {
      const sql = yield* rules
      yield* sql`
        CREATE TRIGGER refuse AFTER INSERT ON holdfast_jobs WHEN new.kind = 'refused'
        BEGIN INSERT INTO posts (brand) VALUES (404); END`
      const error = yield* Effect.flip(enqueue(job(1, { kind: "refused" })))
      assert.strictEqual(error._tag, "StoreError")
      assert.include(error.message, "FOREIGN KEY constraint failed")
      assert.deepStrictEqual(yield* ids, [])
      yield* enqueue(job(2))
      assert.deepStrictEqual(yield* ids, [jobId(2)])
    }).pipe(Effect.provide(memory)))
})

describe("a database that another connection is writing to", () => {
  const file = Effect.map(temporaryFolder, (folder) => join(folder, "jobs.db"))

  /** A second connection that can take the write lock and give it back. */
  const rival = (filename: string) =>
    Effect.gen(function*() {
      const sql = yield* SqliteClient.SqliteClient.pipe(
        Effect.provide(yield* Layer.build(SqliteClient.layer({ filename })))
      )
      return { lock: Effect.asVoid(sql`BEGIN IMMEDIATE`), unlock: Effect.asVoid(sql`COMMIT`) }
    })

  const writes: Record<string, Effect.Effect<unknown, unknown, JobStore | SqlClient.SqlClient>> = {
    "an enqueue": enqueue(job(2)),
    "a claim": claim(),
    "a transaction": inTransaction(enqueue(job(2))),
    "a statement of the app's": Effect.flatMap(SqlClient.SqlClient, (sql) => sql`CREATE TABLE app (id INTEGER)`)
  }
  for (const [what, write] of Object.entries(writes)) {
    it.scoped(`${what} waits for the lock without blocking, and goes on once it is free`, () =>
      Effect.gen(function*() {
        const filename = yield* file
        yield* Effect.gen(function*() {
          const { lock, unlock } = yield* rival(filename)
          yield* enqueue(job(1))
          yield* lock
          const waiting = yield* Effect.fork(write)
          yield* TestClock.adjust("1 second")
          assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
          yield* unlock
          yield* TestClock.adjust("1 second")
          yield* Fiber.join(waiting)
        }).pipe(Effect.provide(SqliteStore.layer({ filename })))
      }))
  }

  it.scoped("an operation gives up after its busy timeout with a typed error, and may be repeated", () =>
    Effect.gen(function*() {
      const filename = yield* file
      yield* Effect.gen(function*() {
        const { lock, unlock } = yield* rival(filename)
        yield* lock
        const waiting = yield* Effect.fork(Effect.flip(enqueue(job(1))))
        yield* TestClock.adjust("6 seconds")
        assert.strictEqual((yield* Fiber.join(waiting))._tag, "StoreError")
        yield* unlock
        assert.deepStrictEqual(yield* enqueue(job(1)), [{ id: jobId(1), enqueued: true, outcome: "enqueued" }])
      }).pipe(Effect.provide(SqliteStore.layer({ filename, busyTimeout: "5 seconds" })))
    }))

  it.scoped("reads, and sweeps with nothing to do, need no lock at all", () =>
    Effect.gen(function*() {
      const filename = yield* file
      yield* Effect.gen(function*() {
        const jobs = yield* JobStore
        const { lock } = yield* rival(filename)
        yield* enqueue(job(1))
        yield* lock
        assert.strictEqual((yield* get(jobId(1))).status, "pending")
        assert.lengthOf((yield* jobs.list({ limit: 1 })).jobs, 1)
        assert.lengthOf(yield* jobs.due(request()), 1)
        assert.isTrue(Option.isSome(yield* jobs.nextDue(request())))
        assert.deepStrictEqual(yield* jobs.releaseStale({ limit: 1 }), [])
        assert.strictEqual((yield* jobs.prune({ status: "failed", retention: 0, limit: 1 })).deleted, 0)
      }).pipe(Effect.provide(SqliteStore.layer({ filename })))
    }))
})
