import type { CliApp } from "@effect/cli"
import { Command } from "@effect/cli"
import type { Runtime } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Cause, Effect, Exit } from "effect"
import type { Output } from "../../src/cli/output.ts"
import { report } from "../../src/cli/report.ts"
import { withoutDashes } from "../../src/cli/withoutDashes.ts"

/**
 * Runs one of the commands that prove something, as this process. Ends with 1,
 * and a sentence on standard error, when it fails or is called wrongly.
 */
export const runCommand = <Name extends string, E, A>(
  command: Command.Command<Name, CliApp.CliApp.Environment, E, A>,
  name: Name
): void =>
  NodeRuntime.runMain(perform(command, name, process.argv.slice(2), process.stderr), {
    disableErrorReporting: true,
    disablePrettyLogger: true,
    teardown
  })

/** Runs the command within a process, and reports its failure to `errors`. */
export const perform = <Name extends string, E, A>(
  command: Command.Command<Name, CliApp.CliApp.Environment, E, A>,
  name: Name,
  given: ReadonlyArray<string>,
  errors: Output
): Effect.Effect<void, unknown> => {
  const args = withoutDashes(given)
  return Command.run(command, { name, version: "1" })(["node", name, ...args]).pipe(
    Effect.tapErrorCause(report(args, errors)),
    Effect.provide(NodeContext.layer)
  )
}

/** An interrupted run has shown nothing, and must not look as if it had. */
export const teardown: Runtime.Teardown = (exit, onExit) =>
  onExit(Exit.isSuccess(exit) ? 0 : Cause.isInterruptedOnly(exit.cause) ? 130 : 1)
