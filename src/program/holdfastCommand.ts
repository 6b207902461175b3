import * as Command from "@effect/cli/Command"
import type { Commands } from "../cli/help.ts"
import * as Logging from "../cli/logging.ts"
import type { Streams } from "../cli/Streams.ts"
import { copyCommand } from "./copyCommand.ts"
import { jobsCommands } from "./jobsCommands.ts"
import { migrateCommand } from "./migrateCommand.ts"

/** `pnpm holdfast`: commands for those who look after a queue. Answers go to standard output, so the log goes to standard error. */
export const holdfastCommand = (streams: Streams) => {
  const jobs = jobsCommands(streams)
  const copy = copyCommand(streams)
  const holdfast = Command.make("holdfast").pipe(
    Command.withDescription("Look after a queue and its database"),
    Command.withSubcommands([jobs.jobs, migrateCommand, copy]),
    Command.provide(Logging.layer(streams.errors))
  )
  const commands: Commands = {
    root: holdfast.descriptor,
    under: [jobs.commands, ...[migrateCommand, copy].map(({ descriptor }) => ({ root: descriptor, under: [] }))]
  }
  return { holdfast, commands }
}
