import * as Command from "@effect/cli/Command"
import type { Commands } from "../cli/help.ts"
import * as Logging from "../cli/logging.ts"
import type { Streams } from "../cli/Streams.ts"
import { backupCommand } from "./backupCommand.ts"
import type { AppsToCopy } from "./copyCommand.ts"
import { copyCommand } from "./copyCommand.ts"
import { dashboardCommand } from "./dashboardCommand.ts"
import { doctorCommand } from "./doctorCommand.ts"
import { explainCommand } from "./explainCommand.ts"
import { jobsCommands } from "./jobsCommands.ts"
import { migrateCommand } from "./migrateCommand.ts"
import { kindsCommands, queuesCommands } from "./queuesCommands.ts"
import { statsCommand } from "./statsCommand.ts"
import { workersCommand } from "./workersCommand.ts"

/** `pnpm holdfast`: commands for those who look after a queue. Answers go to standard output, so the log goes to standard error. */
export const holdfastCommand = (streams: Streams, apps: AppsToCopy) => {
  const { commands: ofJobs, jobs } = jobsCommands(streams)
  const { commands: ofQueues, queues } = queuesCommands(streams)
  const { commands: ofKinds, kinds } = kindsCommands
  const stats = statsCommand(streams)
  const workers = workersCommand(streams)
  const doctor = doctorCommand(streams)
  const backup = backupCommand(streams)
  const copy = copyCommand(streams, apps)
  const holdfast = Command.make("holdfast").pipe(
    Command.withDescription("Look after a queue and its database"),
    Command.withSubcommands([
      stats,
      explainCommand,
      jobs,
      queues,
      kinds,
      workers,
      dashboardCommand,
      doctor,
      migrateCommand,
      backup,
      copy
    ]),
    Command.provide(Logging.layer(streams.errors))
  )
  const single = ({ descriptor }: { readonly descriptor: Commands["root"] }): Commands => ({
    root: descriptor,
    under: []
  })
  const commands: Commands = {
    root: holdfast.descriptor,
    under: [
      single(stats),
      single(explainCommand),
      ofJobs,
      ofQueues,
      ofKinds,
      single(workers),
      single(dashboardCommand),
      single(doctor),
      single(migrateCommand),
      single(backup),
      single(copy)
    ]
  }
  return { holdfast, commands }
}
