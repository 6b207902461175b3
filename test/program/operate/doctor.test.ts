import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import { Effect } from "effect"
import { JobQueue, JobStore } from "holdfast"
import { mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Finding } from "../../../src/cli/findings.ts"
import { workerBeat } from "../../../src/testing/conformance/StoreUnderTest.ts"
import { onSqlite } from "../../store/copy/onSqlite.ts"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { databaseIn, messagesIn, runProgram } from "../runProgram.ts"
import { insertPending, insertRunning } from "./manyJobs.ts"
import { emptyDatabase, Mail, newestVersion, onFile, onQueue, valueOf } from "./onQueue.ts"

interface Answer {
  readonly database: string | null
  readonly verdict: string
  readonly settings: Readonly<Record<string, unknown>> | null
  readonly findings: ReadonlyArray<Finding>
}

/** Runs it, and holds the exit code, the summary and the findings to each other. */
const doctor = (folder: string, args: ReadonlyArray<string> = [], environment: Readonly<Record<string, string>> = {}) =>
  Effect.map(runProgram(folder, ["holdfast", "doctor", "--json", ...args], environment), (ran) => {
    const answer = valueOf<Answer>(ran)
    const problems = answer.findings.filter(({ verdict }) => verdict === "problem").length
    assert.strictEqual(ran.code, problems === 0 ? 0 : 1)
    assert.deepStrictEqual(
      messagesIn(ran.complained),
      problems === 0 ? [] : [
        `${problems === 1 ? "1 problem was" : `${problems} problems were`} found; standard output says what`
      ]
    )
    for (const { todo, verdict } of answer.findings) assert.strictEqual(todo === null, verdict === "ok")
    const of = (check: string) => {
      const found = answer.findings.filter((finding) => finding.check === check)
      assert.lengthOf(found, 1, JSON.stringify(answer.findings))
      return found[0] as Finding
    }
    return { answer, of, checks: answer.findings.map(({ check }) => check) }
  })

const freshQueue = Effect.tap(temporaryFolder, (folder) => onQueue(folder, Effect.void))

