import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { plainConsole } from "../../src/cli/output.ts"
import { chaosCommand } from "../chaos/command.ts"
import { mutantsCommand } from "../mutants/command.ts"
import { simulateCommand } from "../simulation/command.ts"
import { perform, teardown } from "./runCommand.ts"

const commands = {
  simulate: (args, errors) => perform(simulateCommand, "simulate", args, errors),
  chaos: (args, errors) => perform(chaosCommand, "chaos", args, errors),
  mutants: (args, errors) => perform(mutantsCommand, "mutants", args, errors)
} satisfies Record<string, (args: ReadonlyArray<string>, errors: Parameters<typeof perform>[3]) => unknown>

describe("the commands that prove something", () => {
  it.live.each(
    [
      ["simulate", ["--seeds", "0"], "Expected a number between 1 and 1000000, actual 0"],
      ["simulate", ["--only", "a"], "--only names faults of one seed, and goes with --seed"],
      ["chaos", ["--kills", "-1"], "Expected a non-negative number, actual -1"],
      ["mutants", ["--onyl", "a"], "Received unknown argument: '--onyl'"],
      ["mutants", ["--only", "no such mutant"], "No mutant's name or file contains"]
    ] as const
  )("refuse what they do not know: %s %j", ([name, args, said]) =>
    Effect.gen(function*() {
      let written = ""
      const output = { write: (text: string) => written += text }
      const exit = yield* commands[name](args, output).pipe(
        plainConsole({ stdout: output, stderr: output }),
        Effect.exit
      )
      const code = yield* Effect.async<number>((resume) => teardown(exit, (code) => resume(Effect.succeed(code))))
      assert.strictEqual(code, 1)
      assert.include(written, said)
      assert.notInclude(written, "    at ")
    }))
})
