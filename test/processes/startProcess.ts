import { Effect, Queue } from "effect"
import type { Scope } from "effect"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { createInterface } from "node:readline"

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process that a test started, and what it says. */
export interface Started {
  readonly child: ChildProcess
  /** Everything it has said on standard output. */
  readonly said: ReadonlyArray<string>
  /** Everything it has said on standard error. */
  readonly complained: ReadonlyArray<string>
  /** Waits until it says a line with this text. Looks only at lines not looked at before. */
  readonly says: (text: string) => Effect.Effect<string>
  /** The same for standard error. */
  readonly complains: (text: string) => Effect.Effect<string>
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
}

/** Starts a Node program, which is killed when the scope closes. */
export const startProcess = (
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>> = {},
  cwd = process.cwd(),
  node = process.execPath
): Effect.Effect<Started, never, Scope.Scope> =>
  Effect.gen(function*() {
    const [lines, complaints] = yield* Effect.all([Queue.unbounded<string>(), Queue.unbounded<string>()])
    const said: Array<string> = []
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(node, [...args], {
          stdio: ["ignore", "pipe", "pipe"],
          cwd,
          env: { ...process.env, ...environment }
        })
      ),
      (child) => Effect.sync(() => void child.kill("SIGKILL"))
    )
    createInterface({ input: child.stdout }).on("line", (line) => {
      said.push(line)
      lines.unsafeOffer(line)
    })
    const complained: Array<string> = []
    createInterface({ input: child.stderr }).on("line", (line) => {
      complained.push(line)
      complaints.unsafeOffer(line)
    })
    const ended = new Promise<Ended>((resolve) => child.on("close", (code, signal) => resolve({ code, signal })))
    return {
      child,
      said,
      complained,
      says: (text) => Effect.repeat(Queue.take(lines), { until: (line) => line.includes(text) }),
      complains: (text) => Effect.repeat(Queue.take(complaints), { until: (line) => line.includes(text) }),
      kill: (signal) => Effect.sync(() => void child.kill(signal)),
      ended: Effect.promise(() => ended)
    }
  })
