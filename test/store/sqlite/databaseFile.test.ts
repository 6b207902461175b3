import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { JobStore } from "../../../src/store/JobStore.ts"
import * as SqliteStore from "../../../src/store/sqlite/SqliteStore.ts"
import * as SqlJobStore from "../../../src/store/sqlite/SqliteJobStore.ts"
import { allRows, claim, enqueue, get, job, jobId, request } from "../someJobs.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** What goes wrong with the files of a database that is open. */
const replacements = {
  "the file is deleted": (filename: string) => rmSync(filename),
  "the file is replaced, as by a restore": (filename: string) => {
    copyFileSync(filename, `${filename}.restored`)
    renameSync(`${filename}.restored`, filename)
  },
  "the WAL is deleted": (filename: string) => rmSync(`${filename}-wal`),
  "the WAL is another, as after another program took itself for the last to close the database": (filename: string) => {
    rmSync(`${filename}-wal`)
    closeSync(openSync(`${filename}-wal`, "w"))
  },
  "all files are gone, with their folder": (filename: string) => rmSync(join(filename, ".."), { recursive: true })
}

const clients = {
  "a store of ours": (filename: string) => SqliteStore.layer({ filename }),
  "a client of the app's own": (filename: string) =>
    SqlJobStore.layer().pipe(Layer.provideMerge(Layer.orDie(SqliteClient.layer({ filename }))))
}

const open = (store: (filename: string) => Layer.Layer<JobStore | SqlClient.SqlClient, unknown>) =>
  Effect.gen(function*() {
    // In a folder of its own, which a replacement may delete.
    const folder = join(yield* temporaryFolder, "of the database")
    const filename = join(folder, "jobs.db")
    yield* Effect.sync(() => mkdirSync(folder))
    const context = yield* Layer.build(store(filename))
    return { filename, inStore: Effect.provide(context) }
  })

for (const [name, store] of Object.entries(clients)) {
  for (const [what, replace] of Object.entries(replacements)) {
    describe(`on ${name}, when ${what}`, () => {
      const first = {
        "an enqueue": enqueue(job(2)),
        "a claim": claim(),
        "an enqueue of several": enqueue(job(3), job(4)),
        "a look": Effect.flatMap(JobStore, (store) => store.nextDue(request()))
      }
      for (const [call, use] of Object.entries<Effect.Effect<unknown, unknown, JobStore>>(first)) {
        it.scoped(`${call} that comes first is told, and so is all that follows`, () =>
          Effect.gen(function*() {
            const { filename, inStore } = yield* open(store)
            yield* inStore(enqueue(job(1)))
            replace(filename)
            for (const each of [use, enqueue(job(5)), get(jobId(1)), claim()]) {
              const error = yield* Effect.flip(inStore(each))
              assert.include(error, { _tag: "StoreError", reason: "databaseReplaced" })
              assert.match(String(error), /jobs\.db(-wal)? was deleted or replaced while it was open/)
            }
          }))
      }
    })
  }
}

describe("a transaction of the app's whose database was replaced in the middle", () => {
  it.scoped("is not told that it was committed", () =>
    Effect.gen(function*() {
      const { filename, inStore } = yield* open(clients["a store of ours"])
      const error = yield* Effect.flip(inStore(
        Effect.flatMap(SqlClient.SqlClient, (sql) =>
          sql.withTransaction(Effect.zipRight(enqueue(job(1)), Effect.sync(() => rmSync(filename)))))
      ))
      assert.strictEqual(error._tag, "SqlError")
    }))
})

it.scoped("a store whose files others read, copy and open goes on", () =>
  Effect.gen(function*() {
    const { filename, inStore } = yield* open(clients["a store of ours"])
    yield* inStore(enqueue(job(1)))
    readFileSync(filename)
    copyFileSync(filename, `${filename}.copy`)
    yield* Effect.scoped(Effect.provide(enqueue(job(2)), yield* Layer.build(SqliteStore.layer({ filename }))))
    yield* inStore(enqueue(job(3)))
    assert.lengthOf(yield* inStore(allRows), 3)
  }))

it.scoped("a store whose files cannot be looked at says so, and goes on once they can", () =>
  Effect.gen(function*() {
    const { filename, inStore } = yield* open(clients["a store of ours"])
    const folder = join(filename, "..")
    yield* Effect.sync(() => {
      renameSync(folder, `${folder}.aside`)
      symlinkSync(folder, folder)
    })
    const error = yield* Effect.flip(inStore(enqueue(job(1))))
    assert.include(error, { _tag: "StoreError", reason: "unavailable" })
    yield* Effect.sync(() => {
      rmSync(folder)
      renameSync(`${folder}.aside`, folder)
    })
    yield* inStore(enqueue(job(2)))
  }))

/** Runs statements one after the other on a connection that nobody else has meanwhile. */
const onReserved = (...statements: ReadonlyArray<string | Effect.Effect<void>>) =>
  Effect.scoped(
    Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.flatMap(sql.reserve, (connection) =>
        Effect.forEach(
          statements,
          (statement) => typeof statement === "string" ? connection.execute(statement, [], undefined) : statement
        )))
  )

describe("a reserved connection", () => {
  it.scoped("may do without a WAL for a time, and the store goes on with the new one", () =>
    Effect.gen(function*() {
      const { filename, inStore } = yield* open(clients["a store of ours"])
      yield* inStore(enqueue(job(1)))
      yield* inStore(onReserved(
        "PRAGMA journal_mode = DELETE",
        // Takes the inode that the WAL had, which the next WAL would else have.
        Effect.sync(() => closeSync(openSync(`${filename}.other`, "w"))),
        "PRAGMA journal_mode = WAL",
        "SELECT count(*) FROM holdfast_jobs"
      ))
      yield* inStore(enqueue(job(2)))
      assert.lengthOf(yield* inStore(allRows), 2)
      rmSync(`${filename}-wal`)
      const error = yield* Effect.flip(inStore(enqueue(job(3))))
      assert.include(error, { _tag: "StoreError", reason: "databaseReplaced" })
    }))

  it.scoped("is not told that what it wrote is committed when the database was replaced", () =>
    Effect.gen(function*() {
      const { filename, inStore } = yield* open(clients["a store of ours"])
      rmSync(filename)
      const error = yield* Effect.flip(inStore(onReserved("CREATE TABLE notes (id INTEGER PRIMARY KEY)")))
      assert.strictEqual(error._tag, "SqlError")
      assert.match(String(error.cause), /was deleted or replaced while it was open/)
    }))
})
