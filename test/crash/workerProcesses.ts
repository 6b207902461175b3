import { Effect } from "effect"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { startProcess } from "../processes/startProcess.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"

/** What a worker process is told. Spans are as Duration reads them. */
export interface WorkerProcessOptions {
  readonly database: string
  readonly locks: string
  readonly leaseFor: `${number} ${"seconds" | "millis"}`
  readonly heartbeat: `${number} ${"seconds" | "millis"}`
  readonly grace: `${number} ${"seconds" | "millis"}`
  readonly concurrency: number
}

/** A database and a folder of locks that several worker processes can share. */
export const sharedFolder = Effect.map(temporaryFolder, (folder) => {
  const locks = join(folder, "locks")
  mkdirSync(locks)
  return { database: join(folder, "jobs.db"), locks }
})

/** Starts a worker process of the tests. */
export const startWorker = (options: WorkerProcessOptions) =>
  startProcess([".build/test/crash/workerProcess.js", JSON.stringify(options)])
