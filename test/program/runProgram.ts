import * as Runtime from "@effect/platform/Runtime"
import { ConfigProvider, Effect } from "effect"
import { join } from "node:path"
import type { Output } from "../../src/cli/output.ts"
import { makeStreams } from "../../src/cli/Streams.ts"
import { program } from "../../src/program/program.ts"

/** How a run of the program ended, and the lines it wrote. */
export interface Ran {
  readonly code: number
  readonly said: ReadonlyArray<string>
  readonly complained: ReadonlyArray<string>
}

/**
 * Runs the program in this process with an environment of its own, as on a fresh
 * machine. Its database is in `folder`, unless the environment names another.
 */
export const runProgram = (
  folder: string,
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>> = {}
): Effect.Effect<Ran> =>
  Effect.gen(function*() {
    const stdout = makeCapture()
    const stderr = makeCapture()
    const settings = { APIFY_TOKEN: "", DATABASE_URL: `sqlite:${databaseIn(folder)}`, ...environment }
    const exit = yield* program(["node", "main.js", ...args], makeStreams(stdout.output, stderr.output)).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings)))),
      Effect.exit
    )
    // What NodeRuntime.runMain ends the process with.
    const code = yield* Effect.async<number>((resume) =>
      Runtime.defaultTeardown(exit, (code) => resume(Effect.succeed(code)))
    )
    return { code, said: stdout.lines(), complained: stderr.lines() }
  })

/** The file of the database that the program makes in a folder. */
export const databaseIn = (folder: string) => join(folder, "data/holdfast.db")

/** What the lines of a log are about. */
export const messagesIn = (log: ReadonlyArray<string>) => linesIn(log).map(({ message }) => message)

/** The lines of a log in a pipe. */
export const linesIn = (log: ReadonlyArray<string>) =>
  log.map((line) =>
    JSON.parse(line) as { readonly message: string; readonly annotations: Readonly<Record<string, unknown>> }
  )

const makeCapture = () => {
  let text = ""
  const output: Output = { write: (more) => text += more }
  return { output, lines: () => text === "" ? [] : text.replace(/\n$/, "").split("\n") }
}
