import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"

const main = join(import.meta.dirname, "../../dist/start/main.js")

describe("pnpm holdfast", () => {
  /** Runs the program with its standard output where `to` says, in a shell. */
  const into = (folder: string, to: string, ...args: ReadonlyArray<string>) => {
    const line = `"$0" "$@" ${to}`
    return spawnSync("bash", ["-o", "pipefail", "-c", line, process.execPath, main, "holdfast", ...args], {
      cwd: folder,
      encoding: "utf8"
    })
  }

  it.live("ends with 1 where its answer cannot be written, and says why", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      assert.strictEqual(into(folder, "", "migrate").status, 0)
      for (const args of [["stats"], ["jobs", "list", "--json"], ["--help"]]) {
        const { status, stderr } = into(folder, "> /dev/full", ...args)
        assert.strictEqual(status, 1, args.join(" "))
        assert.match(stderr, /^Standard output cannot be written, so lines are lost: .*ENOSPC.*\n$/)
      }
    }).pipe(Effect.scoped))

  it.live("ends well and says nothing where its reader wants no more", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      into(folder, "", "migrate")
      const { status, stderr } = into(folder, "| true", "stats", "--watch")
      assert.deepStrictEqual([status, stderr], [0, ""])
    }).pipe(Effect.scoped))
})
