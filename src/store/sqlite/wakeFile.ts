import { Context, Option } from "effect"
import type { FSWatcher } from "node:fs"
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lstatSync,
  lutimesSync,
  openSync,
  statSync,
  watch,
  writeSync
} from "node:fs"

/**
 * A file beside the database that a process touches when a job may be due, and
 * that workers watch: they hear of another process's jobs without asking for them.
 * It carries no data. It may be deleted at any time, and is made again when it is
 * next needed.
 */
export interface WakeFile {
  /** Wakes all who watch, in all processes. Throws where the file cannot be written. `now` is in epoch milliseconds. */
  readonly touch: (now: number) => void
  /** Hears of every touch from now on, of several perhaps once. Throws where the file cannot be watched. */
  readonly watch: (listener: WakeListener) => { readonly close: () => void }
}

interface WakeListener {
  readonly hear: () => void
  /** Nothing is heard any more. */
  readonly failed: (error: unknown) => void
}

/** The wake file of a database, by the database's path. Replaceable, for processes that are simulated in one. */
export class WakeFiles extends Context.Reference<WakeFiles>()("holdfast/store/WakeFiles", {
  defaultValue: (): (database: string) => Option.Option<WakeFile> => (database) => Option.some(wakeFileOf(database))
}) {}

const wakeFileOf = (database: string): WakeFile => ({
  touch: (now) => {
    try {
      // Takes a quarter of the time of opening, writing and closing. Of a link it changes the link itself.
      lutimesSync(wakePath(database), now / 1000, now / 1000)
    } catch {
      // The file is missing, or it is another user's. Writing the same byte again needs no room on a full disk.
      makeFile(database)
      const file = openSync(wakePath(database), writeFlags)
      try {
        writeSync(file, ".", 0)
      } finally {
        closeSync(file)
      }
    }
  },
  watch: ({ failed, hear }) => {
    let watcher: FSWatcher | undefined
    const open = () => {
      makeFile(database)
      watcher = watch(wakePath(database), { persistent: false }, (event) => {
        if (event === "rename") openAgain()
        hear()
      })
      watcher.on("error", failed)
    }
    /** The file was deleted, or another has taken its name. */
    const openAgain = () => {
      watcher?.close()
      try {
        open()
      } catch (error) {
        failed(error)
      }
    }
    open()
    return { close: () => watcher?.close() }
  }
})

const wakePath = (database: string) => `${database}-wake`

/**
 * Follows no link and waits for no reader of a pipe: in a folder that others can write to, another user may have put either
 * in the file's place. Windows has neither flag.
 */
const writeFlags = constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Makes the file if it is missing, with the permissions and the owner of the database as far as the file system has them. */
const makeFile = (database: string): void => {
  const { gid, mode, uid } = statSync(database)
  let file: number
  try {
    file = openSync(wakePath(database), writeFlags | constants.O_CREAT | constants.O_EXCL, 0o600)
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error
    if (lstatSync(wakePath(database)).isFile()) return
    throw new Error(`${wakePath(database)} is not a file but a link or something else`, { cause: error })
  }
  try {
    fchmodSync(file, mode & 0o666)
    if (process.geteuid?.() === 0) fchownSync(file, uid, gid)
  } catch {
    // As SQLite does with its own files there.
  } finally {
    closeSync(file)
  }
}

const codeOf = (error: unknown): unknown => error instanceof Error && "code" in error ? error.code : undefined
