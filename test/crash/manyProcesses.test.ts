import { SqlClient } from "@effect/sql"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqliteStore } from "../../src/sqlite.ts"
import { startProcess } from "../processes/startProcess.ts"
import { sharedFolder } from "./workerProcesses.ts"

/**
 * Some seconds of the processor each, most of which Node takes to start. The promise is
 * about 24, which take a minute: `pnpm check:processes`.
 */
const processes = Number(process.env["MANY_PROCESSES"] ?? 4)
const jobsOfEach = 10

it.live(
  `of ${processes} processes that start on one new file and write at once, none dies and no enqueue waits for 30 s`,
  () =>
    Effect.gen(function*() {
      const { database } = yield* sharedFolder
      const enqueuers = yield* Effect.all(
        Array.from({ length: processes }, () =>
          startProcess([".build/test/crash/enqueuerProcess.js", database, String(jobsOfEach)]))
      )
      for (const enqueuer of enqueuers) {
        const ended = yield* enqueuer.ended
        assert.deepStrictEqual({ ...ended, complained: enqueuer.complained }, { code: 0, signal: null, complained: [] })
        assert.isBelow(Number(/^longest (\d+)$/.exec(enqueuer.said.join("\n"))?.[1]), 30_000)
      }
      const [row] = yield* Effect.flatMap(SqlClient.SqlClient, (sql) =>
        sql`SELECT count(*) AS jobs FROM holdfast_jobs`)
        .pipe(Effect.provide(SqliteStore.layer({ filename: database })))
      assert.deepStrictEqual(row, { jobs: processes * jobsOfEach })
    }).pipe(Effect.scoped),
  600_000
)
