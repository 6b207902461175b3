import { assert, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { aborts, loadedDriver } from "../../../src/store/sqlite/loadedDriver.ts"
import * as SqliteStore from "../../../src/store/sqlite/SqliteStore.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

it.scoped("a native driver is known to abort Node 24 and later by the function of Node's that it calls", () =>
  Effect.gen(function*() {
    yield* Effect.provide(Effect.void, SqliteStore.layer({ filename: ":memory:" }))
    const { addon } = Option.getOrThrow(loadedDriver())
    const calling = join(yield* temporaryFolder, "better_sqlite3.node")
    writeFileSync(calling, Buffer.concat([readFileSync(addon), Buffer.from("\0RemoveEnvironmentCleanupHook\0")]))
    assert.deepStrictEqual(["20.20.2", "22.23.5", "24.21.0", "26.12.1"].map((node) => aborts(node, calling)), [
      false,
      false,
      true,
      true
    ])
    // What Node 20 and 22 build does not call it, and what comes with version 13 of the driver does not.
    assert.isFalse(aborts(process.versions.node, addon))
  }))
