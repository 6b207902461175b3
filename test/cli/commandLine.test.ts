import { assert, describe, it } from "@effect/vitest"
import { Either, LogLevel, Option } from "effect"
import { readCommandLine } from "../../src/cli/commandLine.ts"

const read = (...args: ReadonlyArray<string>) => Either.getOrThrow(readCommandLine(args))

describe("a command line", () => {
  it("has --help and --log-level in any place, but not behind a --", () => {
    for (const args of [["--help", "seed", "--off"], ["seed", "-h", "--off"], ["seed", "--off", "--help"]]) {
      assert.deepStrictEqual(read(...args), {
        isHelp: true,
        logLevel: Option.none(),
        completions: Option.none(),
        rest: ["seed", "--off"]
      })
    }
    for (const level of [["--log-level", "error"], ["--log-level=Error"]]) {
      for (const args of [["seed", ...level], [...level, "seed"]]) {
        assert.deepStrictEqual(read(...args), {
          isHelp: false,
          logLevel: Option.some(LogLevel.Error),
          completions: Option.none(),
          rest: ["seed"]
        })
      }
    }
    assert.deepStrictEqual(read("answer", "--", "--help").rest, ["answer", "--", "--help"])
  })

  it("with a level that is none is refused, naming the flag, the value and what is allowed", () => {
    assert.deepStrictEqual(
      readCommandLine(["--once", "--log-level", "loud"]),
      Either.left(
        `--log-level: "loud" is not a level; write one of all, trace, debug, info, warning, error, fatal, none`
      )
    )
  })
})
