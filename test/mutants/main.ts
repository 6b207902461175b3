import { runCommand } from "../commands/runCommand.ts"
import { mutantsCommand } from "./command.ts"

runCommand(mutantsCommand, "mutants")
