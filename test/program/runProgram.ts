import * as Runtime from "@effect/platform/Runtime"
import { ConfigProvider, Effect, Fiber, Queue } from "effect"
import type { Scope } from "effect"
import { join } from "node:path"
import type { Output } from "../../src/cli/output.ts"
import { makeStreams } from "../../src/cli/Streams.ts"
import type { Streams } from "../../src/cli/Streams.ts"
import { program } from "../../src/program/program.ts"

/** How a run of the program ended, and the lines it wrote. */
export interface Ran {
  readonly code: number
  readonly said: ReadonlyArray<string>
  readonly complained: ReadonlyArray<string>
}

/** A run of the program that goes on. */
export interface Running {
  /** Waits until it writes a line with this text to its standard output. Looks only at lines not looked at before. */
  readonly says: (text: string) => Effect.Effect<string>
  readonly ended: Effect.Effect<Ran>
}

/**
 * Runs the program in this process with an environment of its own, as on a fresh
 * machine. Its database is in `folder`, unless the environment names another.
 */
export const runProgram = (
  folder: string,
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>> = {}
): Effect.Effect<Ran> => Effect.scoped(Effect.flatMap(startProgram(folder, args, environment), ({ ended }) => ended))

/** The same, and does not wait for its end. It is interrupted when the scope closes. */
export const startProgram = (
  folder: string,
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>> = {}
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.gen(function*() {
    const lines = yield* Queue.unbounded<string>()
    const stdout = makeCapture((text) => void lines.unsafeOffer(text))
    const stderr = makeCapture()
    const run = Effect.map(
      runOn(makeStreams(stdout.output, stderr.output), folder, args, environment),
      (code): Ran => ({ code, said: stdout.lines(), complained: stderr.lines() })
    )
    const running = yield* Effect.forkScoped(run)
    return {
      says: (text) => Effect.repeat(Queue.take(lines), { until: (line) => line.includes(text) }),
      ended: Fiber.join(running)
    }
  })

/** Runs the program in this process as a person at the terminal does, and answers with its exit code. */
export const runOnTerminal = (folder: string, args: ReadonlyArray<string>, terminal: Terminal): Effect.Effect<number> =>
  runOn(makeStreams(terminal.output, terminal.output), folder, args)

/** A terminal of 120 columns, without colours. */
export interface Terminal {
  readonly output: Output
  /** All that was written to it. */
  readonly text: () => string
  /** Waits until these words were written. */
  readonly shows: (words: string) => Effect.Effect<void>
}

export const makeTerminal = (): Terminal => {
  let text = ""
  const waiting = new Set<() => void>()
  const output: Output = {
    isTTY: true,
    columns: 120,
    hasColors: () => false,
    write: (more) => {
      text += more
      for (const look of waiting) look()
    }
  }
  return {
    output,
    text: () => text,
    shows: (words) =>
      Effect.async<void>((resume) => {
        const look = () => {
          if (!text.includes(words)) return
          waiting.delete(look)
          resume(Effect.void)
        }
        waiting.add(look)
        look()
      })
  }
}

const runOn = Effect.fn("runOn")(function*(
  streams: Streams,
  folder: string,
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>> = {}
) {
  const settings = { APIFY_TOKEN: "", DATABASE_URL: `sqlite:${databaseIn(folder)}`, ...environment }
  const exit = yield* program(["node", "main.js", ...args], streams).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings)))),
    Effect.exit
  )
  // What NodeRuntime.runMain ends the process with.
  return yield* Effect.async<number>((resume) => Runtime.defaultTeardown(exit, (code) => resume(Effect.succeed(code))))
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

const makeCapture = (onWrite: (text: string) => void = () => {}) => {
  let text = ""
  const output: Output = {
    write: (more) => {
      text += more
      onWrite(more)
    }
  }
  return { output, lines: () => text === "" ? [] : text.replace(/\n$/, "").split("\n") }
}
