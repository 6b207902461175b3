import { Effect } from "effect"
import { spawn, spawnSync } from "node:child_process"

/** How a program ended, and what it said. */
export interface ProgramEnd {
  readonly code: number | null
  readonly signal: string | null
  readonly output: string
}

/** Runs a program to its end; one that takes longer than `seconds` is killed. */
export const runProgram = (command: string, args: ReadonlyArray<string>, seconds: number): Effect.Effect<ProgramEnd> =>
  Effect.async<ProgramEnd>((resume) => {
    const child = spawn(command, args, { stdio: "pipe", timeout: seconds * 1_000, killSignal: "SIGKILL" })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => void (output += text))
    }
    child.on("error", (error) => resume(Effect.succeed({ code: null, signal: null, output: String(error) })))
    child.on("close", (code, signal) => resume(Effect.succeed({ code, signal, output })))
    return Effect.sync(() => void child.kill("SIGKILL"))
  })

/** Runs a short command of the system's and answers whether it succeeded. */
export const can = (command: string, ...args: ReadonlyArray<string>): boolean =>
  spawnSync(command, args, { stdio: "ignore", timeout: 10_000 }).status === 0
