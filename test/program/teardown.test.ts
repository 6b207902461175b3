import { assert, it } from "@effect/vitest"
import { Exit, FiberId } from "effect"
import { teardown } from "../../src/program/program.ts"

it("Ctrl-C ends a command for a queue with 130, and a worker and a command that watches with 0", () => {
  const codeOf = (...args: ReadonlyArray<string>) => {
    let ended = -1
    teardown(["node", "main.js", ...args])(Exit.interrupt(FiberId.none), (code) => (ended = code))
    return ended
  }
  assert.strictEqual(codeOf("holdfast", "jobs", "cancel", "a"), 130)
  assert.strictEqual(codeOf("--", "holdfast", "stats"), 130)
  assert.strictEqual(codeOf("holdfast", "stats", "--watch"), 0)
  assert.strictEqual(codeOf("--once"), 0)
})
