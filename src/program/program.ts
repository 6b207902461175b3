import type * as CliApp from "@effect/cli/CliApp"
import * as Command from "@effect/cli/Command"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { Console, Effect, Logger, LogLevel, Option } from "effect"
import { createRequire } from "node:module"
import { readCommandLine, refuse } from "../cli/commandLine.ts"
import type { Commands } from "../cli/help.ts"
import { flagsWithValue, helpOf } from "../cli/help.ts"
import { columnsOf, plainConsole } from "../cli/output.ts"
import { report } from "../cli/report.ts"
import type { Streams } from "../cli/Streams.ts"
import { typed } from "../cli/typed.ts"
import { withoutDashes } from "../cli/withoutDashes.ts"

/**
 * `pnpm start` and `pnpm brandbrain`: everything but the process itself, so that
 * a test can run it. `argv` begins with the runtime and the script, as Node has it.
 * Failures have been reported when it ends.
 */
export const program = (argv: ReadonlyArray<string>, streams: Streams): Effect.Effect<void, unknown> => {
  const [runtime = "", script = "", ...given] = argv
  const args = ownArguments(given)
  return Effect.gen(function*() {
    const { isHelp, logLevel, rest } = yield* Effect.catchAll(readCommandLine(args), refuse)
    const isBrandbrain = rest[0] === "brandbrain"
    const words = isBrandbrain ? rest.slice(1) : rest
    const { commands, run } = yield* isBrandbrain ? brandbrainOn(streams) : startOn(streams)
    // Without words, brandbrain would open the database to print its help.
    if (isHelp || (isBrandbrain && words.length === 0)) {
      const help = helpOf(typed(isBrandbrain ? "brandbrain" : "start"), commands, words, columnsOf(streams.stdout))
      return yield* Console.log(help)
    }
    const last = words.at(-1) ?? ""
    // All the help is made to find these flags, which takes a fifth of what a short command does.
    if (last.startsWith("--") && flagsWithValue(commands).includes(last)) {
      return yield* refuse(`${last}: no value was given`)
    }
    yield* Logger.withMinimumLogLevel(run([runtime, script, ...words]), Option.getOrElse(logLevel, () => LogLevel.Info))
  }).pipe(
    Effect.tapErrorCause(report(args, streams.stderr)),
    plainConsole(streams),
    Effect.provide(NodeContext.layer)
  )
}

/** A package runner passes on its own `--`, before or after the command. */
const ownArguments = (given: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [command, ...rest] = withoutDashes(given)
  return command === "brandbrain" ? [command, ...withoutDashes(rest)] : withoutDashes(given)
}

interface Runnable {
  readonly commands: Commands
  readonly run: (argv: ReadonlyArray<string>) => Effect.Effect<void, unknown, CliApp.CliApp.Environment>
}

/*
 * The two are not one command with a subcommand: @effect/cli would take a misspelt
 * flag of the worker for a subcommand and not name it. Each is loaded when it is asked for.
 */

const startOn = (streams: Streams) =>
  Effect.map(Effect.promise(() => import("./startCommand.ts")), ({ startCommand }): Runnable => {
    const start = startCommand(streams)
    return { commands: { root: start.descriptor, under: [] }, run: Command.run(start, { name: "Holdfast", version }) }
  })

const brandbrainOn = (streams: Streams) =>
  Effect.map(Effect.promise(() => import("./brandbrainCommand.ts")), ({ brandbrainCommand }): Runnable => {
    const { brandbrain, subcommands } = brandbrainCommand(streams)
    return {
      commands: { root: brandbrain.descriptor, under: subcommands.map(({ descriptor }) => descriptor) },
      run: Command.run(brandbrain, { name: "BrandBrain", version })
    }
  })

const { version } = createRequire(import.meta.url)("../../package.json") as { readonly version: string }
