import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Cause, Effect, Exit, Fiber, Layer, Logger, LogLevel, Option, Queue, Scope, TestClock } from "effect"
import { copyFileSync, renameSync, statSync } from "node:fs"
import { join } from "node:path"
import { CheckpointFailed, CheckpointThread } from "../../../src/store/sqlite/wal/checkpointThread.ts"
import type { Checkpoint, CheckpointThreadService } from "../../../src/store/sqlite/wal/checkpointThread.ts"
import { JobStore } from "../../../src/store/JobStore.ts"
import * as SqliteStore from "../../../src/store/sqlite/SqliteStore.ts"
import { enqueue, job } from "../someJobs.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const MiB = 1024 ** 2

/** Beside what a WAL may be, for a commit that comes on top of it. */
const longestWal = 9 * MiB

const sizeOf = (path: string) => statSync(path).size

/** What a store finds to checkpoint with, given what it finds in production. */
type Find = (real: CheckpointThreadService["find"]) => Option.Option<Checkpoint>

const inThread: Find = (real) => real()

const doing = (checkpoint: Checkpoint): Find => () => Option.some(checkpoint)

/**
 * A store on a file of its own, which checkpoints with what it finds, what each of those came to, and what was logged.
 * Its commits do not wait for the disk, on which the length of the WAL does not depend.
 */
const open = (findWith: Find, filename?: string) =>
  Effect.gen(function*() {
    const file = filename ?? join(yield* temporaryFolder, "jobs.db")
    const real = yield* CheckpointThread
    const begun: Array<string> = []
    const ended = yield* Queue.unbounded<Exit.Exit<unknown, CheckpointFailed>>()
    const find = () =>
      Option.map(findWith(real.find), (checkpoint): Checkpoint => (files) => {
        begun.push(files.file)
        return Effect.onExit(checkpoint(files), (exit) => ended.offer(exit))
      })
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel.label} ${String(message)}`))
    const scope = yield* Scope.fork(yield* Effect.scope, { _tag: "Sequential" })
    const context = yield* Layer.build(SqliteStore.layer({ filename: file, synchronous: "normal" })).pipe(
      Scope.extend(scope),
      Effect.provideService(CheckpointThread, { find }),
      Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
      Logger.withMinimumLogLevel(LogLevel.Info)
    )
    return {
      file,
      wal: `${file}-wal`,
      begun,
      lines,
      /** What the next checkpoint comes to. The thread answers in real time. */
      ended: Queue.take(ended),
      inStore: Effect.provide(context),
      close: Scope.close(scope, Exit.void)
    }
  })

const failureOf = (exit: Exit.Exit<unknown, CheckpointFailed>) =>
  Exit.isFailure(exit)
    ? Option.match(Cause.failureOption(exit.cause), { onNone: String, onSome: ({ cause }) => String(cause) })
    : ""

/** Writes so much, a MiB at a time. */
const write = (mebibytes: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE IF NOT EXISTS written (bytes BLOB)`
    for (let written = 0; written < mebibytes; written++) yield* sql`INSERT INTO written VALUES (zeroblob(${MiB}))`
  })

const autocheckpoint = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => Effect.map(sql<{ readonly wal_autocheckpoint: number }>`PRAGMA wal_autocheckpoint`, ([row]) => row)
)

/** Reads the database in a transaction, which goes on until it is told to end. */
const startReading = (filename: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const reader = new Database(filename)
      reader.exec("BEGIN")
      reader.prepare("SELECT count(*) FROM holdfast_jobs").get()
      return { end: () => void (reader.inTransaction && reader.exec("COMMIT")), close: () => reader.close() }
    }),
    (reader) => Effect.sync(reader.close)
  )

/** Writes to the database every 5 ms from another connection, which leaves the WAL to others, until it is told to stop. */
const startWriting = (filename: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const writer = new Database(filename)
      writer.pragma("wal_autocheckpoint = 0")
      writer.pragma("synchronous = OFF")
      // Another value each time: one that is already there is not written.
      const update = writer.prepare("UPDATE written SET bytes = randomblob(8) WHERE rowid = 1")
      let last = performance.now()
      let longestPause = 0
      const write = () => {
        update.run()
        longestPause = Math.max(longestPause, performance.now() - last)
        last = performance.now()
      }
      write()
      const timer = setInterval(write, 5)
      const stop = () => {
        clearInterval(timer)
        write()
        return { longestPause }
      }
      return { stop, close: () => [clearInterval(timer), writer.close()] }
    }),
    (writer) => Effect.sync(writer.close)
  )

/** Writes so much in one commit of another connection, which leaves the WAL to others. */
const writeElsewhere = (filename: string, mebibytes: number) => {
  const writer = new Database(filename)
  writer.pragma("wal_autocheckpoint = 0")
  writer.exec(`CREATE TABLE written (bytes BLOB); INSERT INTO written VALUES (zeroblob(${mebibytes * MiB}))`)
  writer.close()
}

const beginning = (line: string) => line.split(/[,:]/)[0]

