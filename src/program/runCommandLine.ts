import type * as CliApp from "@effect/cli/CliApp"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { Console, Effect, Logger, LogLevel, Option } from "effect"
import { readCommandLine, refuse } from "../cli/commandLine.ts"
import { completionsFor } from "../cli/completions.ts"
import type { Commands } from "../cli/help.ts"
import { flagsWithValue, helpOf, isGroup, unknownUnder } from "../cli/help.ts"
import { argumentsBehindDashes } from "../cli/notAFlag.ts"
import { columnsOf, plainConsole } from "../cli/output.ts"
import { report } from "../cli/report.ts"
import type { Streams } from "../cli/Streams.ts"
import { withoutPasswords } from "../cli/withoutPasswords.ts"

/** A command with the commands under it, and how to run it. */
export interface Runnable {
  readonly commands: Commands
  readonly run: (argv: ReadonlyArray<string>) => Effect.Effect<void, unknown, CliApp.CliApp.Environment>
}

/** The command that a command line begins with. */
export interface Chosen {
  /** The words that a person types to run it. */
  readonly typed: string
  /** The words of the command line behind its name. */
  readonly words: ReadonlyArray<string>
  /** Its code is loaded when it is asked for. */
  readonly load: Effect.Effect<Runnable>
}

/**
 * Runs the command that `choose` finds in a command line, or prints its help or a
 * completion script. `args` begin behind the runtime and the script. Failures have
 * been reported when it ends.
 */
export const runCommandLine = (
  args: ReadonlyArray<string>,
  choose: (words: ReadonlyArray<string>) => Chosen,
  streams: Streams
): Effect.Effect<void, unknown> => {
  const [stdout, stderr] = [withoutPasswords(args, streams.stdout), withoutPasswords(args, streams.stderr)]
  return Effect.gen(function*() {
    const { completions, isHelp, logLevel, rest } = yield* Effect.catchAll(readCommandLine(args), refuse)
    const { load, typed, words } = choose(rest)
    const { commands, run } = yield* load
    if (Option.isSome(completions)) {
      return yield* Effect.flatMap(completionsFor(completions.value, commands.root), Console.log)
    }
    // Without words, brandbrain would open the database to print its help.
    if (isHelp || isGroup(commands, words)) {
      return yield* Console.log(helpOf(typed, commands, words, columnsOf(streams.stdout)))
    }
    const unknown = unknownUnder(commands, words)
    if (unknown !== undefined) return yield* refuse(unknown)
    const end = words.indexOf("--")
    const last = end < 0 ? words.at(-1) ?? "" : ""
    // All the help is made to find these flags, which takes a fifth of what a short command does.
    if (last.startsWith("--") && flagsWithValue(commands).includes(last)) {
      return yield* refuse(`${last}: no value was given`)
    }
    yield* run(["node", "holdfast", ...words]).pipe(
      Effect.locally(argumentsBehindDashes, new Set(end < 0 ? [] : words.slice(end + 1))),
      Logger.withMinimumLogLevel(Option.getOrElse(logLevel, () => LogLevel.Info))
    )
  }).pipe(
    Effect.tapErrorCause(report(args, stderr)),
    plainConsole({ stdout, stderr }),
    Effect.provide(NodeContext.layer)
  )
}
