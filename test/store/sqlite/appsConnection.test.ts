import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, Exit, Fiber, Layer, TestClock } from "effect"
import { join } from "node:path"
import { EventLoop } from "../../../src/platform/EventLoop.ts"
import { JobStore } from "../../../src/store/JobStore.ts"
import * as SqliteStore from "../../../src/store/sqlite/SqliteStore.ts"
import * as SqlJobStore from "../../../src/store/sqlite/SqliteJobStore.ts"
import {
  allRows,
  claim,
  claimOne,
  complete,
  enqueue,
  extend,
  get,
  job,
  jobId,
  memory,
  releaseStale
} from "../someJobs.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const onAppsClient = (filename = ":memory:") =>
  SqlJobStore.layer().pipe(Layer.provideMerge(Layer.orDie(SqliteClient.layer({ filename }))))

const idsThere = Effect.map(allRows, (rows) => rows.map((row) => row["id"]))

/** A transaction of the app's whose COMMIT fails, and which the app's client leaves open. */
const commitFails = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE users (id INTEGER PRIMARY KEY)`
  yield* sql`CREATE TABLE notes (author INTEGER REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED)`
  const exit = yield* Effect.exit(sql.withTransaction(sql`INSERT INTO notes (author) VALUES (7)`))
  assert.isTrue(Exit.isFailure(exit))
})

describe("on an app's own client whose COMMIT has failed and left its transaction open", () => {
  it.effect("every operation is refused, says why, and neither writes into that transaction nor ends it", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const store = yield* JobStore
      yield* enqueue(job(1), job(2))
      const lease = yield* claimOne()
      yield* commitFails
      const before = yield* allRows
      const operations: Readonly<Record<string, Effect.Effect<unknown, unknown, JobStore>>> = {
        enqueue: enqueue(job(3)),
        enqueueMany: enqueue(job(3), job(4)),
        claim: claim(),
        extend: extend(lease),
        complete: complete(lease),
        releaseStale,
        get: get(jobId(1)),
        cancel: store.cancel(jobId(2), undefined),
        prune: store.prune({ status: "succeeded", retention: 0, limit: 10 })
      }
      for (const [name, operation] of Object.entries(operations)) {
        const error = yield* Effect.flip(operation)
        assert.include(String(error), "inside a transaction that nobody has ended", name)
      }
      // The app can still mend what made its COMMIT fail.
      yield* sql`INSERT INTO users (id) VALUES (7)`
      yield* sql`COMMIT`
      assert.deepStrictEqual(yield* sql`SELECT author FROM notes`, [{ author: 7 }])
      assert.deepStrictEqual(yield* allRows, before)
    }).pipe(Effect.provide(onAppsClient())))

  it.effect("all goes on once that is rolled back, and nothing that was acknowledged is lost", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* enqueue(job(1))
      yield* commitFails
      yield* Effect.flip(claim())
      yield* sql`ROLLBACK`
      yield* complete(yield* claimOne())
      yield* enqueue(job(2))
      // A transaction that is refused ends with a ROLLBACK of the client's.
      yield* Effect.exit(sql.withTransaction(Effect.fail("no")))
      assert.strictEqual((yield* get(jobId(1))).status, "succeeded")
      assert.deepStrictEqual(yield* idsThere, [jobId(1), jobId(2)])
    }).pipe(Effect.provide(onAppsClient())))

  it.effect("the store's own client has rolled it back", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1))
      yield* commitFails
      yield* complete(yield* claimOne())
      assert.strictEqual((yield* get(jobId(1))).status, "succeeded")
    }).pipe(Effect.provide(memory)))
})

describe("in a transaction of an app's own client", () => {
  it.effect("that SQLite has rolled back by itself, an operation is refused, and commits nothing alone", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE app (id INTEGER PRIMARY KEY)`
      yield* sql`INSERT INTO app (id) VALUES (1)`
      const refused: Array<string> = []
      yield* Effect.exit(sql.withTransaction(Effect.gen(function*() {
        yield* enqueue(job(1))
        yield* Effect.ignore(sql`INSERT OR ROLLBACK INTO app (id) VALUES (1)`)
        for (const jobs of [[job(2)], [job(3), job(4)]]) {
          refused.push(String(yield* Effect.flip(enqueue(...jobs))))
        }
      })))
      assert.lengthOf(refused, 2)
      for (const error of refused) assert.include(error, "the transaction of this call is over")
      assert.deepStrictEqual(yield* idsThere, [])
    }).pipe(Effect.provide(onAppsClient())))

  it.effect("whose savepoint another fiber has released, an enqueue that fails rolls back nothing that it did not begin", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE app (id INTEGER PRIMARY KEY)`
      yield* sql.unsafe(
        `CREATE TRIGGER refusing BEFORE INSERT ON holdfast_jobs WHEN NEW.id = '${jobId(1500)}'
         BEGIN SELECT RAISE(ABORT, 'not this one'); END`
      )
      const release = Effect.ignore(sql`RELEASE SAVEPOINT holdfast_1`)
      yield* sql.withTransaction(Effect.gen(function*() {
        yield* sql`INSERT INTO app (id) VALUES (1)`
        const enqueueing = enqueue(...Arr.makeBy(2000, (index) => job(index, { payload: "1" })))
        yield* Effect.flip(
          Effect.provideService(enqueueing, EventLoop, {
            turn: Effect.provideService(release, SqlClient.SqlClient, sql),
            overdue: () => false
          })
        )
      }))
      assert.deepStrictEqual(yield* sql`SELECT id FROM app`, [{ id: 1 }])
    }).pipe(Effect.provide(onAppsClient())))
})

it.scoped("an operation on an app's own client waits for a lock without blocking, and the app's statements as they did", () =>
  Effect.gen(function*() {
    const filename = join(yield* temporaryFolder, "jobs.db")
    yield* Effect.provide(enqueue(job(1)), SqliteStore.layer({ filename }))
    const rival = yield* Effect.provide(SqlClient.SqlClient, yield* Layer.build(SqliteClient.layer({ filename })))
    yield* Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const operations: ReadonlyArray<Effect.Effect<unknown, unknown, JobStore>> = [enqueue(job(2)), claimOne()]
      for (const operation of operations) {
        yield* rival`BEGIN IMMEDIATE`
        const began = process.hrtime.bigint()
        const fiber = yield* Effect.fork(operation)
        yield* TestClock.adjust("2 seconds")
        yield* rival`ROLLBACK`
        yield* TestClock.adjust("2 seconds")
        yield* Fiber.join(fiber)
        assert.isBelow(Number(process.hrtime.bigint() - began) / 1e6, 4000)
        assert.deepStrictEqual(
          yield* sql.reserve.pipe(
            Effect.flatMap((connection) => connection.executeUnprepared("PRAGMA busy_timeout", [], undefined)),
            Effect.scoped
          ),
          [{ timeout: 5000 }]
        )
      }
    }).pipe(Effect.provide(yield* Layer.build(Layer.fresh(onAppsClient(filename)))))
  }))
