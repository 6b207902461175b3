import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { Job, JobQueue } from "holdfast"
import { existsSync } from "node:fs"
import { join } from "node:path"
import type { Row } from "../../../src/store/copy/Table.ts"
import { fileWith, jobsOn } from "../../store/copy/onSqlite.ts"
import { sampleId, sampleJob, sampleJobs } from "../../store/copy/sampleJobs.ts"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { freshDatabase } from "../freshDatabase.ts"
import { copyUrls, jobsOnPostgres, onBareDatabase, onPostgres, tablesOn } from "./onPostgres.ts"

const places = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const server = yield* freshDatabase
  return { file: join(folder, "a.db"), back: join(folder, "b.db"), server, url: Redacted.value(server) }
})

const loneHalf = String.raw`{"a":[0,{"b.c":"x\uD800y"}]}`

/** Columns of a job that PostgreSQL cannot hold, and what is said of them. */
const unfit: ReadonlyArray<readonly [Row, RegExp]> = [
  [
    { payload: String.raw`{"to":{"name":"a\u0000b"}}` },
    /payload at to\.name: expected text without U\+0000 and without half/
  ],
  [{ payload: loneHalf }, /payload at a\.1\.b\.c: expected text without/],
  [{ payload: String.raw`{"a\u0000":1}` }, /payload: expected member names without/],
  [{ first_payload: String.raw`["\udc00"]` }, /first_payload at 0: expected text/],
  [{ progress: String.raw`"\u0000"` }, /progress: expected text/],
  [{ progress: "{broken" }, /progress: expected JSON/],
  [{ status: "succeeded", result: String.raw`"\u0000"`, finished_at: 1 }, /result: expected text/],
  [{ last_error: "a\0b" }, /last_error: expected text without U\+0000/],
  [{ last_error: "x", last_error_value: String.raw`"\u0000"` }, /last_error_value: expected text/],
  [{ errors: String.raw`[{"message":"\u0000"}]` }, /errors at 0\.message: expected text/],
  [{ trace_context: "\0" }, /trace_context: expected text/],
  [{ queue: "a\0" }, /queue: expected text/],
  [{ attempts: 2 ** 31 }, /attempts: expected a whole number of at most 32 bits/],
  [{ attempts: 2 ** 40, failures: 2 ** 33 }, /attempts: expected .*; job \S+, failures: expected a whole number/],
  [{ max_attempts: Number.MAX_SAFE_INTEGER }, /max_attempts: expected a whole number of at most 32 bits/],
  [{ available_at: -300_000_000_000_000 }, /available_at: expected an instant from 4713 BC/],
  [{ available_at: 9_000_000_000_000_000 }, /available_at: expected an instant/]
]

