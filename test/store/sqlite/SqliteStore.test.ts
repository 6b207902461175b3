import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, TestClock } from "effect"
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { JobStore } from "../../../src/store/JobStore.ts"
import * as SqliteStore from "../../../src/store/sqlite/SqliteStore.ts"
import * as SqlJobStore from "../../../src/store/sqlite/SqliteJobStore.ts"
import { allRows, enqueue, fail, get, job, jobId, leaseFor, running } from "../someJobs.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** Opens the store, does something with it, and closes it. */
const opened = <A, E>(
  options: SqliteStore.Options,
  use: Effect.Effect<A, E, JobStore | SqlClient.SqlClient>
) => Effect.provide(use, SqliteStore.layer(options))

const pragma = (name: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) =>
      Effect.map(sql<Record<string, unknown>>`PRAGMA ${sql.literal(name)}`, ([row]) => Object.values(row ?? {})[0])
  )

const FULL = 2
const NORMAL = 1

/** Why the store could not be opened: a typed error, for a defect fails the test. */
const refusal = (options: SqliteStore.Options) => Effect.flip(opened(options, Effect.void))

describe("opening a store", () => {
  it.scoped("makes files that their owner alone may read, unless told otherwise, and leaves those of one that is there", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const modeOf = (name: string) => (statSync(join(folder, name)).mode & 0o777).toString(8)
      const modes = Effect.gen(function*() {
        yield* enqueue(job(1))
        return [modeOf("own.db"), modeOf("own.db-wal")]
      })
      const filename = join(folder, "own.db")
      assert.deepStrictEqual(yield* opened({ filename }, modes), ["600", "600"])
      chmodSync(filename, 0o640)
      assert.deepStrictEqual(yield* opened({ filename }, modes), ["640", "640"])
      yield* opened({ filename: join(folder, "shared.db"), mode: 0o644 }, Effect.void)
      assert.strictEqual(modeOf("shared.db"), "644")
    }))

  it.scoped("a commit waits for the disk on the first open and on every later one", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      for (const _ of ["first", "second", "third"]) {
        assert.strictEqual(yield* opened({ filename }, pragma("synchronous")), FULL)
      }
      assert.strictEqual(yield* opened({ filename, synchronous: "normal" }, pragma("synchronous")), NORMAL)
      assert.strictEqual(yield* opened({ filename, synchronous: "full" }, pragma("synchronous")), FULL)
    }))

  it.scoped("readers and the writer do not wait for each other, and the process never waits in the driver", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      assert.strictEqual(yield* opened({ filename }, pragma("journal_mode")), "wal")
      assert.strictEqual(yield* opened({ filename }, pragma("busy_timeout")), 0)
    }))

  it.scoped("the file and its folders are made", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "a", "b", "jobs.db")
      yield* opened({ filename }, enqueue(job(1)))
      assert.isTrue(existsSync(filename))
    }))

  it.scoped("a failure's instant is a whole number in the row's JSON, which not every reader takes a float for", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const [row] = yield* opened(
        { filename },
        Effect.gen(function*() {
          yield* fail(yield* running(1))
          const sql = yield* SqlClient.SqlClient
          return yield* sql`SELECT json_type(errors, '$[0].at') AS type FROM holdfast_jobs`
        })
      )
      assert.deepStrictEqual(row, { type: "integer" })
    }))

  it.scoped("jobs and leases are as they were when the file was last open", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      yield* opened({ filename }, Effect.zipRight(running(1), enqueue(job(2))))
      const before = yield* opened({ filename }, allRows)
      assert.deepStrictEqual(yield* opened({ filename }, allRows), before)
      const first = yield* opened({ filename }, get(jobId(1)))
      assert.deepStrictEqual([first.status, first.lockedUntil], ["running", leaseFor])
    }))

  it.scoped("two stores on one file see each other's jobs", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const count = yield* opened(
        { filename },
        Effect.zipRight(enqueue(job(1)), opened({ filename }, Effect.zipRight(enqueue(job(2)), allRows)))
      )
      assert.lengthOf(count, 2)
    }))
})

