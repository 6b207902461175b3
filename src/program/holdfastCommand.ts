import * as Command from "@effect/cli/Command"
import * as Logging from "../cli/logging.ts"
import type { Streams } from "../cli/Streams.ts"
import { copyCommand } from "./copyCommand.ts"

/** `pnpm holdfast`: commands for those who look after a queue. Answers go to standard output, so the log goes to standard error. */
export const holdfastCommand = (streams: Streams) => {
  const subcommands = [copyCommand(streams)] as const
  const holdfast = Command.make("holdfast").pipe(
    Command.withDescription("Look after a queue and its database"),
    Command.withSubcommands(subcommands),
    Command.provide(Logging.layer(streams.errors))
  )
  return { holdfast, subcommands }
}
