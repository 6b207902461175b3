import * as CommandDescriptor from "@effect/cli/CommandDescriptor"
import { Effect, Either } from "effect"

const shells = ["bash", "zsh", "fish"] as const

/** A shell for which there are completions. */
export type Shell = typeof shells[number]

/** Reads the name of a shell. */
export const readShell = (text: string): Either.Either<Shell, string> =>
  Either.fromNullable(
    shells.find((shell) => shell === text),
    () => `${JSON.stringify(text)} is not a shell with completions; write one of ${shells.join(", ")}`
  )

/** The script by which a shell completes the commands and flags of `root`, for a program of its name. */
export const completionsFor = (shell: Shell, root: CommandDescriptor.Command<unknown>): Effect.Effect<string> =>
  Effect.map(scripts[shell](root, [...CommandDescriptor.getNames(root)].join()), (lines) => lines.join("\n"))

/**
 * @effect/cli's script for bash looks for commands under commands by names that it
 * never gives them: it remembers "holdfast__jobs" and compares with "holdfast,jobs".
 */
const mended = (line: string) =>
  line.replace(/^(\s*)([\w-]+(?:,[\w-]+)+)\)$/, (_, indent: string, names: string) => {
    const words = names.split(",")
    return `${indent}${words.slice(0, -1).join("__")},${words.at(-1)?.replaceAll("__", "-")})`
  })

const scripts = {
  bash: (root: CommandDescriptor.Command<unknown>, name: string) =>
    Effect.map(CommandDescriptor.getBashCompletions(root, name), (lines) => lines.map(mended)),
  zsh: CommandDescriptor.getZshCompletions,
  fish: CommandDescriptor.getFishCompletions
}