describe("pnpm holdfast doctor", () => {
  it.scopedLive("finds a sound queue sound, changes nothing, and ends with 0", () =>
    Effect.gen(function*() {
      const folder = yield* freshQueue
      const before = readFileSync(databaseIn(folder))
      const { answer, checks, of } = yield* doctor(folder)
      assert.deepStrictEqual(checks, [
        "settings",
        "database",
        "tables",
        "due",
        "leases",
        "workers",
        "journal",
        "wal",
        "disk"
      ])
      assert.deepStrictEqual([answer.verdict, answer.database], ["ok", databaseIn(folder)])
      assert.include(answer.settings, { synchronous: "full", leaseFor: 600_000, concurrency: 10 })
      assert.strictEqual(
        of("tables").says,
        `The tables have version ${newestVersion}, the newest that this release knows`
      )
      assert.match(of("journal").says, /with these settings, a commit is on disk when it returns/)
      assert.match(of("disk").says, /^[\d.]+ [MGT]B are free on the disk of /)
      assert.isTrue(before.equals(readFileSync(databaseIn(folder))))
      const { code, said } = yield* runProgram(folder, ["holdfast", "doctor", "--deep"])
      assert.strictEqual(code, 0)
      assert.match(said[0] ?? "", /^ok {7}settings {3}They name the SQLite file /)
      assert.match(said.join("\n"), /^ok +integrity +quick_check has found nothing wrong$/m)
      assert.strictEqual(said.at(-1), "Nothing is wrong.")
    }))

  it.scopedLive("tells a database that is missing, empty, or without tables, and makes none", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const missing = yield* doctor(folder)
      assert.strictEqual(missing.of("database").says, `There is no database at ${databaseIn(folder)}, or it is empty`)
      assert.strictEqual(missing.of("database").todo, "Make one: npx pnpm@10 holdfast migrate")
      assert.deepStrictEqual(readdirSync(folder), [])
      mkdirSync(dirname(databaseIn(folder)))
      writeFileSync(databaseIn(folder), "")
      assert.strictEqual((yield* doctor(folder)).of("database").verdict, "problem")
      const tables = yield* emptyDatabase(folder)
      assert.strictEqual((yield* doctor(folder)).of("tables").says, "There are no tables of Holdfast in this database")
      assert.deepStrictEqual(yield* tables, ["note"])
    }))

  it.scopedLive("tells tables of an older and of a newer release, and tables that were changed", () =>
    Effect.gen(function*() {
      const folder = yield* freshQueue
      const sql = (statement: string) => Effect.sync(() => onFile(folder, (database) => database.exec(statement)))
      yield* sql("INSERT INTO holdfast_migrations (migration_id, name) VALUES (99, 'later')")
      const newer = yield* doctor(folder)
      assert.include(newer.of("tables").says, "A newer release has migrated the tables to version 99")
      assert.notInclude(newer.checks, "due")
      yield* sql(
        "DELETE FROM holdfast_migrations WHERE migration_id > 1; DROP TABLE holdfast_pauses; DROP TABLE holdfast_workers; "
          + "DROP INDEX holdfast_jobs_by_unique_key"
      )
      const older = yield* doctor(folder)
      assert.include(older.of("tables").says, `have version 1, and this release needs version ${newestVersion}`)
      assert.include(older.of("tables").todo, "holdfast migrate")
      assert.isEmpty(onFile(folder, (database) => database.prepare("PRAGMA table_list(holdfast_pauses)").all()))
      yield* onQueue(folder, Effect.void)
      yield* sql("DROP INDEX holdfast_jobs_claim")
      assert.match((yield* doctor(folder)).of("tables").says, /The index holdfast_jobs_claim is missing/)
    }))

  it.scopedLive("tells a file that is no database, one that is damaged, and one that is locked", () =>
    Effect.gen(function*() {
      const folder = yield* freshQueue
      const locking = new Sqlite(databaseIn(folder))
      locking.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE")
      const locked = yield* doctor(folder, [], { HOLDFAST_SQLITE_BUSY_TIMEOUT: "200 millis" })
      locking.close()
      assert.match(locked.of("database").says, /locked/)
      assert.match(locked.of("database").todo ?? "", /keeps the database locked/)
      assert.deepStrictEqual(locked.checks, ["settings", "database", "disk"])

      onFile(folder, (database) => {
        database.exec(
          "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX by_b ON t (b); INSERT INTO t VALUES (1, 'x')"
        )
        database.unsafeMode()
        database.exec(
          "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX by_b ON t (a)' WHERE name = 'by_b'"
        )
      })
      assert.notInclude((yield* doctor(folder)).checks, "integrity")
      onFile(folder, (database) => {
        database.unsafeMode()
        database.exec("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 9999 WHERE name = 'by_b'")
      })
      const damaged = yield* doctor(folder, ["--deep"])
      assert.isTrue(damaged.answer.findings.some(({ verdict }) => verdict === "problem"))

      writeFileSync(databaseIn(folder), "this is no database, and long enough to be looked at".repeat(20))
      const none = yield* doctor(folder)
      assert.match(none.of("database").says, /file is not a database/)
      assert.match(none.of("database").todo ?? "", /restore a backup/)
    }))

  it.scopedLive("tells settings that no worker starts with, and shows no password of them", () =>
    Effect.gen(function*() {
      const folder = yield* freshQueue
      const bad = yield* doctor(folder, [], { HOLDFAST_CONCURRENCY: "many" })
      assert.include(bad.of("settings").says, "HOLDFAST_CONCURRENCY")
      assert.deepStrictEqual([bad.answer.database, bad.answer.settings, bad.checks], [null, null, ["settings"]])
      const seldom = yield* doctor(folder, [], { HOLDFAST_LEASE_DURATION: "1 minute" })
      assert.include(
        seldom.of("settings").says,
        "A heartbeat every 30s is too slow for 1m leases; workers refuse to start"
      )
      const away = yield* doctor(folder, [], {
        DATABASE_URL: "postgres://me:hunter2@127.0.0.1:9/app",
        HOLDFAST_POSTGRES_LISTEN_URL: "postgres://me:hunter2@127.0.0.1:9/app"
      })
      assert.match(away.of("database").says, /ECONNREFUSED/)
      assert.include(away.of("database").todo, "Check whether the server runs")
      assert.notInclude(JSON.stringify(away.answer), "hunter2")
      assert.include(away.answer.settings, { database: "postgres://127.0.0.1:9/app", listens: "own url" })
      assert.strictEqual(
        (yield* doctor(folder, [], { DATABASE_URL: "sqlite::memory:" })).of("settings").verdict,
        "problem"
      )
    }))

  it.scopedLive("tells settings of HTTP and of telemetry with which a worker refuses to start", () =>
    Effect.gen(function*() {
      const folder = yield* freshQueue
      const told = (environment: Readonly<Record<string, string>>) =>
        Effect.map(doctor(folder, [], environment), ({ of }) => [of("settings").verdict, of("settings").says] as const)
      const port = yield* told({ HOLDFAST_HTTP_PORT: "99999999" })
      assert.strictEqual(port[0], "problem")
      assert.include(port[1], "HOLDFAST_HTTP_PORT: \"99999999\" is not a port")
      const open = yield* told({ HOLDFAST_HTTP_PORT: "0", HOLDFAST_HTTP_HOST: "0.0.0.0" })
      assert.strictEqual(open[0], "problem")
      assert.include(open[1], "HOLDFAST_HTTP_TOKEN: it is not set")
      const off = yield* told({ HOLDFAST_HTTP_HOST: "0.0.0.0" })
      assert.strictEqual(off[0], "warning")
      assert.match(off[1], /HOLDFAST_HTTP_TOKEN: it is not set.*; HTTP is off$/)
      const collector = yield* told({ OTEL_EXPORTER_OTLP_ENDPOINT: "nonsense" })
      assert.strictEqual(collector[0], "problem")
      assert.include(collector[1], "OTEL_EXPORTER_OTLP_ENDPOINT: that is not the URL of a collector")
      const both = yield* doctor(folder, [], { HOLDFAST_CONCURRENCY: "many", HOLDFAST_HTTP_PORT: "-1" })
      assert.deepStrictEqual(both.checks, ["settings", "settings"])
    }))

  it.scopedLive("looks at the disk of the file itself, not at that of a link to it", () =>
    Effect.gen(function*() {
      const folder = yield* freshQueue
      const elsewhere = realpathSync(yield* temporaryFolder)
      renameSync(databaseIn(folder), join(elsewhere, "real.db"))
      symlinkSync(join(elsewhere, "real.db"), databaseIn(folder))
      assert.include((yield* doctor(folder)).of("disk").says, ` are free on the disk of ${elsewhere}`)
    }))

  it.scopedLive("tells a row of a worker that is not as expected, and checks the rest", () =>
    Effect.gen(function*() {
      const folder = yield* freshQueue
      yield* onQueue(folder, Effect.flatMap(JobStore, (store) => store.beatWorker(workerBeat())))
      onFile(folder, (database) => database.exec("UPDATE holdfast_workers SET queues = '{}'"))
      const { answer, checks, of } = yield* doctor(folder)
      assert.strictEqual(answer.verdict, "warning")
      assert.match(of("workers").says, /^The workers cannot be read: A row of holdfast_workers is not as expected: /)
      assert.include(of("workers").todo, "Delete the rows of holdfast_workers")
      assert.includeMembers([...checks], ["due", "leases", "wal"])
    }))

  for (const damagedPage of ["holdfast_jobs_claim", "holdfast_workers"]) {
    it.scopedLive(`names a restore where a page of ${damagedPage} is damaged, and the damage in one line`, () =>
      Effect.gen(function*() {
        const folder = yield* freshQueue
        yield* onQueue(folder, JobQueue.enqueueMany(Mail, [{}, {}]))
        const root = onFile(folder, (database) => {
          database.exec("PRAGMA wal_checkpoint(TRUNCATE)")
          return Number(
            database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").pluck().get(damagedPage)
          )
        })
        const bytes = readFileSync(databaseIn(folder))
        bytes.fill(0xff, (root - 1) * 4096, root * 4096)
        writeFileSync(databaseIn(folder), bytes)
        const damaged = yield* doctor(folder)
        assert.strictEqual(damaged.of("database").verdict, "problem")
        assert.include(damaged.of("database").says, "malformed")
        assert.match(damaged.of("database").todo ?? "", /`doctor --deep` lists the damage\. .*restore a backup$/)
        assert.notInclude(damaged.checks, "tables")
        const deep = yield* doctor(folder, ["--deep"])
        if (damagedPage === "holdfast_workers") {
          // SQLite's own check gives up on the table that is an index.
          assert.include(deep.of("database").todo, "restore a backup")
        } else {
          assert.match(deep.of("integrity").says, /^quick_check has found damage: Tree \d+ page \d+/)
        }
        assert.notMatch(JSON.stringify(deep.answer.findings), /\\n/)
      }))
  }

  it.scopedLive("finds leases that are over behind more than it counts that are not", () =>
    Effect.gen(function*() {
      const folder = yield* freshQueue
      const hour = 3_600_000
      onFile(folder, (database) =>
        insertRunning(database, [
          { count: 500, from: 0, worker: "host:7:dead", lockedUntil: Date.now() - hour },
          { count: 2100, from: 500, worker: "host:8:alive", lockedUntil: Date.now() + hour }
        ]))
      const { answer, of } = yield* doctor(folder)
      assert.match(of("leases").says, /^500 leases are over, of 2,600, one of them for 1h/)
      assert.deepStrictEqual([of("leases").verdict, answer.verdict], ["problem", "problem"])
      assert.match(of("holders").says, /^A worker looks dead: host:7:dead holds 500, /)
      onFile(folder, (database) =>
        insertRunning(database, [{ count: 2400, from: 2600, worker: "host:9:dead", lockedUntil: Date.now() - hour }]))
      assert.match(
        (yield* doctor(folder)).of("leases").says,
        /^2,000\+ leases are over, of 4,100\+, one of them for 1h/
      )
    }))

  it.scopedLive("does not call due jobs ok unless it has seen every queue and kind", () =>
    Effect.gen(function*() {
      const folder = yield* freshQueue
      onFile(folder, (database) => insertPending(database, 0, 1999))
      assert.strictEqual((yield* doctor(folder)).of("due").verdict, "ok")
      onFile(folder, (database) => insertPending(database, 1999, 2))
      const { verdict, says } = (yield* doctor(folder)).of("due")
      assert.deepStrictEqual([verdict, says], [
        "warning",
        "No job is due; there are more queues and kinds than were looked at"
      ])
    }))

  it.scopedLive("tells a job that waits for long, unless it is paused, and leases that nobody frees", () =>
    Effect.gen(function*() {
      const folder = yield* freshQueue
      yield* onQueue(
        folder,
        Effect.gen(function*() {
          yield* JobQueue.enqueueMany(Mail, [{}, {}, {}])
          yield* JobQueue.claim({ jobs: [Mail], worker: "host:7:dead", limit: 2 })
        })
      )
      assert.strictEqual((yield* doctor(folder)).of("due").verdict, "ok")
      const age = (status: string, column: string, millis: number) =>
        onSqlite(
          databaseIn(folder),
          Effect.flatMap(SqlClient.SqlClient, (sql) =>
            sql`UPDATE holdfast_jobs SET ${sql.literal(column)} = ${Date.now() - millis} WHERE status = ${status}`)
        )
      yield* age("pending", "available_at", 10 * 60_000)
      yield* age("running", "locked_until", 30_000)
      const late = yield* doctor(folder)
      assert.match(late.of("due").says, /^The oldest due job has waited for 10m( \ds)?, of kind mail in queue default$/)
      assert.strictEqual(late.of("due").verdict, "warning")
      assert.match(late.of("leases").says, /^2 leases are over, of 2, one of them for 3\ds$/)
      assert.strictEqual(late.of("leases").verdict, "warning")
      assert.match(late.of("holders").says, /^A worker looks dead: host:7:dead holds 2, last beat \ds ago$/)
      yield* age("pending", "available_at", 2 * 3_600_000)
      yield* age("running", "locked_until", 10 * 60_000)
      const later = yield* doctor(folder)
      assert.deepStrictEqual([later.of("due").verdict, later.of("leases").verdict], ["problem", "problem"])
      assert.include(later.of("leases").todo, "Start a worker: its sweep frees them within 1m 30s")
      yield* onQueue(folder, JobQueue.pause({ queue: "default" }))
      const paused = yield* doctor(folder)
      assert.strictEqual(
        paused.of("due").says,
        "No job is due but those that are paused; 1 paused queue or kind has due jobs"
      )
    }))

  it.scopedLive("tells a WAL that a reader keeps from shrinking, and another journal", () =>
    Effect.gen(function*() {
      const folder = yield* freshQueue
      const reading = new Sqlite(databaseIn(folder))
      reading.exec("BEGIN; SELECT * FROM holdfast_jobs")
      const writing = new Sqlite(databaseIn(folder))
      writing.exec("CREATE TABLE filler (text)")
      writing.exec(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 18000) INSERT INTO filler SELECT randomblob(4000) FROM n"
      )
      const long = yield* doctor(folder)
      assert.match(long.of("wal").says, /^The WAL is \d+\.\d MB, which slows every reader/)
      assert.strictEqual(long.of("wal").verdict, "warning")
      reading.close()
      writing.exec("DROP TABLE filler; PRAGMA journal_mode = DELETE")
      writing.close()
      assert.match((yield* doctor(folder)).of("journal").says, /^The journal mode is delete/)
    }))
})
