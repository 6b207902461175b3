import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Redacted, Schedule, Schema } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { join } from "node:path"
import { fileWith, jobsOn, onSqlite, withValues } from "../../store/copy/onSqlite.ts"
import { sampleId, sampleJob, sampleJobs } from "../../store/copy/sampleJobs.ts"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { freshDatabase } from "../freshDatabase.ts"
import { copyUrls, jobsOnPostgres, onBareDatabase, onPostgres, tablesOn } from "./onPostgres.ts"

/** A file, another one, and a database without tables. */
const places = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const server = yield* freshDatabase
  return { file: join(folder, "a.db"), back: join(folder, "b.db"), server, url: Redacted.value(server) }
})

describe("a copy to PostgreSQL", () => {
  it.scopedLive("has every job of every status with every column, and so has the copy back", () =>
    Effect.gen(function*() {
      const { back, file, server, url } = yield* places
      yield* fileWith(file, sampleJobs)
      const there = yield* copyUrls(`sqlite:${file}`, url)
      assert.deepStrictEqual(yield* jobsOnPostgres(server), sampleJobs.map(withValues))

      const another = yield* freshDatabase
      const across = yield* copyUrls(url, Redacted.value(another))
      assert.deepStrictEqual(yield* jobsOnPostgres(another), sampleJobs.map(withValues))

      const home = yield* copyUrls(Redacted.value(another), `sqlite:${back}`)
      assert.deepStrictEqual(yield* jobsOn(back), sampleJobs.map(withValues))
      // The checksums are of values, and so the same everywhere.
      assert.deepStrictEqual(across.tables, there.tables)
      assert.deepStrictEqual(home.tables, there.tables)
      assert.deepStrictEqual([there.source, there.target], [
        file,
        `postgres://${new URL(url).host}${new URL(url).pathname}`
      ])
    }))

  it.scopedLive("goes on there: jobs run, keys refuse, and an old lease is lost once it is released", () =>
    Effect.gen(function*() {
      const { file, server, url } = yield* places
      const Mail = Job.make("mail", { payload: { to: Schema.String } })
      const MailLive = Mail.toLayer(() => Effect.void)
      const payload = "{\"to\":\"a\"}"
      yield* fileWith(file, [
        sampleJob({ id: sampleId(1), payload, unique_key: "a", unique_scope: "unfinished", holds_key: 1 }),
        sampleJob({
          id: sampleId(2),
          payload,
          status: "running",
          attempts: 4,
          locked_at: 1,
          locked_by: "host:1:aa",
          locked_until: 2
        }),
        sampleJob({ id: sampleId(3), payload, status: "succeeded", result: "null", finished_at: 4_000_000_000_000 })
      ])
      yield* copyUrls(`sqlite:${file}`, url)
      yield* onPostgres(
        server,
        Effect.gen(function*() {
          const kept = yield* JobQueue.enqueue(Mail, { to: "b" }, { uniqueKey: "a", uniqueScope: "unfinished" })
          assert.deepStrictEqual([kept.outcome, kept.id], ["kept", sampleId(1)])
          assert.strictEqual((yield* JobQueue.get(sampleId(3))).status, "succeeded")
          const { id } = yield* JobQueue.get(sampleId(2))
          const old = { jobId: id, worker: "host:1:aa", attempt: 4, failures: 0, lockedAt: 1, lockedUntil: 2 }
          yield* JobQueue.progress(old, "still held")
          assert.strictEqual(yield* JobQueue.releaseStale, 1)
          assert.strictEqual((yield* Effect.flip(JobQueue.progress(old, "too late")))._tag, "LeaseLost")
          assert.isFalse(yield* JobQueue.complete(old))
          yield* Worker.run({ jobs: [Mail], maxJobs: 2 }).pipe(Effect.provide(MailLive))
          const { jobs } = yield* JobQueue.list({})
          assert.deepStrictEqual(jobs.map(({ attempts, status }) => [status, attempts]), [
            ["succeeded", 0],
            ["succeeded", 5],
            ["succeeded", 1]
          ])
        }).pipe(Effect.provide(JobQueue.layer))
      )
    }))

  it.scopedLive("of 20,000 jobs goes in batches, and an interruption half-way leaves no tables", () =>
    Effect.gen(function*() {
      const { file, server, url } = yield* places
      const jobs = Array.from(
        { length: 20_000 },
        (_, index) => sampleJob({ id: sampleId(index), max_attempts: index + 1 })
      )
      yield* fileWith(file, jobs)

      const half = yield* Deferred.make<void>()
      const stopped = yield* Effect.fork(copyUrls(`sqlite:${file}`, url, {
        onProgress: ({ done, step }) =>
          step === "copy" && done === 10_000
            ? Effect.zipRight(Deferred.succeed(half, undefined), Effect.never)
            : Effect.void
      }))
      yield* Deferred.await(half)
      yield* Fiber.interrupt(stopped)
      assert.deepStrictEqual(yield* tablesOn(server), [])

      let most = 0
      let before = 0
      const { tables } = yield* copyUrls(`sqlite:${file}`, url, {
        onProgress: ({ done }) =>
          Effect.sync(() => {
            most = Math.max(most, done - before)
            before = done
          })
      })
      assert.deepStrictEqual([most, tables[0]?.rows], [500, 20_000])
      assert.deepStrictEqual(yield* jobsOnPostgres(server), jobs.map(withValues))
    }))

  it.scopedLive("goes to the schema that is named, from another one, and leaves an app's tables in the search path's", () =>
    Effect.gen(function*() {
      const { back, file, server, url } = yield* places
      yield* fileWith(file, sampleJobs)
      const makeTables = Effect.flatMap(SqlClient.SqlClient, (sql) =>
        Effect.all([
          sql`CREATE TABLE shop_migrations (migration_id integer)`,
          sql`INSERT INTO shop_migrations VALUES (1)`,
          sql`CREATE TABLE shop_orders (id text PRIMARY KEY)`
        ]))
      const order = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`INSERT INTO shop_orders VALUES ('a'), ('B')`)
      yield* onSqlite(file, Effect.zipRight(makeTables, order))
      const app = {
        app: "Shop",
        migrations: "shop_migrations",
        newest: 1,
        tables: [{ name: "shop_orders", key: ["id"], columns: { id: "text" } }] as const,
        migrate: Effect.asVoid(makeTables)
      }
      const copied = yield* copyUrls(`sqlite:${file}`, url, { apps: [app], schemas: { target: "My jobs" } })
      assert.include(copied.target, "schema My jobs")
      const schemas = yield* onBareDatabase(
        server,
        Effect.flatMap(
          SqlClient.SqlClient,
          (sql) =>
            sql<{ readonly schema: string }>`SELECT schemaname AS schema FROM pg_tables WHERE tablename ~ '^holdfast_'`
        )
      )
      assert.deepStrictEqual([...new Set(schemas.map(({ schema }) => schema))], ["My jobs"])
      const home = yield* copyUrls(url, `sqlite:${back}`, { apps: [app], schemas: { source: "My jobs" } })
      assert.deepStrictEqual(home.tables, copied.tables)
      const error = yield* Effect.flip(copyUrls(`sqlite:${file}`, url, { schemas: { target: "My jobs" } }))
      assert.strictEqual(error._tag, "TargetNotEmpty")
    }))

  it.scopedLive("notices a change of the source that its clock hides", () =>
    Effect.gen(function*() {
      const { file, server, url } = yield* places
      yield* fileWith(file, [
        sampleJob({ id: sampleId(1) }),
        // Written by a machine whose clock was fast.
        sampleJob({ id: sampleId(2), updated_at: 4_000_000_000_000 })
      ])
      const source = yield* freshDatabase
      yield* copyUrls(`sqlite:${file}`, Redacted.value(source))
      const change = onPostgres(
        source,
        Effect.flatMap(
          SqlClient.SqlClient,
          (sql) => sql`UPDATE holdfast_jobs SET priority = 7 WHERE id = ${sampleId(1)}`
        )
      )
      const error = yield* Effect.flip(
        copyUrls(Redacted.value(source), url, { onProgress: ({ step }) => step === "verify" ? change : Effect.void })
      )
      assert.strictEqual(error._tag, "SourceChanged")
      assert.deepStrictEqual(yield* tablesOn(server), [])
    }))

  it.scopedLive("can be interrupted while another transaction keeps it waiting", () =>
    Effect.gen(function*() {
      const { file, server, url } = yield* places
      yield* fileWith(file, sampleJobs)
      yield* onPostgres(server, Effect.void)
      const admin = yield* PgClient.make({ url: server, maxConnections: 2 })
      const locked = yield* Deferred.make<void>()
      yield* Effect.forkScoped(admin.withTransaction(
        Effect.zipRight(
          admin`LOCK TABLE holdfast_jobs IN ACCESS EXCLUSIVE MODE`,
          Effect.zipRight(Deferred.succeed(locked, undefined), Effect.never)
        )
      ))
      yield* Deferred.await(locked)
      const copying = yield* Effect.fork(copyUrls(`sqlite:${file}`, url))
      yield* Effect.repeat(
        admin`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'
        AND datname = current_database()`,
        { until: (rows) => rows.length > 0, schedule: Schedule.spaced("10 millis") }
      )
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(copying)))
    }).pipe(Effect.provide(Reactivity.layer)))
})
