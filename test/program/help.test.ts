import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync } from "node:fs"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { runProgram } from "./runProgram.ts"

describe("the program", () => {
  it.scopedLive("prints the flags and commands it has, and a shell's completions of them", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const printed = (...args: ReadonlyArray<string>) =>
        Effect.map(runProgram(folder, args), ({ code, said }) => {
          assert.strictEqual(code, 0)
          return said.join("\n")
        })
      const help = yield* printed("--help")
      for (
        const word of [
          "--once",
          "--dry-run",
          "--max-jobs",
          "--concurrency",
          "--poll-interval",
          "--stale-check-interval",
          "pnpm brandbrain --help"
        ]
      ) assert.include(help, word)
      assert.notInclude(help, "user-defined")
      // oxlint-disable-next-line no-control-regex
      assert.notMatch(help, /\u001b/)
      for (const asked of [["brandbrain"], ["brandbrain", "--help"]]) {
        const commands = yield* printed(...asked)
        for (const word of ["seed", "compile", "status", "snapshot"]) assert.include(commands, word)
      }
      assert.include(yield* printed("--completions", "bash"), "--dry-run")
      assert.include(yield* printed("brandbrain", "--completions", "bash"), "snapshot")
      assert.deepStrictEqual(readdirSync(folder), [])
    }))
})
