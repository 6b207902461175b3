import { Effect, Option } from "effect"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"

/** The files of better-sqlite3 that this process has loaded. */
export interface LoadedDriver {
  readonly library: string
  /** Its native part. */
  readonly addon: string
}

/** Versions up to 12 are built on the machine or fetched for its Node; those from 13 on bring a file for each platform. */
const isAddon = (path: string) => /[\\/](?:better_sqlite3|better-sqlite3[\\/]prebuilds[\\/][^\\/]+)\.node$/.test(path)

/** The driver as this process has loaded it; none where it is not loaded, or not from one place, as in a bundle. */
export const loadedDriver: () => Option.Option<LoadedDriver> = Option.liftThrowable(() => {
  const modules = Object.keys(createRequire(process.execPath).cache)
  const [library, ...otherLibraries] = modules.filter((path) => /[\\/]better-sqlite3[\\/]lib[\\/]index\.js$/.test(path))
  const [addon, ...otherAddons] = modules.filter(isAddon)
  if (library === undefined || addon === undefined || otherLibraries.length + otherAddons.length > 0) {
    throw new Error("better-sqlite3 is not loaded from one place")
  }
  return { library, addon }
})

/**
 * True if this version of Node will at some time abort the process as it frees a
 * statement of this native part.
 *
 * It will if the part was compiled against Node 24.19 or later without Node-API.
 * The part then calls a function of Node that aborts the process if the garbage
 * collector runs outside of JavaScript. Many apps saw it, as in
 * https://github.com/WiseLibs/better-sqlite3/issues/1515.
 */
export const aborts = (nodeVersion: string, addon: string): boolean =>
  Number(nodeVersion.split(".")[0]) >= 24 && readFileSync(addon).includes("RemoveEnvironmentCleanupHook")

/** Logs a warning if this Node and the driver will abort the process at some time. */
export const warnOfAborts: Effect.Effect<void> = Effect.suspend(() =>
  Option.match(Option.filter(loadedDriver(), ({ addon }) => aborts(process.versions.node, addon)), {
    onNone: () => Effect.void,
    onSome: ({ addon }) =>
      Effect.logWarning(
        "Node will abort at some time, since this build of better-sqlite3 does not suit it: override better-sqlite3 to 13 or later, or use Node 22"
      ).pipe(Effect.annotateLogs({ node: process.version, driver: addon }))
  })
).pipe(Effect.catchAllDefect(() => Effect.void))