describe("what cannot be opened", () => {
  it.scoped("an empty filename is refused, as its database would be gone once it is closed", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Layer.build(SqliteStore.layer({ filename: " " })))
      assert.include(error.message, "the filename is empty")
    }))

  it.scoped("a file that is no database is a typed error that names it, and the file is left alone", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "notes.txt")
      const text = "Remember the milk.\n".repeat(500)
      writeFileSync(filename, text)
      const error = yield* refusal({ filename })
      assert.strictEqual(error._tag, "StoreError")
      assert.include(error.message, filename)
      assert.include(error.message, "file is not a database")
      assert.strictEqual(readFileSync(filename, "utf8"), text)
    }))

  it.scoped("a folder is a typed error that names it", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "folder")
      mkdirSync(filename)
      const error = yield* refusal({ filename })
      assert.strictEqual(error._tag, "StoreError")
      assert.include(error.message, filename)
    }))

  it.scoped("a path whose folder cannot be made is a typed error that names it", () =>
    Effect.gen(function*() {
      const file = join(yield* temporaryFolder, "file")
      writeFileSync(file, "")
      const filename = join(file, "below", "jobs.db")
      const error = yield* refusal({ filename })
      assert.strictEqual(error._tag, "StoreError")
      assert.include(error.message, filename)
    }))

  it.scoped("a database of a newer version is a typed error that names both versions, and is left alone", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const newer = Effect.flatMap(
        SqlClient.SqlClient,
        (sql) => sql`INSERT INTO holdfast_migrations (migration_id, name) VALUES (99, 'from_the_future')`
      )
      yield* opened({ filename }, Effect.zipRight(enqueue(job(1)), newer))
      const error = yield* refusal({ filename })
      assert.strictEqual(error._tag, "StoreError")
      assert.match(error.message, /version 99.*version 3\b/)
    }))

  it.scoped("a database where another table has our name is a typed error, and gets none of our tables", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const sql = yield* SqliteClient.SqliteClient.pipe(
        Effect.provide(yield* Layer.build(SqliteClient.layer({ filename })))
      )
      yield* sql`CREATE TABLE holdfast_jobs (id INTEGER)`
      const error = yield* refusal({ filename })
      assert.strictEqual(error._tag, "StoreError")
      assert.include(error.message, "table holdfast_jobs already exists")
      assert.deepStrictEqual(yield* sql`SELECT name FROM sqlite_master`, [{ name: "holdfast_jobs" }])
    }))

  it.scoped("a file that was refused can be opened once it is put right", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      writeFileSync(filename, "Remember the milk.\n".repeat(500))
      yield* refusal({ filename })
      writeFileSync(filename, "")
      yield* opened({ filename }, enqueue(job(1)))
      assert.lengthOf(yield* opened({ filename }, allRows), 1)
    }))
})

describe("opening to read", () => {
  it.scoped("a store opened to read shows what is there, and writes are typed errors that change nothing", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      yield* opened({ filename }, enqueue(job(1)))
      yield* opened(
        { filename, readonly: true },
        Effect.gen(function*() {
          assert.strictEqual((yield* get(jobId(1))).status, "pending")
          assert.strictEqual((yield* Effect.flip(enqueue(job(2))))._tag, "StoreError")
        })
      )
      assert.lengthOf(yield* opened({ filename }, allRows), 1)
    }))

  it.scoped("a store that is to write is not opened on a database that can only be read", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      yield* opened({ filename }, enqueue(job(1)))
      // What SQLite makes of a file that may not be written to, and it stays so after the file may be.
      const client = SqliteClient.layer({ filename, readonly: true, disableWAL: true })
      const refused = yield* Layer.build(Layer.provide(SqlJobStore.layer(), client)).pipe(Effect.scoped, Effect.flip)
      assert.match(refused.message, /^The job store failed in migrate: attempt to write a readonly database/)
    }))

  it.scoped("what is not there is not made by opening it to read", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "folder", "jobs.db")
      assert.strictEqual((yield* refusal({ filename, readonly: true }))._tag, "StoreError")
      assert.isFalse(existsSync(join(filename, "..")))
    }))
})

