import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { onSqlite } from "../../store/copy/onSqlite.ts"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { databaseIn, runProgram } from "../runProgram.ts"
import { emptyDatabase, newestVersion, valueOf } from "./onQueue.ts"

const migrate = (folder: string, ...args: ReadonlyArray<string>) => runProgram(folder, ["holdfast", "migrate", ...args])

describe("pnpm holdfast migrate", () => {
  it.scopedLive("makes the database and its tables, says their version, and then that they are up to date", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const database = databaseIn(folder)
      const made = yield* migrate(folder)
      const version = newestVersion
      assert.deepStrictEqual(made, {
        code: 0,
        said: [`Made the tables in ${database}: version ${version}`],
        complained: []
      })
      const again = yield* migrate(folder)
      assert.deepStrictEqual(again.said, [`The tables in ${database} are up to date: version ${version}`])
      assert.deepStrictEqual(valueOf(yield* migrate(folder, "--json")), { database, before: version, version })
      assert.strictEqual((yield* runProgram(folder, ["holdfast", "jobs", "list"])).code, 0)
    }))

  it.scopedLive("makes its tables beside those of an app", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const tables = yield* emptyDatabase(folder)
      assert.include(valueOf<object>(yield* migrate(folder, "--json")), { before: 0, version: newestVersion })
      assert.includeMembers([...yield* tables], ["note", "holdfast_jobs", "holdfast_migrations"])
    }))

  it.scopedLive("fails for tables of a newer release, and for a database in memory", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* migrate(folder)
      yield* onSqlite(
        databaseIn(folder),
        Effect.flatMap(
          SqlClient.SqlClient,
          (sql) => sql`INSERT INTO holdfast_migrations (migration_id, name) VALUES (99, 'later')`
        )
      )
      const newer = yield* migrate(folder)
      assert.deepStrictEqual([newer.code, newer.said, newer.complained.length], [1, [], 1])
      assert.include(newer.complained[0], "the tables have version 99, and this release of Holdfast needs version")
      const other = yield* temporaryFolder
      const memory = yield* runProgram(other, ["holdfast", "migrate"], { DATABASE_URL: "sqlite::memory:" })
      assert.deepStrictEqual([memory.code, memory.said, existsSync(databaseIn(other))], [1, [], false])
      assert.include(memory.complained[0], "DATABASE_URL: got sqlite::memory:")
    }))
})
