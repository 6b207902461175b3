import { Effect } from "effect"
import type { Scope } from "effect"
import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { closeSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Tail } from "./journal.ts"
import { monotonicNow, tailJournal } from "./journal.ts"

/** What a worker of the chaos run is told. */
export interface ChaosWorkerOptions {
  readonly database: string
  readonly journal: string
  readonly produce: boolean
  /** Milliseconds between two enqueues, on average. */
  readonly produceEvery: number
  /** Characters that each payload has more. */
  readonly padding: number
  /** Milliseconds. */
  readonly leaseFor: number
}

/** A worker process, and what was done to it. Instants are monotonic milliseconds. */
export interface ChaosWorker {
  readonly name: string
  readonly child: ChildProcess
  /** What it has noted since this was last asked. */
  readonly journal: Tail
  /** The last lines of its log. */
  readonly log: () => string
  /** What it was told last that ends it. */
  told: "SIGKILL" | "SIGTERM" | undefined
  toldAt: number
  ended: { readonly at: number; readonly code: number | null; readonly signal: string | null } | undefined
}

let started = 0

/** Starts a worker process, whose journal and log go into `folder`. It is killed when the scope closes. */
export const startChaosWorker = (
  folder: string,
  options: Omit<ChaosWorkerOptions, "journal">
): Effect.Effect<ChaosWorker, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const name = `worker ${++started}`
      const journal = join(folder, `${name}.journal`)
      const log = join(folder, `${name}.log`)
      const logFile = openSync(log, "a")
      const child = spawn(
        process.execPath,
        [join(import.meta.dirname, "workerProcess.js"), JSON.stringify({ ...options, journal })],
        { stdio: ["pipe", "ignore", logFile] }
      )
      closeSync(logFile)
      // It may end while it is being spoken to.
      child.stdin?.on("error", () => {})
      const worker: ChaosWorker = {
        name,
        child,
        journal: tailJournal(journal),
        log: () => readFileSync(log, "utf8").split("\n").slice(-12).join("\n"),
        told: undefined,
        toldAt: Infinity,
        ended: undefined
      }
      child.on("exit", (code, signal) => void (worker.ended = { at: monotonicNow(), code, signal }))
      return worker
    }),
    ({ child }) => Effect.sync(() => void child.kill("SIGKILL"))
  )

/** Tells a worker to end, at once or after its grace. */
export const tell = (worker: ChaosWorker, signal: "SIGKILL" | "SIGTERM") => {
  worker.told = signal
  // Before the signal: whatever it does after this is no longer expected of it.
  worker.toldAt = monotonicNow()
  worker.child.kill(signal)
}

/** Whether it has neither ended nor been told to. */
export const lives = ({ ended, told }: ChaosWorker) => ended === undefined && told === undefined
