import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Job, JobQueue } from "holdfast"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Progress } from "../../../src/store/copy/copy.ts"
import { copy } from "../../../src/store/copy/copy.ts"
import { jobsTable } from "../../../src/store/copy/ownTables.ts"
import { temporaryFolder } from "../sqlite/temporaryFolder.ts"
import { fileWith, insertJobs, jobsOn, onSqlite, withValues } from "./onSqlite.ts"
import { sampleId, sampleJob, sampleJobs } from "./sampleJobs.ts"

const files = Effect.map(temporaryFolder, (folder) => ({ source: join(folder, "a.db"), target: join(folder, "b.db") }))

const copyFiles = (
  source: string,
  target: string,
  onProgress: (progress: Progress) => Effect.Effect<void> = () => Effect.void
) =>
  copy({
    source: { database: "sqlite", filename: source },
    target: { database: "sqlite", filename: target },
    apps: [],
    onProgress
  })

describe("a copy from one file to another", () => {
  it.scopedLive("has every job of every status with every column, and the source is as it was", () =>
    Effect.gen(function*() {
      const { source, target } = yield* files
      yield* fileWith(source, sampleJobs)
      const before = readFileSync(source)
      const copied = yield* copyFiles(source, target)
      assert.isTrue(before.equals(readFileSync(source)))
      const jobs = yield* jobsOn(target)
      assert.deepStrictEqual(jobs, sampleJobs.map(withValues))
      assert.deepStrictEqual(jobs, yield* jobsOn(source))
      assert.strictEqual(copied.stale, 2)
      assert.deepStrictEqual(copied.tables.map(({ rows, table }) => [table, rows]), [
        ["holdfast_jobs", 10],
        ["holdfast_pauses", 0]
      ])
      assert.match(copied.tables[0]?.checksum ?? "", /^[0-9a-f]{64}$/)
    }))

  it.scopedLive("names every column of the table of jobs that the migrations make", () =>
    Effect.gen(function*() {
      const { source } = yield* files
      const columns = yield* onSqlite(
        source,
        Effect.flatMap(SqlClient.SqlClient, (sql) =>
          sql<{ readonly name: string }>`SELECT name FROM pragma_table_info('holdfast_jobs')`)
      )
      assert.deepStrictEqual(
        columns.map(({ name }) =>
          name
        ),
        Object.keys(jobsTable.columns)
      )
      const filled = Object.keys(jobsTable.columns).filter((column) => sampleJobs.some((job) => job[column] !== null))
      assert.deepStrictEqual(filled, Object.keys(jobsTable.columns), "the samples have a value in every column")
    }))

  it.scopedLive("has what is paused, and is refused where the target has pauses of its own", () =>
    Effect.gen(function*() {
      const { source, target } = yield* files
      const pauses = (filename: string, ...names: ReadonlyArray<string>) =>
        onSqlite(
          filename,
          Effect.zipRight(
            Effect.forEach(names, (queue) => JobQueue.pause({ queue }, { by: "Ada" })),
            JobQueue.pauses
          ).pipe(Effect.provide(JobQueue.layer))
        )
      const paused = yield* pauses(source, "mail", "web")
      yield* copyFiles(source, target)
      assert.deepStrictEqual(yield* pauses(target), paused)
      assert.lengthOf(paused, 2)
      const error = yield* Effect.flip(copyFiles(source, target))
      assert.include(error.message, "it holds 2 rows of holdfast_pauses;")
    }))

  it.scopedLive("of an empty queue makes the tables", () =>
    Effect.gen(function*() {
      const { source, target } = yield* files
      yield* fileWith(source, [])
      yield* copyFiles(source, target)
      assert.deepStrictEqual(yield* jobsOn(target), [])
    }))

  it.scopedLive("goes in batches, and tells how far it is", () =>
    Effect.gen(function*() {
      const { source, target } = yield* files
      const large = JSON.stringify("x".repeat(1_000_000))
      const many = Array.from({ length: 1200 }, (_, index) => sampleJob({ id: sampleId(index) }))
      const few = Array.from({ length: 9 }, (_, index) => sampleJob({ id: sampleId(2000 + index), payload: large }))
      yield* fileWith(source, [...many, ...few])
      const told: Array<Progress> = []
      yield* copyFiles(source, target, (progress) => Effect.sync(() => void told.push(progress)))
      const steps = (step: string) => told.filter((each) => each.step === step).map(({ done }) => done)
      for (const step of ["check", "copy", "verify"]) {
        // By 500 rows, and where they are large by 4 MiB.
        assert.deepStrictEqual(steps(step), [500, 1000, 1204, 1208, 1209])
      }
      assert.isTrue(told.every(({ table, total }) => table === "holdfast_jobs" && total === 1209))
    }))

  it.scopedLive("says which columns of the app's it leaves out", () =>
    Effect.gen(function*() {
      const { source, target } = yield* files
      yield* onSqlite(
        source,
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          yield* sql`ALTER TABLE holdfast_jobs ADD COLUMN shop TEXT`
        })
      )
      assert.deepStrictEqual((yield* copyFiles(source, target)).columnsLeftOut, ["holdfast_jobs.shop"])
    }))

  it.scopedLive("keeps a text with U+0000, and JSON that only SQLite takes for JSON", () =>
    Effect.gen(function*() {
      const { source, target } = yield* files
      const odd = sampleJob({ last_error: "a\0b", progress: "no JSON", id: "not a UUID", errors: "\"\\ud800\"" })
      yield* fileWith(source, [odd])
      yield* copyFiles(source, target)
      const [found] = yield* onSqlite(
        target,
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT * FROM holdfast_jobs`)
      )
      assert.deepStrictEqual(found, odd)
    }))
})

describe("the tables of an app", () => {
  const app = {
    app: "Shop",
    migrations: "shop_migrations",
    newest: 1,
    tables: [{ name: "shop_item", key: ["shop", "number"], columns: { shop: "text", number: "int", price: "number" } }],
    migrate: Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.zipRight(
        sql`CREATE TABLE IF NOT EXISTS shop_migrations (migration_id INTEGER)`,
        sql`CREATE TABLE IF NOT EXISTS shop_item (shop TEXT, number INTEGER, price REAL, PRIMARY KEY (shop, number))`
      ))
  } as const
  const items = [{ shop: "a", number: 2, price: 0.1 }, { shop: "a", number: 10, price: 3 }, {
    shop: "b",
    number: 1,
    price: 1e300
  }]
  const onShop = (file: string, statement: string) =>
    onSqlite(file, Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.zipRight(app.migrate, sql.unsafe(statement))))

  it.scopedLive("are copied where the source has them in the version that is listed, to a target without rows there", () =>
    Effect.gen(function*() {
      const { source, target } = yield* files
      yield* fileWith(source, [])
      const copied = copy({
        source: { database: "sqlite", filename: source },
        target: { database: "sqlite", filename: target },
        apps: [app],
        onProgress: () => Effect.void
      })
      yield* onShop(source, "INSERT INTO shop_migrations VALUES (2)")
      const { message } = yield* Effect.flip(copied)
      assert.match(message, /The tables of Shop in \S+a\.db have version 2, and this program copies version 1/)
      yield* onShop(source, "UPDATE shop_migrations SET migration_id = 1")
      for (const { number, price, shop } of items) {
        yield* onShop(source, `INSERT INTO shop_item VALUES ('${shop}', ${number}, ${price})`)
      }

      yield* onShop(target, "INSERT INTO shop_item VALUES ('z', 1, 1)")
      assert.include((yield* Effect.flip(copied)).message, "it holds 1 row of shop_item;")
      yield* onShop(target, "DELETE FROM shop_item")
      assert.deepStrictEqual((yield* copied).tables.map(({ rows, table }) => [table, rows]), [
        ["holdfast_jobs", 0],
        ["holdfast_pauses", 0],
        ["shop_item", 3]
      ])
      assert.deepStrictEqual(yield* onShop(target, "SELECT * FROM shop_item ORDER BY shop, number"), items)
    }))
})

describe("a copy is refused", () => {
  it.scopedLive("from a file that is not there, and makes none", () =>
    Effect.gen(function*() {
      const { source, target } = yield* files
      const error = yield* Effect.flip(copyFiles(source, target))
      assert.strictEqual(error._tag, "NoDatabase")
      assert.deepStrictEqual([existsSync(source), existsSync(target)], [false, false])
    }))

  it.scopedLive("from a file without tables of Holdfast's, or with those of another version", () =>
    Effect.gen(function*() {
      const { source, target } = yield* files
      yield* fileWith(source, [])
      yield* onSqlite(
        source,
        Effect.flatMap(
          SqlClient.SqlClient,
          (sql) => sql`INSERT INTO holdfast_migrations (migration_id, name) VALUES (99, 'later')`
        )
      )
      const newer = yield* Effect.flip(copyFiles(source, target))
      assert.match(newer.message, /a\.db: the tables have version 99, and this release of Holdfast needs version 3$/)
      writeFileSync(`${source}-empty`, "")
      const empty = yield* Effect.flip(copyFiles(`${source}-empty`, target))
      assert.match(empty.message, /a\.db-empty: there are no tables of Holdfast in this database yet/)
      assert.isFalse(existsSync(target))
    }))

  it.scopedLive("to itself, also under another name", () =>
    Effect.gen(function*() {
      const { source } = yield* files
      yield* fileWith(source, [])
      for (const name of [source, join(source, "..", ".", "a.db")]) {
        assert.strictEqual((yield* Effect.flip(copyFiles(source, name)))._tag, "SameDatabase")
      }
    }))

  it.scopedLive("to a database that has jobs, and says how many of which status", () =>
    Effect.gen(function*() {
      const { source, target } = yield* files
      yield* fileWith(source, sampleJobs)
      yield* fileWith(target, sampleJobs.slice(0, 6))
      const before = readFileSync(target)
      const error = yield* Effect.flip(copyFiles(source, target))
      assert.strictEqual(error._tag, "TargetNotEmpty")
      assert.include(error.message, "it holds 2 pending jobs, 2 running jobs, 1 succeeded job, 1 waiting job;")
      assert.isTrue(before.equals(readFileSync(target)))
    }))

  it.scopedLive("while jobs run under a lease, and says who holds them and since when", () =>
    Effect.gen(function*() {
      const { source, target } = yield* files
      const Mail = Job.make("mail", { payload: { to: Schema.String } })
      yield* onSqlite(
        source,
        Effect.gen(function*() {
          yield* JobQueue.enqueue(Mail, { to: "a" })
          yield* JobQueue.enqueue(Mail, { to: "b" })
          yield* JobQueue.claim({ jobs: [Mail], worker: "host:7:cc", limit: 2, leaseFor: "1 minute" })
        }).pipe(Effect.provide(JobQueue.layer))
      )
      const error = yield* Effect.flip(copyFiles(source, target))
      assert.strictEqual(error._tag, "WorkersNotStopped")
      assert.match(error.message, /host:7:cc\S* holds 2 jobs since 20\S+Z, until 20\S+Z\. Stop the workers/)
      assert.isFalse(existsSync(target))
    }))

  it.scopedLive("when a trigger of the target changes a row, names it, and rolls back", () =>
    Effect.gen(function*() {
      const { source, target } = yield* files
      yield* fileWith(source, sampleJobs)
      const trigger = (does: string) =>
        onSqlite(
          target,
          Effect.gen(function*() {
            const sql = yield* SqlClient.SqlClient
            yield* sql`DROP TRIGGER IF EXISTS odd`
            yield* sql`CREATE TRIGGER odd AFTER INSERT ON holdfast_jobs WHEN new.id = ${
              sql.literal(`'${sampleId(6)}'`)
            } BEGIN ${sql.literal(does)}; END`
          })
        )
      const addJob = (id: string) =>
        `INSERT INTO holdfast_jobs (id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at)
        VALUES ('${id}', 'q', 'k', '{}', 'pending', 0, 1, 0, 0, 0)`
      const cases = [
        [
          "UPDATE holdfast_jobs SET result = '{\"n\":1}' WHERE id = new.id",
          /the row 0\S+06 of holdfast_jobs has another result/
        ],
        [
          "UPDATE holdfast_jobs SET available_at = available_at + 1 WHERE id = new.id",
          /06 of .* has another available_at/
        ],
        [addJob(`${sampleId(5)}5`), /the row \S+0055 of holdfast_jobs is in the target and not in the source/],
        [addJob("9"), /the row 9 of holdfast_jobs is in the target and not in the source/],
        ["DELETE FROM holdfast_jobs WHERE id = new.id", /the row \S+06 of holdfast_jobs is missing in the target/],
        ["SELECT RAISE(ABORT, 'no, thanks')", /refused a row of holdfast_jobs from \S+01 to \S+10, .*: no, thanks/]
      ] as const
      for (const [does, told] of cases) {
        yield* trigger(does)
        const error = yield* Effect.flip(copyFiles(source, target))
        assert.match(error.message, told)
        assert.deepStrictEqual(yield* jobsOn(target), [])
      }
      yield* onSqlite(target, Effect.flatMap(SqlClient.SqlClient, (sql) => sql`DROP TRIGGER odd`))
      yield* copyFiles(source, target)
    }))

  it.scopedLive("when a job is enqueued in the source meanwhile, and rolls back", () =>
    Effect.gen(function*() {
      const { source, target } = yield* files
      yield* fileWith(source, sampleJobs)
      const late = onSqlite(source, insertJobs([sampleJob({ id: sampleId(99) })]))
      const error = yield* Effect.flip(
        copyFiles(source, target, ({ step }) => step === "verify" ? late : Effect.void)
      )
      assert.strictEqual(error._tag, "SourceChanged")
      assert.deepStrictEqual(yield* jobsOn(target), [])
    }))
})
