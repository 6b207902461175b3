import { Effect } from "effect"
import { spawn, spawnSync } from "node:child_process"

/** How a program ended, and what it said. */
export interface ProgramEnd {
  readonly code: number | null
  readonly signal: string | null
  readonly output: string
  /** It took longer than it may, and was killed for that. */
  readonly timedOut: boolean
}

/** Runs a program to its end; one that takes longer than `seconds` is killed, with whom it has started. */
export const runProgram = (command: string, args: ReadonlyArray<string>, seconds: number): Effect.Effect<ProgramEnd> =>
  Effect.async<ProgramEnd>((resume) => {
    // The leader of a group, as what strace traces outlives it, and holds the pipes open.
    const child = spawn(command, args, { stdio: "pipe", detached: true })
    const kill = () => {
      if (child.pid === undefined) return
      try {
        process.kill(-child.pid, "SIGKILL")
      } catch {
        // Nobody of the group is left.
      }
    }
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      kill()
    }, seconds * 1_000)
    let output = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => void (output += text))
    }
    const end = (end: Omit<ProgramEnd, "timedOut">) => {
      clearTimeout(timer)
      resume(Effect.succeed({ ...end, timedOut }))
    }
    child.on("error", (error) => end({ code: null, signal: null, output: String(error) }))
    child.on("close", (code, signal) => end({ code, signal, output }))
    return Effect.sync(() => {
      clearTimeout(timer)
      kill()
    })
  })

/** Runs a short command of the system's and answers whether it succeeded. */
export const can = (command: string, ...args: ReadonlyArray<string>): boolean =>
  spawnSync(command, args, { stdio: "ignore", timeout: 10_000 }).status === 0
