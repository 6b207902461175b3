import { Context, Data, Effect, Option } from "effect"
import { Worker } from "node:worker_threads"
import type { DatabaseFiles } from "../databaseFile.ts"
import { loadedDriver } from "../loadedDriver.ts"
import type { LoadedDriver } from "../loadedDriver.ts"

/** The outcome of a checkpoint, in bytes. */
export interface Checkpointed {
  /** The part of the WAL that was not copied, because a reader still needs the older state of the database. */
  readonly left: number
  /** The length of the WAL after the checkpoint. */
  readonly size: number
}

/** The thread could not be started, or ended without a checkpoint. */
export class CheckpointFailed extends Data.TaggedError("CheckpointFailed")<{ readonly cause: unknown }> {}

/** Copies a WAL into its database, and makes it empty if nobody writes meanwhile. */
export type Checkpoint = (files: DatabaseFiles) => Effect.Effect<Checkpointed, CheckpointFailed>

/** Runs the checkpoints that would block the event loop. */
export interface CheckpointThreadService {
  /** None if there can be no such thread. SQLite's own checkpoints, in commits, then stay on. */
  readonly find: () => Option.Option<Checkpoint>
}

/**
 * The code of the thread. It is text, because a file would have to be found again
 * in the package, in an app's bundle and beside TypeScript sources.
 *
 * PASSIVE waits for nobody and blocks nobody. TRUNCATE holds the write lock, and
 * would also copy what other connections have just written. So it runs only after a
 * moment in which nobody wrote, when it has only to shorten the file. Neither waits
 * for a lock.
 */
const code = `
const { statSync } = require("node:fs")
const { parentPort, workerData: { addon, file, identities, library, wal } } = require("node:worker_threads")
const stat = (path) => statSync(path, { bigint: true, throwIfNoEntry: false }) ?? {}
for (const [path, identity] of Object.entries(identities)) {
  const { dev, ino } = stat(path)
  if (dev + " " + ino !== identity) throw new Error(path + " was deleted or replaced")
}
const state = () => [stat(wal).size, stat(wal).mtimeNs].join()
const moment = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
const database = new (require(library))(file, { nativeBinding: addon, fileMustExist: true, timeout: 0 })
const checkpoint = (mode) => database.pragma("wal_checkpoint(" + mode + ")")[0]
let left = 0
for (let tries = 1; tries <= 10; tries++) {
  const before = state()
  const { busy, log, checkpointed } = checkpoint("PASSIVE")
  left = busy ? Infinity : (log - checkpointed) * database.pragma("page_size", { simple: true })
  moment()
  if (left === 0 && state() === before && !checkpoint("TRUNCATE").busy) break
}
database.close()
parentPort.postMessage({ left, size: Number(stat(wal).size ?? 0n) })
`

/**
 * A thread for each checkpoint, which ends with it and keeps no process alive.
 * Interrupting waits for the thread's end, and so for the step it is in.
 *
 * Another copy of SQLite in this process would not do. Closing a file drops all
 * locks of the process on it (POSIX). SQLite prevents that by a list of the files
 * that it has open, and each copy has a list of its own. So no thread is started
 * where the copy of the store's connection is not known, as in a bundle.
 */
const inThread = (driver: LoadedDriver): Checkpoint => (files) =>
  Effect.flatten(Effect.try({
    try: () => {
      // None of the flags of the process, which might load anything.
      const thread = new Worker(code, { eval: true, execArgv: [], env: {}, workerData: { ...driver, ...files } })
      thread.unref()
      return answerOf(thread)
    },
    catch: (cause) => new CheckpointFailed({ cause })
  }))

const answerOf = (thread: Worker) =>
  Effect.async<Checkpointed, CheckpointFailed>((resume) => {
    let cause: unknown = new Error("the thread ended without an answer")
    let answer = Option.none<Checkpointed>()
    thread.on("message", (checkpointed: Checkpointed) => void (answer = Option.some(checkpointed)))
    thread.on("error", (error) => void (cause = error))
    // Its connection is closed by then.
    thread.on("exit", () => resume(Effect.mapError(answer, () => new CheckpointFailed({ cause }))))
    return Effect.promise(() => thread.terminate())
  })

/** Replaceable: a simulation decides what happens when, and a thread would not obey it. */
export class CheckpointThread extends Context.Reference<CheckpointThread>()("holdfast/store/CheckpointThread", {
  defaultValue: (): CheckpointThreadService => ({ find: () => Option.map(loadedDriver(), inThread) })
}) {}
