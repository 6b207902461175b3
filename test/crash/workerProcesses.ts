import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Started } from "../processes/startProcess.ts"
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
  readonly stallLimit?: `${number} ${"seconds" | "millis"}`
  /** As in the options of SqliteStore. */
  readonly leaseKeeper?: boolean
  readonly presence?: boolean
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

/** Makes a program the first process of a namespace, as in a container. It is killed when unshare is. */
const asFirst = ["--map-root-user", "--pid", "--fork", "--kill-child"]

/** The reason why this machine lets nobody make a namespace of processes; empty where it does. */
export const noNamespace = () => {
  const { error, status, stderr } = spawnSync("unshare", [...asFirst, "true"], { encoding: "utf8" })
  return status === 0 ? "" : `unshare cannot make a namespace of processes here: ${error?.message ?? stderr.trim()}`
}

/** Starts a worker process of the tests that is the first of its namespace, and is told nothing that unshare is told. */
export const startFirstProcess = (options: WorkerProcessOptions) =>
  startProcess(
    [...asFirst, process.execPath, ".build/test/crash/workerProcess.js", JSON.stringify(options)],
    {},
    process.cwd(),
    "unshare"
  )

/** The PIDs of the process that unshare has started: for this process, and for itself. */
export const pidsOf = ({ child: { pid } }: Started): readonly [outside: number, inside: number] => {
  const outside = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim()
  const status = readFileSync(`/proc/${outside}/status`, "utf8")
  return [Number(outside), Number(/^NSpid:.*\t(\d+)$/m.exec(status)?.[1])]
}