describe("opening inside a transaction", () => {
  it.scoped("a store opened inside a transaction of another client works, and is no part of it", () =>
    Effect.gen(function*() {
      const another = yield* SqliteClient.SqliteClient.pipe(
        Effect.provide(yield* Layer.build(SqliteClient.layer({ filename: ":memory:" })))
      )
      const context = yield* another.withTransaction(Layer.build(SqliteStore.layer({ filename: ":memory:" })))
      yield* Effect.provide(enqueue(job(1)), context)
      assert.lengthOf(yield* Effect.provide(allRows, context), 1)
    }))

  it.scoped("a store opened inside a transaction of its own client is a typed error, and not a wait for itself", () =>
    Effect.gen(function*() {
      const client = yield* SqliteClient.SqliteClient.pipe(
        Effect.provide(yield* Layer.build(SqliteClient.layer({ filename: ":memory:" })))
      )
      const store = Layer.build(SqlJobStore.layer()).pipe(Effect.provideService(SqlClient.SqlClient, client))
      const opening = yield* Effect.fork(Effect.flip(client.withTransaction(store)))
      yield* TestClock.adjust("5 seconds")
      const error = yield* Fiber.join(opening)
      assert(error._tag === "StoreError")
      assert.include(error.message, "not opened inside a transaction of its client")
      yield* store
    }))
})

describe("a copy of the database", () => {
  /** A transaction that enqueues, says so and waits, to be rolled back once it is told that it is over. */
  const undone = (over: Deferred.Deferred<void>, enqueued?: Deferred.Deferred<void>) =>
    Effect.flatMap(
      SqlClient.SqlClient,
      (sql) =>
        sql.withTransaction(
          enqueue(job(2)).pipe(
            Effect.zipRight(enqueued === undefined ? Effect.void : Deferred.succeed(enqueued, undefined)),
            Effect.zipRight(Deferred.await(over)),
            Effect.zipRight(Effect.fail("no"))
          )
        )
          .pipe(Effect.exit, Effect.fork)
    )

  it.scoped("an export has nothing of a transaction that is open, for whose end it waits", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const exported = yield* opened(
        { filename: join(folder, "jobs.db") },
        Effect.gen(function*() {
          yield* enqueue(job(1))
          const over = yield* Deferred.make<void>()
          const enqueued = yield* Deferred.make<void>()
          const transaction = yield* undone(over, enqueued)
          yield* Deferred.await(enqueued)
          const copy = yield* Effect.fork(Effect.flatMap(SqliteClient.SqliteClient, (client) => client.export))
          yield* Effect.repeatN(Effect.yieldNow(), 100)
          yield* Deferred.succeed(over, undefined)
          yield* Fiber.join(transaction)
          return yield* Fiber.join(copy)
        })
      )
      writeFileSync(join(folder, "export.db"), exported)
      assert.lengthOf(yield* opened({ filename: join(folder, "export.db") }, allRows), 1)
    }))

  it.scopedLive("a backup has what was there when it began, also when a transaction is to begin meanwhile", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const backup = join(folder, "backup.db")
      yield* opened(
        { filename: join(folder, "jobs.db") },
        Effect.gen(function*() {
          yield* enqueue(job(1))
          const copy = yield* Effect.fork(Effect.flatMap(SqliteClient.SqliteClient, (client) => client.backup(backup)))
          yield* Effect.yieldNow()
          const over = yield* Deferred.make<void>()
          const transaction = yield* undone(over)
          yield* Fiber.join(copy)
          yield* Deferred.succeed(over, undefined)
          yield* Fiber.join(transaction)
        })
      )
      assert.lengthOf(yield* opened({ filename: backup }, allRows), 1)
    }))
})
