import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import type { LogLevel } from "effect"
import { Console, Effect, Either, Option } from "effect"
import type { Shell } from "./completions.ts"
import { readShell } from "./completions.ts"
import { logLevel } from "./settings.ts"

/** A command line without the flags that every command understands, which may stand anywhere on it. */
export interface CommandLine {
  readonly isHelp: boolean
  /** The least level of every line of the log. */
  readonly logLevel: Option.Option<LogLevel.LogLevel>
  /** The shell for which a completion script is asked. */
  readonly completions: Option.Option<Shell>
  readonly rest: ReadonlyArray<string>
}

/**
 * Takes `--help`, `--log-level` and `--completions` out of a command line, or says what is wrong
 * with it. @effect/cli reads them only in front of everything else. Arguments after
 * a `--` are not flags.
 */
export const readCommandLine = (args: ReadonlyArray<string>): Either.Either<CommandLine, string> =>
  Either.gen(function*() {
    const end = args.indexOf("--")
    const flags = end < 0 ? args : args.slice(0, end)
    const rest: Array<string> = []
    let isHelp = false
    let level: CommandLine["logLevel"] = Option.none()
    let completions: CommandLine["completions"] = Option.none()
    for (let i = 0; i < flags.length; i++) {
      const [name, given] = split(flags[i] ?? "")
      if (name === "--help" || name === "-h") isHelp = true
      else if (name === "--log-level") {
        level = Option.some(
          yield* Either.mapLeft(logLevel(given ?? flags[++i] ?? ""), (problem) => `--log-level: ${problem}`)
        )
      } else if (name === "--completions") {
        completions = Option.some(
          yield* Either.mapLeft(readShell(given ?? flags[++i] ?? ""), (problem) => `--completions: ${problem}`)
        )
      } else rest.push(flags[i] ?? "")
    }
    return { isHelp, logLevel: level, completions, rest: end < 0 ? rest : [...rest, ...args.slice(end)] }
  })

/** Says what is wrong with a command line, and fails as @effect/cli does for what it finds itself. */
export const refuse = (problem: string): Effect.Effect<never, ValidationError.ValidationError> =>
  Effect.zipRight(Console.error(problem), Effect.fail(ValidationError.invalidValue(HelpDoc.p(problem))))

const split = (arg: string): readonly [name: string, given?: string] => {
  const at = arg.indexOf("=")
  return at < 0 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)]
}
