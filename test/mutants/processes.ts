import { Effect } from "effect"
import { spawn } from "node:child_process"
import { join } from "node:path"

/** How a process ended, and the last that it said. */
export interface Ended {
  /** None when it was killed for taking too long, null when it was killed for having said enough. */
  readonly code: number | null | undefined
  readonly output: string
}

/** As much of a process's output as helps to see why it failed. */
const kept = 4000

/**
 * Runs a Node program of `cwd` to its end, or kills it and its children when it
 * takes longer than `millis`: a mutant may spin where no timer is heard. What it
 * says may be `enough` to end it sooner.
 */
export const runNode = (
  cwd: string,
  args: ReadonlyArray<string>,
  millis: number,
  enough?: RegExp
): Effect.Effect<Ended> =>
  Effect.async((resume) => {
    const child = spawn(process.execPath, [...args], {
      cwd,
      // What a process that is killed leaves behind goes with the tree.
      env: { ...process.env, TMPDIR: join(cwd, "tmp") },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"]
    })
    const killAll = () => {
      try {
        // Its whole group: the tests run in children of its own.
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
      } catch {
        // It has ended meanwhile.
      }
    }
    let output = ""
    const keep = (text: Buffer) => {
      output = (output + text.toString()).slice(-kept)
      if (enough?.test(output) === true) killAll()
    }
    child.stdout.on("data", keep)
    child.stderr.on("data", keep)
    let late = false
    const timer = setTimeout(() => {
      late = true
      killAll()
    }, millis)
    child.on("error", (error) => (output += String(error)))
    child.on("close", (code) => {
      clearTimeout(timer)
      resume(Effect.succeed({ code: late ? undefined : code, output }))
    })
    return Effect.sync(killAll)
  })
