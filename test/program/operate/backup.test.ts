import { assert, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import { Effect } from "effect"
import { JobQueue } from "holdfast"
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { databaseIn, makeTerminal, messagesIn, runOnTerminal, runProgram } from "../runProgram.ts"
import { copyWhile } from "./backupBeside.ts"
import { Mail, onFile, onQueue, valueOf } from "./onQueue.ts"

const backup = (folder: string, ...args: ReadonlyArray<string>) => runProgram(folder, ["holdfast", "backup", ...args])

const twoJobs = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const ids = yield* onQueue(folder, JobQueue.enqueueMany(Mail, [{}, {}]))
  return { folder, file: join(folder, "copy.db"), ids: ids.map(({ id }) => id) }
})

/** Asks a database for one value. */
const ask = (file: string, query: string): unknown => {
  const database = new Sqlite(file, { readonly: true })
  const answer = database.prepare(query).pluck().get()
  database.close()
  return answer
}

describe("pnpm holdfast backup", () => {
  it.scopedLive("copies all that was committed while a worker has the database open, for its owner only", () =>
    Effect.gen(function*() {
      const { file, folder } = yield* twoJobs
      yield* Effect.sync(() =>
        onFile(folder, (open) => {
          open.exec("CREATE TABLE \"an app's\" (a); INSERT INTO \"an app's\" VALUES (1), (2), (3)")
        })
      )
      const keeping = new Sqlite(databaseIn(folder))
      yield* Effect.addFinalizer(() => Effect.sync(() => keeping.close()))
      keeping.exec("BEGIN IMMEDIATE; INSERT INTO \"an app's\" VALUES (4)")
      const ran = yield* backup(folder, file)
      assert.deepStrictEqual([ran.code, ran.complained], [0, []])
      assert.match(ran.said[0] ?? "", /^Backed up \S+ to \S+: 2 jobs, 8 rows in all, \d+\.\d kB$/)
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      assert.deepStrictEqual(readdirSync(folder), ["copy.db", "data"])
      assert.strictEqual(ask(file, "SELECT count(*) FROM \"an app's\""), 3)
      assert.strictEqual(ask(file, "SELECT count(*) FROM holdfast_jobs WHERE status = 'pending'"), 2)
      assert.strictEqual(ask(file, "PRAGMA integrity_check"), "ok")
    }))

  it.scopedLive("ends while another process commits all the time, and has one moment of it", () =>
    Effect.gen(function*() {
      const { file, folder } = yield* twoJobs
      yield* copyWhile(folder, file, 5000)
      assert.strictEqual(ask(file, "SELECT count(*) FROM filler"), 5000)
      assert.isAbove(Number(ask(file, "SELECT count(*) FROM ticks")), 0)
    }))

  it.scopedLive("says in JSON what is in the copy", () =>
    Effect.gen(function*() {
      const { file, folder } = yield* twoJobs
      const { bytes, database, tables, ...rest } = valueOf<Record<string, unknown>>(
        yield* backup(folder, file, "--json")
      )
      assert.deepStrictEqual(rest, { file })
      assert.deepStrictEqual([database, bytes], [databaseIn(folder), statSync(file).size])
      assert.deepStrictEqual(tables, [
        { table: "holdfast_jobs", rows: 2 },
        { table: "holdfast_migrations", rows: 3 },
        { table: "holdfast_pauses", rows: 0 },
        { table: "holdfast_workers", rows: 0 }
      ])
    }))

  it.scopedLive("replaces no file, and leaves none behind where it fails", () =>
    Effect.gen(function*() {
      const { file, folder } = yield* twoJobs
      writeFileSync(file, "mine")
      for (const there of [file, databaseIn(folder)]) {
        const { code, complained, said } = yield* backup(folder, there)
        assert.deepStrictEqual([code, said, messagesIn(complained)], [1, [], [
          `${there} is there already, and a backup replaces nothing; give another name`
        ]])
      }
      assert.strictEqual(readFileSync(file, "utf8"), "mine")
      const nowhere = yield* backup(folder, join(folder, "none/copy.db"))
      assert.match(messagesIn(nowhere.complained)[0] ?? "", /was not backed up to \S+: ENOENT/)
      writeFileSync(databaseIn(folder), "this is no database, and long enough to be looked at".repeat(20))
      const broken = yield* backup(folder, join(folder, "other.db"))
      assert.match(messagesIn(broken.complained)[0] ?? "", /was not backed up to \S+: file is not a database/)
      assert.deepStrictEqual(readdirSync(folder), ["copy.db", "data"])
    }))

  it.scopedLive("refuses a name beside which a WAL, a journal or their index was left", () =>
    Effect.gen(function*() {
      const { file, folder } = yield* twoJobs
      // SQLite would take the other database's pages for a part of the copy.
      const other = new Sqlite(join(folder, "other.db"))
      yield* Effect.addFinalizer(() => Effect.sync(() => other.close()))
      other.exec("PRAGMA journal_mode = WAL; CREATE TABLE another (a)")
      for (const name of ["-wal", "-shm", "-journal"]) {
        copyFileSync(join(folder, "other.db-wal"), `${file}${name}`)
        const { code, complained, said } = yield* backup(folder, file)
        assert.deepStrictEqual([code, said, messagesIn(complained)], [1, [], [
          `${file}${name} is there already, and SQLite would read it as a part of ${file}; move it away, or give another name`
        ]])
        assert.deepStrictEqual(readdirSync(folder).filter((each) => each.startsWith("copy.db")), [`copy.db${name}`])
        rmSync(`${file}${name}`)
      }
      assert.strictEqual((yield* backup(folder, file)).code, 0)
    }))

  it.scopedLive("refuses an empty name before it copies anything", () =>
    Effect.gen(function*() {
      const { folder } = yield* twoJobs
      const { code, complained, said } = yield* backup(folder, "")
      assert.deepStrictEqual([code, said], [1, []])
      assert.include(complained.join("\n"), "The name of the file is empty; give the file to write, such as backup.db")
      assert.deepStrictEqual(readdirSync(folder), ["data"])
    }))

  it.scopedLive("deletes a copy in which something is wrong, and says what", () =>
    Effect.gen(function*() {
      const { file, folder } = yield* twoJobs
      onFile(folder, (database) => {
        database.exec("CREATE TABLE filler (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX by_b ON filler (b)")
        database.exec("INSERT INTO filler VALUES (1, 'x')")
        database.unsafeMode()
        // An index that says nothing of its row.
        database.exec(
          "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX by_b ON filler (a)' WHERE name = 'by_b'"
        )
      })
      const { code, complained, said } = yield* backup(folder, file)
      assert.deepStrictEqual([code, said], [1, []])
      assert.match(
        messagesIn(complained)[0] ?? "",
        /^The copy of \S+ was deleted, because it cannot be trusted: .*by_b/
      )
      assert.deepStrictEqual(readdirSync(folder), ["data"])
    }))

  it.scopedLive("makes no database that is missing, and needs a file to write", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const missing = yield* backup(folder, join(folder, "copy.db"))
      assert.include(messagesIn(missing.complained)[0], "There is no database at")
      assert.include((yield* backup(folder)).complained.join("\n"), "<file>")
      assert.deepStrictEqual(readdirSync(folder), [])
    }))

  it.scopedLive("names the server's own tool for a database of PostgreSQL, without its password", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const { code, complained, said } = yield* runProgram(folder, ["holdfast", "backup", "app.dump"], {
        DATABASE_URL: "postgres://me:hunter2@127.0.0.1:9/app"
      })
      assert.deepStrictEqual([code, said, messagesIn(complained)], [1, [], [
        "postgres://127.0.0.1:9/app is on a server, whose own tool backs it up while it runs: "
        + "pg_dump --format=custom --file=app.dump \"$DATABASE_URL\""
      ]])
    }))

  it.scopedLive("shows on a terminal how far it is", () =>
    Effect.gen(function*() {
      const { file, folder } = yield* twoJobs
      onFile(folder, (database) => {
        database.exec("CREATE TABLE filler (text TEXT)")
        database.exec(
          "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO filler SELECT randomblob(4000) FROM n"
        )
      })
      const terminal = makeTerminal()
      assert.strictEqual(yield* runOnTerminal(folder, ["holdfast", "backup", file], terminal), 0)
      assert.match(terminal.text(), /Copying pages \[#+-+\] [\d,]+ of [\d,]+/)
      assert.match(terminal.text(), /Checking the copy/)
      assert.match(terminal.text(), /\r +\rBacked up /)
    }))
})
