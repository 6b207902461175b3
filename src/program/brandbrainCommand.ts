import * as Command from "@effect/cli/Command"
import { Clock, Effect, Layer, Option } from "effect"
import { commandsOn } from "../brandbrain/commands/commands.ts"
import { Terminal } from "../brandbrain/commands/Terminal.ts"
import * as Logging from "../cli/logging.ts"
import type { Streams } from "../cli/Streams.ts"
import { timeOfDay } from "../cli/terminalLine.ts"
import { typed } from "../cli/typed.ts"
import { App, ExistingApp, ReadOnlyApp } from "./app.ts"

/** `pnpm brandbrain`. Its answers go to standard output, so its log goes to standard error. */
export const brandbrainCommand = ({ errors, screen }: Streams) => {
  const subcommands = commandsOn(App, ExistingApp, ReadOnlyApp)
  const terminal = Option.map(screen, ({ show, write }) => ({
    showStatus: show,
    writeLine: (line: string) =>
      Effect.map(Clock.currentTimeMillis, (now) => void write(`${timeOfDay(new Date(now))} ${line}\n`)),
    commandLine: typed
  }))
  const brandbrain = Command.make("brandbrain").pipe(
    Command.withDescription("Look after brands and their compiles"),
    Command.withSubcommands(subcommands),
    Command.provide(Logging.layer(errors)),
    Command.provide(Layer.succeed(Terminal, terminal))
  )
  return { brandbrain, subcommands }
}
