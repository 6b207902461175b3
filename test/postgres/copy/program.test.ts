import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { join } from "node:path"
import { tables } from "../../../src/brandbrain/storage/tables.ts"
import { ownTables } from "../../../src/store/copy/ownTables.ts"
import { databaseIn, runProgram } from "../../program/runProgram.ts"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { freshDatabase } from "../freshDatabase.ts"
import { tablesOn } from "./onPostgres.ts"

it.live(
  "pnpm holdfast copy takes BrandBrain along, there and back, and shows no password",
  () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const server = yield* freshDatabase
      const url = Redacted.value(server)
      const run = (database: string, ...args: ReadonlyArray<string>) =>
        Effect.map(runProgram(folder, args, { DATABASE_URL: database }), (ran) => {
          assert.strictEqual(ran.code, 0, ran.complained.join("\n"))
          for (const secret of [new URL(url).password, decodeURIComponent(new URL(url).password)]) {
            assert.notInclude([...ran.said, ...ran.complained].join("\n"), secret)
          }
          return ran.said.join("\n")
        })
      const [file, back] = [`sqlite:${databaseIn(folder)}`, `sqlite:${join(folder, "back.db")}`]
      yield* run(file, "--once")
      const there = yield* run(file, "holdfast", "copy", "--from", file, "--to", url)
      assert.include(yield* tablesOn(server), "brandbrain_snapshot")
      const home = yield* run(file, "holdfast", "copy", "--from", url, "--to", back)
      const tablesIn = (report: string) => (JSON.parse(report) as { readonly tables: ReadonlyArray<unknown> }).tables
      assert.lengthOf(tablesIn(there), ownTables.length + tables.length)
      assert.deepStrictEqual(tablesIn(home), tablesIn(there))

      const snapshot = yield* run(file, "brandbrain", "snapshot", "quillhaven")
      assert.strictEqual(yield* run(url, "brandbrain", "snapshot", "quillhaven"), snapshot)
      assert.strictEqual(yield* run(back, "brandbrain", "snapshot", "quillhaven"), snapshot)
      // A compile goes on there, with the evidence that was copied.
      assert.include(yield* run(url, "brandbrain", "compile", "quillhaven"), "UNCHANGED")
    }).pipe(Effect.scoped),
  120_000
)
