import { runCommand } from "../commands/runCommand.ts"
import { simulateCommand } from "./command.ts"

runCommand(simulateCommand, "simulate")
