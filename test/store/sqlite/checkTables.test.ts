import type { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect } from "effect"
import { join } from "node:path"
import type { JobStore } from "../../../src/store/JobStore.ts"
import * as SqliteStore from "../../../src/store/sqlite/SqliteStore.ts"
import { allRows, enqueue, job } from "../someJobs.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const opened = <A, E>(
  options: SqliteStore.Options,
  use: Effect.Effect<A, E, JobStore | SqlClient.SqlClient>
) => Effect.provide(use, SqliteStore.layer(options))

/** A database with one job, to which another program did something meanwhile. */
const changedBy = (...statements: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const filename = join(yield* temporaryFolder, "jobs.db")
    yield* opened({ filename }, enqueue(job(1)))
    another(filename, ...statements)
    return filename
  })

const another = (filename: string, ...statements: ReadonlyArray<string>) => {
  const database = new Database(filename)
  for (const statement of statements) database.exec(statement)
  const schema = database.prepare("SELECT sql FROM sqlite_master ORDER BY name").all()
  database.close()
  return schema
}

/** Why a database cannot be opened, which is the same to read and to write. */
const refused = (filename: string) =>
  Effect.gen(function*() {
    const before = another(filename)
    const error = yield* Effect.flip(opened({ filename }, Effect.void))
    assert.strictEqual(error._tag, "StoreError")
    const toRead = yield* Effect.flip(opened({ filename, readonly: true }, Effect.void))
    assert.strictEqual(toRead.message, error.message)
    assert.deepStrictEqual(another(filename), before)
    return error.message
  })

/** What stands after a word in a message that says what to run. */
const statementsAfter = (word: string, message: string) =>
  message.slice(message.indexOf(word) + word.length, message.lastIndexOf(";") + 1)

const isOpenedWithItsJob = (filename: string) =>
  Effect.map(opened({ filename }, allRows), (rows) => assert.lengthOf(rows, 1))

/** The table as 0001 made it before it had what releases to come need. */
const olderTable = `
CREATE TABLE holdfast_jobs (
  id TEXT NOT NULL PRIMARY KEY,
  queue TEXT NOT NULL CHECK (queue <> ''),
  kind TEXT NOT NULL CHECK (kind <> ''),
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  first_payload TEXT,
  status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'succeeded', 'failed', 'cancelled')),
  priority INTEGER NOT NULL CHECK (priority BETWEEN -1000 AND 1000),
  partition_key TEXT CHECK (partition_key <> ''),
  unique_key TEXT CHECK (unique_key <> ''),
  unique_scope TEXT CHECK (unique_scope IN ('pending', 'unfinished')),
  holds_key INTEGER NOT NULL DEFAULT 0 CHECK (holds_key IN (0, 1)),
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
  max_attempts INTEGER NOT NULL CHECK (max_attempts >= 1),
  available_at INTEGER NOT NULL,
  locked_at INTEGER,
  locked_by TEXT CHECK (locked_by <> ''),
  locked_until INTEGER,
  settled_attempt INTEGER CHECK (settled_attempt BETWEEN 1 AND attempts),
  settled_by TEXT,
  settled_as TEXT CHECK (settled_as IN ('complete', 'fail', 'release')),
  settled_to TEXT CHECK (settled_to IN ('pending', 'succeeded', 'failed', 'cancelled')),
  cancel_requested_at INTEGER,
  progress TEXT,
  result TEXT,
  last_error TEXT,
  errors TEXT NOT NULL DEFAULT '[]',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  finished_at INTEGER,
  trace_context TEXT,
  CHECK (failures <= attempts AND (status <> 'running' OR failures < attempts)),
  CHECK ((status = 'running') = (locked_at IS NOT NULL)),
  CHECK ((status = 'running') = (locked_by IS NOT NULL)),
  CHECK ((status = 'running') = (locked_until IS NOT NULL)),
  CHECK ((status IN ('succeeded', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
  CHECK ((status = 'succeeded') = (result IS NOT NULL)),
  CHECK ((unique_key IS NULL) = (unique_scope IS NULL)),
  CHECK (
    holds_key = 0 OR unique_key IS NOT NULL AND (status = 'pending' OR status = 'running' AND unique_scope = 'unfinished')
  ),
  CHECK ((settled_attempt IS NULL) = (settled_by IS NULL)),
  CHECK ((settled_attempt IS NULL) = (settled_as IS NULL)),
  CHECK ((settled_attempt IS NULL) = (settled_to IS NULL)),
  CHECK (status NOT IN ('pending', 'failed') OR cancel_requested_at IS NULL),
  CHECK (status <> 'failed' OR last_error IS NOT NULL)
) STRICT`

