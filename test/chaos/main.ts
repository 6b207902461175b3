import { runCommand } from "../commands/runCommand.ts"
import { chaosCommand } from "./command.ts"

runCommand(chaosCommand, "chaos")
