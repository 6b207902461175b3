import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { messagesIn, runProgram } from "../program/runProgram.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { freshDatabase } from "./freshDatabase.ts"

/** Runs the program on a database, and answers what it wrote, which may show no password. */
const runOn = (url: string, settings: Readonly<Record<string, string>> = {}) =>
  Effect.map(
    temporaryFolder,
    (folder) => (...args: ReadonlyArray<string>) =>
      Effect.map(runProgram(folder, args, { ...settings, DATABASE_URL: url }), (ran) => {
        const written = [...ran.said, ...ran.complained].join("\n")
        for (const secret of [new URL(url).password, decodeURIComponent(new URL(url).password)]) {
          if (secret !== "") assert.notInclude(written, secret)
        }
        return ran
      })
  )

describe("pnpm start on PostgreSQL", () => {
  it.live("makes the sample brand, compiles it and shows it, as on SQLite", () =>
    Effect.gen(function*() {
      const url = Redacted.value(yield* freshDatabase)
      const run = yield* runOn(url)
      const dry = yield* run("--dry-run")
      const { host, pathname } = new URL(url)
      assert.deepStrictEqual(messagesIn(dry.said), [
        `The database at postgres://${host}${pathname} has no tables of Holdfast's yet, so nothing is due`
      ])
      const once = yield* run("--once")
      assert.strictEqual(once.code, 0, once.complained.join("\n"))
      assert.include(messagesIn(once.said), "Created the sample brand and requested its compile")
      assert.include(messagesIn(once.said), "Job succeeded")
      // The driver is loaded from a file, which the thread that keeps leases needs.
      assert.notInclude(messagesIn(once.said).join("\n"), "No thread keeps leases")
      const nothing = yield* run("--dry-run")
      assert.include(messagesIn(nothing.said), "Dry run: nothing was claimed")
      const snapshot = yield* run("brandbrain", "snapshot", "quillhaven")
      assert.strictEqual(snapshot.code, 0, snapshot.complained.join("\n"))
      const { version } = JSON.parse(snapshot.said.join("\n")) as { readonly version: number }
      assert.strictEqual(version, 1)
    }).pipe(Effect.scoped))

  it.live("reads a database without tables and makes none, and says who has to", () =>
    Effect.gen(function*() {
      const database = yield* freshDatabase
      for (
        const [settings, where] of [[{}, "this database"], [
          { HOLDFAST_POSTGRES_SCHEMA: "Jobs" },
          String.raw`the schema \"Jobs\"`
        ]] as const
      ) {
        const run = yield* runOn(Redacted.value(database), settings)
        const snapshot = yield* run("brandbrain", "snapshot", "quillhaven")
        assert.strictEqual(snapshot.code, 1)
        assert.include(snapshot.complained.join("\n"), `no tables of Holdfast in ${where}`)
        assert.match(snapshot.complained.join("\n"), / yet; a worker makes them/)
      }
      const sql = yield* PgClient.make({ url: database, maxConnections: 1 })
      assert.deepStrictEqual(yield* sql`SELECT 1 FROM pg_tables WHERE tablename LIKE 'holdfast%'`, [])
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))

  it.live("ends with one sentence where the server cannot be reached", () =>
    Effect.gen(function*() {
      const run = yield* runOn("postgres://me:hunter2@127.0.0.1:1/jobs")
      for (const args of [["--once"], ["--dry-run"], ["brandbrain", "seed"]]) {
        const { code, complained } = yield* run(...args)
        assert.strictEqual(code, 1)
        assert.strictEqual(complained.length, 1)
        assert.match(complained.join(), /ECONNREFUSED/)
      }
    }).pipe(Effect.scoped))
})
