import { assert, it } from "@effect/vitest"
import { Exit, FiberId } from "effect"
import { makeStreams } from "../../src/cli/Streams.ts"
import { teardown } from "../../src/program/program.ts"

it("Ctrl-C ends a command for a queue with 130, and a worker and a command that watches with 0", () => {
  const stdout = { write: (_: string, onWritten?: () => void) => onWritten?.() }
  const codeOf = (...args: ReadonlyArray<string>) => {
    let ended = -1
    teardown(["node", "main.js", ...args], makeStreams(stdout, stdout))(
      Exit.interrupt(FiberId.none),
      (code) => (ended = code)
    )
    return ended
  }
  assert.strictEqual(codeOf("holdfast", "jobs", "cancel", "a"), 130)
  assert.strictEqual(codeOf("--", "holdfast", "stats"), 130)
  assert.strictEqual(codeOf("holdfast", "stats", "--watch"), 0)
  assert.strictEqual(codeOf("--once"), 0)
})

it("a command for a queue whose answer was not written ends with 1, unless its reader wanted no more", () => {
  const codeOf = (code: string, exit: Exit.Exit<void, string> = Exit.void) => {
    let ended = -1
    const errored = Object.assign(new Error(code), { code })
    const stdout = { errored, write: (_: string, onWritten?: () => void) => onWritten?.() }
    const told: Array<string> = []
    const streams = makeStreams(stdout, { write: (text) => told.push(text) })
    teardown(["node", "main.js", "holdfast", "stats"], streams)(exit, (code) => (ended = code))
    return [ended, ...told]
  }
  assert.deepStrictEqual(codeOf("ENOSPC"), [1, "Standard output cannot be written, so lines are lost: ENOSPC\n"])
  assert.deepStrictEqual(codeOf("EPIPE"), [0])
  assert.deepStrictEqual(codeOf("EPIPE", Exit.fail("not found")), [1])
})