describe("a copy to PostgreSQL is refused", () => {
  it.scopedLive("for each value that it cannot hold, by job, column and path, before anything is written", () =>
    Effect.gen(function*() {
      const { url, server } = yield* places
      const folder = yield* temporaryFolder
      for (const [index, [columns, told]] of unfit.entries()) {
        const file = join(folder, `${index}.db`)
        // Behind some that fit, and in another batch.
        const others = Array.from({ length: 600 }, (_, number) => sampleJob({ id: sampleId(number) }))
        yield* fileWith(file, [...index === 0 ? others : [], sampleJob({ id: sampleId(700), ...columns })])
        const error = yield* Effect.flip(copyUrls(`sqlite:${file}`, url))
        assert.strictEqual(error._tag, "ValuesDoNotFit")
        assert.match(error.message, told)
        assert.include(error.message, `job ${sampleId(700)}, `)
        assert.notMatch(error.message, /[\0\ud800]/)
      }
      assert.deepStrictEqual(yield* tablesOn(server), [])
    }))

  it.scopedLive("for ids that are not a UUID in lower case, of which it names ten and counts the rest", () =>
    Effect.gen(function*() {
      const { file, server, url } = yield* places
      yield* fileWith(file, [
        ...Array.from({ length: 12 }, (_, index) => sampleJob({ id: `job-${index}` })),
        sampleJob({ id: sampleId(1).replace("01988888", "0198888A") })
      ])
      const { message } = yield* Effect.flip(copyUrls(`sqlite:${file}`, url))
      assert.include(message, "cannot hold 13 values of the source: job 0198888A-0000")
      assert.include(message, "job job-0, id: expected a UUID in lower case;")
      assert.match(message, /; and 3 more\. Change or delete these rows, and copy again$/)
      assert.deepStrictEqual(yield* tablesOn(server), [])
    }))

  it.scopedLive("to a database that has jobs, and to itself under another name", () =>
    Effect.gen(function*() {
      const { file, server, url } = yield* places
      yield* fileWith(file, sampleJobs)
      yield* copyUrls(`sqlite:${file}`, url)
      const again = yield* Effect.flip(copyUrls(`sqlite:${file}`, url))
      assert.strictEqual(again._tag, "TargetNotEmpty")
      assert.include(
        again.message,
        "1 cancelled job, 1 failed job, 3 pending jobs, 2 running jobs, 2 succeeded jobs, 1 waiting job;"
      )
      const other = new URL(url)
      other.hostname = "localhost"
      other.searchParams.set("application_name", "another")
      const same = yield* Effect.flip(copyUrls(url, other.href))
      assert.strictEqual(same._tag, "SameDatabase")
      for (const secret of [other.password, decodeURIComponent(other.password)]) {
        assert.notInclude(`${again.message} ${same.message}`, secret)
      }
      assert.lengthOf(yield* jobsOnPostgres(server), sampleJobs.length)
    }))

  it.scopedLive("when a trigger changes or refuses a row, and rolls back", () =>
    Effect.gen(function*() {
      const { file, server, url } = yield* places
      yield* fileWith(file, sampleJobs)
      const cases = [
        ["NEW.payload := '{\"odd\":true}'; RETURN NEW", /the row \S+06 of holdfast_jobs has another payload/],
        [
          "NEW.available_at := NEW.available_at + interval '1 ms'; RETURN NEW",
          /06 of holdfast_jobs has another available_at/
        ],
        ["RETURN NULL", /the row \S+06 of holdfast_jobs is missing/],
        ["RAISE EXCEPTION 'no, thanks'", /refused a row of holdfast_jobs from \S+01 to \S+10, .*: no, thanks/]
      ] as const
      for (const [does, told] of cases) {
        yield* onPostgres(
          server,
          Effect.gen(function*() {
            const sql = yield* SqlClient.SqlClient
            yield* sql`CREATE OR REPLACE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS ${
              sql.literal(`$$BEGIN ${does}; END$$`)
            }`
            yield* sql`CREATE OR REPLACE TRIGGER odd BEFORE INSERT ON holdfast_jobs FOR EACH ROW
              WHEN (NEW.id = ${sql.literal(`'${sampleId(6)}'`)}) EXECUTE FUNCTION odd()`
          })
        )
        const error = yield* Effect.flip(copyUrls(`sqlite:${file}`, url))
        assert.match(error.message, told)
        assert.deepStrictEqual(yield* jobsOnPostgres(server), [])
      }
    }))

  it.scopedLive("where the server cannot be reached, without the password", () =>
    Effect.gen(function*() {
      const { file } = yield* places
      yield* fileWith(file, [])
      const error = yield* Effect.flip(copyUrls(`sqlite:${file}`, "postgres://me:hunter2@127.0.0.1:1/app"))
      assert.match(error.message, /^Copying failed at postgres:\/\/127\.0\.0\.1:1\/app: .*ECONNREFUSED/)
    }))
})

describe("a copy from PostgreSQL is refused", () => {
  it.scopedLive("while jobs run under a lease by the server's clock, without tables, and where SQLite cannot hold a value", () =>
    Effect.gen(function*() {
      const { back, server, url } = yield* places
      const without = yield* Effect.flip(copyUrls(url, `sqlite:${back}`))
      assert.match(without.message, /no tables of Holdfast in this database yet/)

      const Mail = Job.make("mail", { payload: { to: Schema.String } })
      yield* onPostgres(
        server,
        Effect.gen(function*() {
          yield* JobQueue.enqueue(Mail, { to: "a" })
          yield* JobQueue.claim({ jobs: [Mail], worker: "host:7:cc", leaseFor: "1 minute" })
        }).pipe(Effect.provide(JobQueue.layer))
      )
      const running = yield* Effect.flip(copyUrls(url, `sqlite:${back}`))
      assert.match(running.message, /host:7:cc\S* holds 1 job since 20\S+Z, until 20/)

      const deep = `${"[".repeat(1001)}${"]".repeat(1001)}`
      yield* onBareDatabase(
        server,
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          yield* sql`DELETE FROM holdfast_jobs`
          yield* sql`INSERT INTO holdfast_jobs (id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at)
            VALUES (${sampleId(1)}, 'q', 'k', ${deep}, 'pending', 0, 1, 'infinity', now(), now())`
        })
      )
      const unheld = yield* Effect.flip(copyUrls(url, `sqlite:${back}`))
      assert.match(
        unheld.message,
        /payload: expected at most 1000 levels of nesting; job \S+, available_at: expected a whole number/
      )
      assert.isFalse(existsSync(back))
      yield* onBareDatabase(server, Effect.flatMap(SqlClient.SqlClient, (sql) => sql`DELETE FROM holdfast_jobs`))
      yield* copyUrls(url, `sqlite:${back}`)
      assert.deepStrictEqual(yield* jobsOn(back), [])
    }))
})
