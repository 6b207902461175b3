import type * as CliApp from "@effect/cli/CliApp"
import * as Command from "@effect/cli/Command"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Runtime from "@effect/platform/Runtime"
import { Console, Effect, Exit, Logger, LogLevel, Option } from "effect"
import { createRequire } from "node:module"
import { readCommandLine, refuse } from "../cli/commandLine.ts"
import type { Commands } from "../cli/help.ts"
import { flagsWithValue, helpOf, isGroup, unknownUnder } from "../cli/help.ts"
import { columnsOf, plainConsole } from "../cli/output.ts"
import { report } from "../cli/report.ts"
import type { Streams } from "../cli/Streams.ts"
import { typed } from "../cli/typed.ts"
import { withoutDashes } from "../cli/withoutDashes.ts"
import { withoutPasswords } from "../cli/withoutPasswords.ts"

/**
 * `pnpm start`, `pnpm brandbrain` and `pnpm holdfast`: everything but the process itself, so that
 * a test can run it. `argv` begins with the runtime and the script, as Node has it.
 * Failures have been reported when it ends.
 */
export const program = (argv: ReadonlyArray<string>, streams: Streams): Effect.Effect<void, unknown> => {
  const [runtime = "", script = "", ...given] = argv
  const args = ownArguments(given)
  const [stdout, stderr] = [withoutPasswords(args, streams.stdout), withoutPasswords(args, streams.stderr)]
  return Effect.gen(function*() {
    const { isHelp, logLevel, rest } = yield* Effect.catchAll(readCommandLine(args), refuse)
    const named = commandOf(rest)
    const words = named === "start" ? rest : rest.slice(1)
    const { commands, run } = yield* commandsOn[named](streams)
    // Without words, brandbrain would open the database to print its help.
    if (isHelp || isGroup(commands, words)) {
      const help = helpOf(typed(named), commands, words, columnsOf(streams.stdout))
      return yield* Console.log(help)
    }
    const unknown = unknownUnder(commands, words)
    if (unknown !== undefined) return yield* refuse(unknown)
    const last = words.at(-1) ?? ""
    // All the help is made to find these flags, which takes a fifth of what a short command does.
    if (last.startsWith("--") && flagsWithValue(commands).includes(last)) {
      return yield* refuse(`${last}: no value was given`)
    }
    yield* Logger.withMinimumLogLevel(run([runtime, script, ...words]), Option.getOrElse(logLevel, () => LogLevel.Info))
  }).pipe(
    Effect.tapErrorCause(report(args, stderr)),
    plainConsole({ stdout, stderr }),
    Effect.provide(NodeContext.layer)
  )
}

/**
 * Ends the process with 130 when a command of `pnpm holdfast` was interrupted, as it has not done what it was to do.
 * A worker that is told to end has, and so has a command that watches, so those end with 0.
 */
export const teardown = ([, , ...given]: ReadonlyArray<string>): Runtime.Teardown => (exit, onExit) =>
  commandOf(withoutDashes(given)) === "holdfast" && !given.includes("--watch") && Exit.isInterrupted(exit)
    ? onExit(130)
    : Runtime.defaultTeardown(exit, onExit)

/** A package runner passes on its own `--`, before or after the command. */
const ownArguments = (given: ReadonlyArray<string>): ReadonlyArray<string> => {
  const args = withoutDashes(given)
  return commandOf(args) === "start" ? args : [...args.slice(0, 1), ...withoutDashes(args.slice(1))]
}

/** The command that the arguments begin with, unless they are the worker's. */
const commandOf = ([first]: ReadonlyArray<string>) => first === "brandbrain" || first === "holdfast" ? first : "start"

interface Runnable {
  readonly commands: Commands
  readonly run: (argv: ReadonlyArray<string>) => Effect.Effect<void, unknown, CliApp.CliApp.Environment>
}

/*
 * They are not one command with subcommands: @effect/cli would take a misspelt
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
      commands: {
        root: brandbrain.descriptor,
        under: subcommands.map(({ descriptor }) => ({ root: descriptor, under: [] }))
      },
      run: Command.run(brandbrain, { name: "BrandBrain", version })
    }
  })

const holdfastOn = (streams: Streams) =>
  Effect.map(Effect.promise(() => import("./holdfastCommand.ts")), ({ holdfastCommand }): Runnable => {
    const { commands, holdfast } = holdfastCommand(streams)
    return {
      commands,
      run: Command.run(holdfast, { name: "Holdfast", version })
    }
  })

const commandsOn = { start: startOn, brandbrain: brandbrainOn, holdfast: holdfastOn }

const { version } = createRequire(import.meta.url)("../../package.json") as { readonly version: string }