const tidy = Effect.flatMap(JobStore, (store) => store.tidy)

/*
 * Several at a time: a thread that a reader keeps from copying the WAL tries for half a second, for which each test
 * waits once or more. So each takes as long as some others, which the timeout of a mutant's run does not allow for.
 */
describe.concurrent("a WAL that has grown behind a reader", { timeout: 60_000 }, () => {
  it.scoped("is short again once the reader has gone and the store was tidied", () =>
    Effect.gen(function*() {
      const { ended, file, inStore, wal } = yield* open(inThread)
      const reader = yield* startReading(file)
      yield* inStore(write(20))
      yield* ended
      assert.isAbove(sizeOf(wal), 20 * MiB)
      reader.end()
      yield* TestClock.adjust("10 seconds")
      yield* inStore(tidy)
      assert.isTrue(Exit.isSuccess(yield* ended))
      assert.strictEqual(sizeOf(wal), 0)
    }))

  it.scoped("is short again where nothing but enqueues run", () =>
    Effect.gen(function*() {
      const { ended, file, inStore, wal } = yield* open(inThread)
      const reader = yield* startReading(file)
      yield* inStore(write(20))
      yield* ended
      reader.end()
      yield* TestClock.adjust("10 seconds")
      yield* inStore(enqueue(job(1)))
      yield* ended
      yield* inStore(enqueue(job(2)))
      assert.isBelow(sizeOf(wal), longestWal)
    }))

  it.scoped("is not copied by a commit, with the event loop standing", () =>
    Effect.gen(function*() {
      const { begun, file, inStore } = yield* open(doing(() => Effect.never))
      const reader = yield* startReading(file)
      yield* inStore(write(20))
      const before = sizeOf(file)
      reader.end()
      yield* inStore(write(2))
      assert.strictEqual(sizeOf(file), before)
      assert.deepStrictEqual(begun, [file])
    }))

  it.scoped("is a commit's again once the thread is through", () =>
    Effect.gen(function*() {
      const { ended, inStore, file, wal } = yield* open(inThread)
      const before = yield* inStore(autocheckpoint)
      const reader = yield* startReading(file)
      yield* inStore(write(20))
      yield* ended
      assert.deepStrictEqual(yield* inStore(autocheckpoint), { wal_autocheckpoint: 0 })
      reader.end()
      yield* TestClock.adjust("10 seconds")
      yield* inStore(tidy)
      yield* ended
      yield* inStore(enqueue(job(1)))
      assert.deepStrictEqual(yield* inStore(autocheckpoint), before)
      yield* inStore(write(30))
      assert.isBelow(sizeOf(wal), longestWal)
    }))

  it.scoped("is shortened later where the thread copied all of it, but a reader kept it long", () =>
    Effect.gen(function*() {
      const { begun, ended, file, inStore, wal } = yield* open(inThread)
      const before = yield* inStore(autocheckpoint)
      writeElsewhere(file, 20)
      // It reads the newest state, so all of the WAL can be copied, but the file cannot be shortened.
      const reader = yield* startReading(file)
      yield* inStore(tidy)
      assert.isTrue(Exit.isSuccess(yield* ended))
      assert.isAbove(sizeOf(wal), 20 * MiB)
      reader.end()
      yield* TestClock.adjust("10 seconds")
      yield* inStore(tidy)
      assert.lengthOf(begun, 2)
      yield* ended
      assert.strictEqual(sizeOf(wal), 0)
      yield* inStore(tidy)
      assert.deepStrictEqual(yield* inStore(autocheckpoint), before)
    }))

  it.scoped("is told of once, and when that is over", () =>
    Effect.gen(function*() {
      const { ended, file, inStore, lines } = yield* open(inThread)
      const reader = yield* startReading(file)
      yield* inStore(write(20))
      yield* ended
      assert.deepStrictEqual(lines, [])
      for (let times = 0; times < 3; times++) {
        yield* TestClock.adjust("10 seconds")
        yield* inStore(tidy)
        yield* ended
      }
      yield* Effect.yieldNow()
      assert.deepStrictEqual(lines.map(beginning), ["WARN The WAL grows"])
      reader.end()
      yield* TestClock.adjust("10 seconds")
      yield* inStore(tidy)
      yield* ended
      yield* Effect.yieldNow()
      assert.deepStrictEqual(lines.slice(1), ["INFO The WAL is copied into the database again"])
    }))

  it.scoped("is not looked at again within ten seconds", () =>
    Effect.gen(function*() {
      const { begun, ended, file, inStore } = yield* open(inThread)
      yield* startReading(file)
      yield* inStore(write(20))
      yield* ended
      yield* TestClock.adjust("9 seconds")
      yield* inStore(write(5))
      assert.lengthOf(begun, 1)
    }))

  it.scoped("is left alone where the app sees to checkpoints itself", () =>
    Effect.gen(function*() {
      const { begun, inStore, wal } = yield* open(inThread)
      yield* inStore(Effect.flatMap(SqlClient.SqlClient, (sql) => sql`PRAGMA wal_autocheckpoint = 0`))
      yield* inStore(write(20))
      assert.deepStrictEqual(begun, [])
      assert.isAbove(sizeOf(wal), 20 * MiB)
    }))

  it.scoped("is the thread's again once the app leaves checkpoints to the connection", () =>
    Effect.gen(function*() {
      const { begun, ended, file, inStore } = yield* open(inThread)
      const sql = yield* inStore(SqlClient.SqlClient)
      yield* sql`PRAGMA wal_autocheckpoint = 0`
      yield* inStore(write(20))
      yield* sql`PRAGMA wal_autocheckpoint = 500`
      yield* startReading(file)
      yield* inStore(tidy)
      assert.deepStrictEqual(yield* inStore(autocheckpoint), { wal_autocheckpoint: 0 })
      yield* ended
      assert.deepStrictEqual(begun, [file])
    }))

  it.scoped("is a commit's where there can be no thread, which is said once", () =>
    Effect.gen(function*() {
      const { file, inStore, lines, wal } = yield* open(Option.none)
      const reader = yield* startReading(file)
      yield* inStore(write(20))
      reader.end()
      yield* inStore(write(12))
      assert.isBelow(sizeOf(wal), longestWal)
      assert.deepStrictEqual(lines.map(beginning), ["WARN A long WAL is copied into the database by commits"])
    }))

  it.scoped("is a commit's where the thread fails, which is said once", () =>
    Effect.gen(function*() {
      const failing: Checkpoint = () => Effect.fail(new CheckpointFailed({ cause: new Error("no thread today") }))
      const { ended, file, inStore, lines, wal } = yield* open(doing(failing))
      const reader = yield* startReading(file)
      yield* inStore(write(20))
      yield* ended
      reader.end()
      yield* inStore(write(2))
      assert.deepStrictEqual(lines.map(beginning), ["WARN The thread that copies a long WAL into the database failed"])
      assert.isAbove(sizeOf(file), 20 * MiB)
      assert.isAbove(sizeOf(wal), 0)
    }))
})