/** A copy of the table as an older version or a tool would have made it. */
const rebuilt = (change: (createTable: string) => string) =>
  Effect.gen(function*() {
    const filename = yield* changedBy()
    const database = new Database(filename)
    const made = database.prepare<[], { readonly type: string; readonly sql: string }>(
      "SELECT type, sql FROM sqlite_master WHERE tbl_name = 'holdfast_jobs' AND sql IS NOT NULL"
    ).all()
    database.exec("ALTER TABLE holdfast_jobs RENAME TO old")
    for (const { sql, type } of made) {
      if (type === "table") database.exec(change(sql))
    }
    const columns = database.prepare("SELECT group_concat(name) AS names FROM pragma_table_info('holdfast_jobs')")
      .pluck()
      .get()
    database.exec(`INSERT INTO holdfast_jobs (${String(columns)}) SELECT ${String(columns)} FROM old; DROP TABLE old`)
    for (const { sql, type } of made) {
      if (type === "index" && !sql.includes("partition_key")) database.exec(sql)
    }
    database.close()
    return filename
  })

describe("a database whose tables are not as the store needs them is not opened", () => {
  it.scoped("one whose table of jobs was dropped: the error says so, and how the tables are made anew", () =>
    Effect.gen(function*() {
      const filename = yield* changedBy("DROP TABLE holdfast_jobs")
      const message = yield* refused(filename)
      assert.match(message, /table holdfast_jobs is missing.*backup.*drizzle-kit push.*exclude holdfast_\*/)
      another(filename, statementsAfter("If its jobs may be lost, run ", message))
      assert.lengthOf(yield* opened({ filename }, allRows), 0)
    }))

  it.scoped("one without the table of pauses: the error has the statement that puts it back", () =>
    Effect.gen(function*() {
      const filename = yield* changedBy("DROP TABLE holdfast_pauses")
      const message = yield* refused(filename)
      assert.include(message, "The table holdfast_pauses is missing")
      another(filename, statementsAfter(", run ", message))
      yield* isOpenedWithItsJob(filename)
    }))

  it.scoped("one without an index: the error has the statements that put it back", () =>
    Effect.gen(function*() {
      const filename = yield* changedBy("DROP INDEX holdfast_jobs_claim", "DROP INDEX holdfast_jobs_unique")
      const message = yield* refused(filename)
      assert.include(message, "The index holdfast_jobs_claim, holdfast_jobs_unique is missing")
      another(filename, statementsAfter(", run ", message))
      yield* isOpenedWithItsJob(filename)
    }))

  it.scoped("one with another index of the name: the error has the statements that put it right", () =>
    Effect.gen(function*() {
      const filename = yield* changedBy(
        "DROP INDEX holdfast_jobs_unique",
        "CREATE INDEX holdfast_jobs_unique ON holdfast_jobs (kind, unique_key)"
      )
      const message = yield* refused(filename)
      assert.include(message, "The index holdfast_jobs_unique is not the one that Holdfast made")
      another(filename, statementsAfter(", run ", message))
      yield* isOpenedWithItsJob(filename)
    }))

  it.scoped("one that an older version made, without a column and a check: the error names both", () =>
    Effect.gen(function*() {
      const filename = yield* rebuilt((table) =>
        table.replace(/\n *trace_context TEXT,/, "").replace(/\n *CHECK \(status <> 'failed' OR [^\n]*(?=\n)/, "")
          .replace(/,(?=\s*\) STRICT)/, "")
      )
      assert.match(
        yield* refused(filename),
        /holdfast_jobs was made by another version.*lacks "trace_context text", "check \( status < > 'failed' or/
      )
    }))

  it.scoped("one that an older 0001 made: the error says what to do, and the jobs are lost only where that is wanted", () =>
    Effect.gen(function*() {
      const filename = yield* rebuilt(() => olderTable)
      const message = yield* refused(filename)
      assert.match(
        message,
        /lacks "status text .* and \d more parts?\. To keep its jobs, run them with the version that made the table, or restore/
      )
      another(filename, statementsAfter("If its jobs may be lost, run ", message))
      assert.lengthOf(yield* opened({ filename }, allRows), 0)
    }))

  it.scoped("one whose table lost its strictness or the type of a column: the error says so", () =>
    Effect.gen(function*() {
      const filename = yield* rebuilt((table) =>
        table.replace("available_at INTEGER NOT NULL", "available_at TEXT NOT NULL").replace(/\) STRICT$/, ")")
      )
      assert.match(yield* refused(filename), /lacks "available_at integer not null", "strict"/)
    }))

  it.scoped("one that only forgot its version: the error has the statements that say it again", () =>
    Effect.gen(function*() {
      const filename = yield* changedBy("DROP TABLE holdfast_migrations")
      const message = yield* refused(filename)
      assert.match(
        message,
        /holdfast_jobs.* already exists, but holdfast_migrations does not say that Holdfast made it/
      )
      another(filename, statementsAfter(", run ", message))
      yield* isOpenedWithItsJob(filename)
    }))

  it.scoped("one that forgot its version and lost a column: the error does not say that its version is this one", () =>
    Effect.gen(function*() {
      const filename = yield* changedBy(
        "DROP TABLE holdfast_migrations",
        "ALTER TABLE holdfast_jobs DROP COLUMN progress"
      )
      assert.match(yield* refused(filename), /already exists(?!.*INSERT INTO holdfast_migrations)/)
    }))
})

