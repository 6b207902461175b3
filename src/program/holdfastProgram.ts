import * as Command from "@effect/cli/Command"
import * as Runtime from "@effect/platform/Runtime"
import { Effect, Exit } from "effect"
import { linesLost } from "../cli/logging.ts"
import { isOfReader, whenWritten } from "../cli/output.ts"
import type { Streams } from "../cli/Streams.ts"
import { installed, withInstalled } from "../cli/typed.ts"
import { withoutDashes } from "../cli/withoutDashes.ts"
import type { AppsToCopy } from "./copyCommand.ts"
import type { Runnable } from "./runCommandLine.ts"
import { runCommandLine } from "./runCommandLine.ts"
import { version } from "../platform/version.ts"

/** `npx holdfast`, the program of the package: the commands for a queue, which know no application. */
export const holdfastProgram = (argv: ReadonlyArray<string>, streams: Streams): Effect.Effect<void, unknown> =>
  withInstalled(
    runCommandLine(
      withoutDashes(argv.slice(2)),
      (words) => ({ typed: installed, words, load: holdfastOn(streams, Effect.succeed([])) }),
      streams
    )
  )

/** The commands for a queue, loaded when they are asked for. `apps` have tables that `copy` copies as well. */
export const holdfastOn = (streams: Streams, apps: AppsToCopy): Effect.Effect<Runnable> =>
  Effect.map(Effect.promise(() => import("./holdfastCommand.ts")), ({ holdfastCommand }) => {
    const { commands, holdfast } = holdfastCommand(streams, apps)
    return { commands, run: Command.run(holdfast, { name: "Holdfast", version }) }
  })

/**
 * Exits with 130 after Ctrl-C (0 for `--watch` and `dashboard`), and with 1 if the
 * answer could not be written. A reader that closes early, such as `head`, is not a failure.
 */
export const holdfastTeardown =
  (argv: ReadonlyArray<string>, { stderr, stdout }: Pick<Streams, "stderr" | "stdout">): Runtime.Teardown =>
  (exit, onExit) => {
    const end = (code: number) =>
      whenWritten(stdout, (error) => {
        if (error === undefined || isOfReader(error)) return onExit(code)
        stderr.write(`${linesLost(error)}\n`)
        onExit(code === 0 ? 1 : code)
      })
    if (Exit.isInterrupted(exit) && !goesOn(argv)) return end(130)
    Runtime.defaultTeardown(exit, end)
  }

/** True for a command that runs until it is stopped. */
const goesOn = (argv: ReadonlyArray<string>) => argv.includes("--watch") || argv.includes("dashboard")
