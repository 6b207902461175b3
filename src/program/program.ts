import * as Command from "@effect/cli/Command"
import * as Runtime from "@effect/platform/Runtime"
import { Effect } from "effect"
import type { Streams } from "../cli/Streams.ts"
import { typed } from "../cli/typed.ts"
import { withoutDashes } from "../cli/withoutDashes.ts"
import { holdfastOn, holdfastTeardown } from "./holdfastProgram.ts"
import type { Runnable } from "./runCommandLine.ts"
import { runCommandLine } from "./runCommandLine.ts"
import { version } from "../platform/version.ts"

/**
 * `pnpm start`, `pnpm brandbrain` and `pnpm holdfast`: everything but the process itself, so that
 * a test can run it. `argv` begins with the runtime and the script, as Node has it.
 * Failures have been reported when it ends.
 */
export const program = (argv: ReadonlyArray<string>, streams: Streams): Effect.Effect<void, unknown> =>
  runCommandLine(
    ownArguments(argv.slice(2)),
    (rest) => {
      const named = commandOf(rest)
      return {
        typed: typed(named),
        words: named === "start" ? rest : rest.slice(1),
        load: commandsOn[named](streams)
      }
    },
    streams
  )

/** Exits with 0 if a worker is told to stop, which is its normal end. */
export const teardown = (argv: ReadonlyArray<string>, streams: Streams): Runtime.Teardown =>
  isHoldfast(argv) ? holdfastTeardown(argv, streams) : Runtime.defaultTeardown

/** True if the command is `holdfast`, and not the worker or an application's. */
export const isHoldfast = (argv: ReadonlyArray<string>): boolean =>
  commandOf(withoutDashes(argv.slice(2))) === "holdfast"

/** A package runner passes on its own `--`, before or after the command. */
const ownArguments = (given: ReadonlyArray<string>): ReadonlyArray<string> => {
  const args = withoutDashes(given)
  return commandOf(args) === "start" ? args : [...args.slice(0, 1), ...withoutDashes(args.slice(1))]
}

/** The command that the arguments begin with, unless they are the worker's. */
const commandOf = ([first]: ReadonlyArray<string>) => first === "brandbrain" || first === "holdfast" ? first : "start"

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

/** The tables of the reference app, which lie beside the jobs of `pnpm start`. */
const brandbrainTables = Effect.promise(async () => {
  const [{ migrate, migrationsTable, newest }, { tables }] = await Promise.all([
    import("../brandbrain/storage/migrate.ts"),
    import("../brandbrain/storage/tables.ts")
  ])
  return [{ app: "BrandBrain", migrations: migrationsTable, newest, tables, migrate }]
})

const commandsOn = {
  start: startOn,
  brandbrain: brandbrainOn,
  holdfast: (streams: Streams) => holdfastOn(streams, brandbrainTables)
}