describe("a database is opened", () => {
  it.scoped("where the app has added a column, an index, a trigger and tables", () =>
    Effect.gen(function*() {
      const filename = yield* changedBy(
        "ALTER TABLE holdfast_jobs ADD COLUMN note TEXT CHECK (note <> ',)')",
        "CREATE INDEX holdfast_jobs_by_note ON holdfast_jobs (note)",
        "CREATE TRIGGER noted AFTER INSERT ON holdfast_jobs BEGIN SELECT 1; END",
        "CREATE TABLE holdfast_notes (text TEXT)"
      )
      yield* isOpenedWithItsJob(filename)
      yield* opened({ filename, readonly: true }, allRows)
    }))

  it.scoped("where a tool has copied the table and spells it its own way", () =>
    Effect.gen(function*() {
      const filename = yield* rebuilt((table) =>
        table.replace("CREATE TABLE", "CREATE TABLE -- copied, by a tool\n")
          .replace(/(?<=\n *)(\w+)(?= (?:TEXT|INTEGER))/g, "`$1`").replace(/\bNOT NULL\b/g, "not\n null")
      )
      another(
        filename,
        `CREATE UNIQUE INDEX "holdfast_jobs_unique" ON "holdfast_jobs"
          ([kind], coalesce("partition_key", ''), unique_key)
          where \`holds_key\`=1`,
        `CREATE INDEX holdfast_jobs_by_partition ON holdfast_jobs (partition_key, id) WHERE partition_key IS NOT NULL`
      )
      yield* isOpenedWithItsJob(filename)
    }))
})
