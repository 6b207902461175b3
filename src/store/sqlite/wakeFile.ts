import { Context, Option } from "effect"
import type { FSWatcher } from "node:fs"
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lutimesSync,
  openSync,
  statSync,
  watch,
  writeSync
} from "node:fs"

/**
 * A file beside the database that a process writes to when a job may be due, and
 * that workers watch: they hear of another process's jobs without asking for them.
 * It says nothing else, and may be deleted at any time: whoever needs it makes it anew.
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
      // A quarter of the time that opening, writing and closing take. The link itself, if it is one.
      lutimesSync(wakePath(database), now / 1000, now / 1000)
    } catch {
      // It is not there, or it is another user's. The byte is always the same one, which a full disk has room for.
      withFile(database, (file) => writeSync(file, ".", 0))
    }
  },
  watch: ({ failed, hear }) => {
    let watcher: FSWatcher | undefined
    const open = () => {
      withFile(database, () => {})
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

const withFile = (database: string, use: (file: number) => void) => {
  const file = opened(database)
  try {
    use(file)
  } finally {
    closeSync(file)
  }
}

/** In a folder of many users, what has the file's name may be another's link to a file of ours. Windows has no such flag. */
const toWrite = constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0)

/** Open to write, and made if it is missing, with the permissions and the owner of the database. */
const opened = (database: string): number => {
  const path = wakePath(database)
  try {
    return openSync(path, toWrite)
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error
  }
  const { gid, mode, uid } = statSync(database)
  const file = openSync(path, toWrite | constants.O_CREAT, 0o600)
  fchmodSync(file, mode & 0o666)
  if (process.geteuid?.() === 0) fchownSync(file, uid, gid)
  return file
}
