import { Effect } from "effect"
import type { Scope } from "effect"
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"
import { can } from "./programs.ts"
import type { ChaosWorker } from "./workers.ts"

/** A way to make writes fail for processes that are running, and to let them succeed again. */
export interface Fault {
  readonly folder: string
  readonly begin: (workers: ReadonlyArray<ChaosWorker>) => boolean
  readonly end: (workers: ReadonlyArray<ChaosWorker>) => void
}

const mebibyte = 1024 * 1024

/** A small disk of its own in memory, unmounted with the scope; false where it cannot be mounted. */
const smallDisk = (folder: string): Effect.Effect<boolean, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      mkdirSync(folder, { recursive: true })
      return can("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder)
    }),
    (mounted) => Effect.sync(() => mounted && can("umount", "-l", folder))
  )

/** Every block of a small disk taken; where none can be mounted, processes that may write no further into a file. */
export const fullDisk = (folder: string): Effect.Effect<Fault, never, Scope.Scope> =>
  Effect.map(smallDisk(folder), (mounted) => mounted ? filled(folder) : limited(folder))

const filled = (folder: string): Fault => {
  const ballast = join(folder, "ballast")
  return {
    folder,
    begin: () => {
      const page = Buffer.alloc(4_096)
      const file = openSync(ballast, "w")
      try {
        // The workers take blocks as well, so nobody knows beforehand how many are left.
        while (true) writeSync(file, page)
      } catch (error) {
        return String(error).includes("ENOSPC")
      } finally {
        closeSync(file)
      }
    },
    end: () => rmSync(ballast, { force: true })
  }
}

/** Below this a file may grow. The journals stay below it, the database does not. */
const limit = mebibyte

const limited = (folder: string): Fault => ({
  folder,
  begin: (workers) =>
    workers.every(({ child }) => can("prlimit", "--pid", String(child.pid), `--fsize=${limit}:unlimited`)),
  end: (workers) =>
    workers.forEach(({ child }) => can("prlimit", "--pid", String(child.pid), "--fsize=unlimited:unlimited"))
})

/** Files that nobody may write to any more, those who have them open included. For root only, where the disk knows it. */
export const immutableFiles = (folder: string): Fault => {
  const files = ["jobs.db", "jobs.db-wal"].map((name) => join(folder, name))
  mkdirSync(folder, { recursive: true })
  return {
    folder,
    begin: () => can("chattr", "+i", ...files),
    end: () => void can("chattr", "-i", ...files)
  }
}

/**
 * Runs `use` while nothing in the folder can be written by a process that opens
 * it now; answers false where that cannot be arranged. Root is stopped by a mount
 * that is read-only, others by the files' modes.
 */
export const readOnly = <A>(folder: string, use: Effect.Effect<A>): Effect.Effect<boolean> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      if (process.getuid?.() !== 0) {
        return can("chmod", "-R", "a-w", folder) ? () => void can("chmod", "-R", "u+w", folder) : undefined
      }
      if (!can("mount", "--bind", folder, folder)) return undefined
      const unmount = () => void can("umount", "-l", folder)
      if (can("mount", "-o", "remount,bind,ro", folder)) return unmount
      unmount()
      return undefined
    }),
    (undo) => undo === undefined ? Effect.succeed(false) : Effect.as(use, true),
    (undo) => Effect.sync(() => undo?.())
  )
