import { assert, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect, Layer } from "effect"
import { join } from "node:path"
import { migrate } from "../../../src/brandbrain/storage/migrate.ts"
import { SqliteStore } from "../../../src/sqlite.ts"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"

it.scoped("a start on tables that are up to date does not wait for another program that writes", () =>
  Effect.gen(function*() {
    const filename = join(yield* temporaryFolder, "app.db")
    const opened = Layer.build(SqliteStore.layer({ filename, busyTimeout: 0 }))
    yield* Effect.provide(migrate, yield* opened)
    const rival = new Database(filename)
    yield* Effect.addFinalizer(() => Effect.sync(() => rival.close()))
    rival.exec("BEGIN IMMEDIATE")
    yield* Effect.provide(migrate, yield* opened)
    assert.isTrue(rival.inTransaction)
  }))
