import { Effect, Queue } from "effect"
import type { Scope } from "effect"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"

/** What a worker process is told. Spans are as Duration reads them. */
export interface WorkerProcessOptions {
  readonly database: string
  readonly locks: string
  readonly lease: `${number} ${"seconds" | "millis"}`
  readonly heartbeat: `${number} ${"seconds" | "millis"}`
  readonly grace: `${number} ${"seconds" | "millis"}`
  readonly concurrency: number
}

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
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
}

/** A folder of the test's own, gone with its scope. */
export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "holdfast-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** A database and a folder of locks that several worker processes can share. */
export const sharedFolder = Effect.map(temporaryFolder, (folder) => {
  const locks = join(folder, "locks")
  mkdirSync(locks)
  return { database: join(folder, "jobs.db"), locks }
})

/** Starts a Node program, which is killed when the scope closes. */
export const startProcess = (
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>> = {},
  cwd = process.cwd(),
  node = process.execPath
): Effect.Effect<Started, never, Scope.Scope> =>
  Effect.gen(function*() {
    const lines = yield* Queue.unbounded<string>()
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
    createInterface({ input: child.stderr }).on("line", (line) => complained.push(line))
    const ended = new Promise<Ended>((resolve) => child.on("close", (code, signal) => resolve({ code, signal })))
    return {
      child,
      said,
      complained,
      says: (text) => Effect.repeat(Queue.take(lines), { until: (line) => line.includes(text) }),
      kill: (signal) => Effect.sync(() => void child.kill(signal)),
      ended: Effect.promise(() => ended)
    }
  })

/** Starts a worker process of the tests. */
export const startWorker = (options: WorkerProcessOptions) =>
  startProcess([".build/test/crash/workerProcess.js", JSON.stringify(options)])