// Alone: the writer may not pause for long.
describe("a WAL that has grown behind a reader", () => {
  it.effect("is not shortened while another connection writes, but once that has stopped", () =>
    Effect.gen(function*() {
      const besideWriter = Effect.gen(function*() {
        const { ended, file, inStore, wal } = yield* open(inThread)
        const reader = yield* startReading(file)
        yield* inStore(write(20))
        yield* ended
        reader.end()
        const writer = yield* startWriting(file)
        yield* TestClock.adjust("10 seconds")
        yield* inStore(tidy)
        assert.isTrue(Exit.isSuccess(yield* ended))
        const { longestPause } = writer.stop()
        if (sizeOf(wal) < 20 * MiB) return { isShortened: true, longestPause }
        yield* inStore(tidy)
        yield* TestClock.adjust("10 seconds")
        yield* inStore(tidy)
        yield* ended
        assert.strictEqual(sizeOf(wal), 0)
        return { isShortened: false, longestPause }
      })
      // After 50 ms without a write a WAL may be shortened, and a busy machine may hold up the writer for that long.
      const { isShortened } = yield* Effect.repeat(Effect.scoped(besideWriter), {
        times: 7,
        until: ({ isShortened, longestPause }) => !isShortened || longestPause < 40
      })
      assert.isFalse(isShortened)
    }))
})

describe("the thread for checkpoints", () => {
  it.scoped("has ended when the store is closed", () =>
    Effect.gen(function*() {
      const { close, ended, inStore } = yield* open(inThread)
      const sql = yield* inStore(SqlClient.SqlClient)
      yield* sql.withTransaction(inStore(write(20)))
      yield* inStore(write(1))
      const closed = yield* Effect.fork(close)
      assert.isTrue(Exit.isInterrupted(yield* ended))
      yield* Fiber.join(closed)
    }))

  it.scoped("does not touch a database that has taken the place of the one that was opened", () =>
    Effect.gen(function*() {
      const { ended, file, inStore, wal } = yield* open((real) =>
        Option.map(real(), (checkpoint): Checkpoint => (files) => {
          copyFileSync(files.file, `${files.file}.restored`)
          renameSync(`${files.file}.restored`, files.file)
          return checkpoint(files)
        })
      )
      yield* inStore(Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(write(20))))
      yield* Effect.ignore(inStore(write(1)))
      const [size, walSize] = [sizeOf(file), sizeOf(wal)]
      const exit = yield* ended
      assert.match(failureOf(exit), /jobs\.db was deleted or replaced/)
      assert.deepStrictEqual([sizeOf(file), sizeOf(wal)], [size, walSize])
    }))

  it.scoped("is never there for a database in memory", () =>
    Effect.gen(function*() {
      const { begun, inStore } = yield* open(inThread, ":memory:")
      yield* inStore(write(20))
      yield* inStore(tidy)
      assert.deepStrictEqual(begun, [])
    }))
})
