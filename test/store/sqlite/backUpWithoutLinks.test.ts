import { assert, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import { Effect } from "effect"
import type * as Fs from "node:fs"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { vi } from "vitest"
import { backUp } from "../../../src/store/sqlite/backUp.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** Run before the copy gets its name, and before the rename that gives it. */
let beforeNaming = () => {}
let beforeRename = (_to: string) => {}

// A file system without links, such as FAT.
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof Fs>()
  return {
    ...fs,
    linkSync: () => {
      beforeNaming()
      throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" })
    },
    renameSync: (from: string, to: string) => {
      beforeRename(to)
      fs.renameSync(from, to)
    }
  }
})

const database = Effect.map(temporaryFolder, (folder) => {
  const made = new Sqlite(join(folder, "app.db"))
  made.exec("CREATE TABLE note (text TEXT); INSERT INTO note VALUES ('mine')")
  made.close()
  return { folder, filename: join(folder, "app.db"), file: join(folder, "copy.db") }
})

const options = { busyTimeout: "1 second", onProgress: () => {} } as const

describe("a backup to a file system without links", () => {
  it.scoped("has its name and all its rows, and no other file had that name before", () =>
    Effect.gen(function*() {
      const { file, filename, folder } = yield* database
      const refusals: Array<unknown> = []
      beforeNaming = () => {}
      // Another program that takes no name that is taken.
      beforeRename = (to) => {
        try {
          writeFileSync(to, "another's", { flag: "wx" })
        } catch (error) {
          refusals.push(error)
        }
      }
      yield* backUp(filename, { ...options, file })
      const copy = new Sqlite(file, { readonly: true })
      assert.strictEqual(copy.prepare("SELECT text FROM note").pluck().get(), "mine")
      copy.close()
      assert.lengthOf(refusals, 1)
      assert.deepStrictEqual(readdirSync(folder), ["app.db", "copy.db"])
    }))

  it.scoped("replaces no file that got the name at the last moment", () =>
    Effect.gen(function*() {
      const { file, filename, folder } = yield* database
      beforeNaming = () => writeFileSync(file, "another's")
      const error = yield* Effect.flip(backUp(filename, { ...options, file }))
      assert.strictEqual(error._tag, "BackupExists")
      assert.strictEqual(readFileSync(file, "utf8"), "another's")
      assert.deepStrictEqual(readdirSync(folder), ["app.db", "copy.db"])
    }))
})
