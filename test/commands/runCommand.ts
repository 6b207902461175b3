import type { CliApp } from "@effect/cli"
import { Command } from "@effect/cli"
import type { Runtime } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Cause, Effect, Exit } from "effect"
import { report } from "../chaos/report.ts"
import { withoutDashes } from "../../src/cli/withoutDashes.ts"

/**
 * Runs one of the commands that prove something, as this process. Ends with 1,
 * and a sentence on standard error, when it fails or is called wrongly.
 */
export const runCommand = <Name extends string, E, A>(
  command: Command.Command<Name, CliApp.CliApp.Environment, E, A>,
  name: Name
): void => {
  const [runtime = "", script = "", ...given] = process.argv
  const args = withoutDashes(given)
  Command.run(command, { name, version: "1" })([runtime, script, ...args]).pipe(
    Effect.tapErrorCause(report(args, process.stderr)),
    Effect.provide(NodeContext.layer),
    NodeRuntime.runMain({ disableErrorReporting: true, disablePrettyLogger: true, teardown })
  )
}

/** A run that was interrupted has shown nothing, and must not look as if it had. */
const teardown: Runtime.Teardown = (exit, onExit) =>
  onExit(Exit.isSuccess(exit) ? 0 : Cause.isInterruptedOnly(exit.cause) ? 130 : 1)
