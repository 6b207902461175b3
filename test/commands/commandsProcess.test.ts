import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { startProcess } from "../processes/startProcess.ts"

const run = (file: string, args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { complained, ended, said } = yield* startProcess([`.build/test/${file}`, ...args])
    return { ...yield* ended, said: said.join("\n"), complained: complained.join("\n") }
  })

describe.concurrent("the commands that prove something", () => {
  it.scopedLive("end with 1 when they are called wrongly, without a stack", () =>
    Effect.gen(function*() {
      const { code, complained, said } = yield* run("mutants/main.js", ["--only", "no such mutant"])
      assert.strictEqual(code, 1)
      assert.include(said + complained, "No mutant's name or file contains")
      assert.notInclude(said + complained, "    at ")
    }))

  // In the second of these a process is killed while a handler waits forever.
  it.scopedLive.each(["3", "4"])(
    "end when they are done, also when what they simulated is not: seed %s",
    (seed) =>
      Effect.gen(function*() {
        const { code, said, signal } = yield* run("simulation/main.js", ["--seed", seed])
        assert.deepStrictEqual([code, signal], [0, null])
        assert.match(said, /digest [0-9a-f]{16}$/)
      })
  )
})
