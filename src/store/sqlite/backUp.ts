import Sqlite from "better-sqlite3"
import type { Database } from "better-sqlite3"
import { Clock, Duration, Effect, Exit } from "effect"
import { closeSync, fsyncSync, linkSync, lstatSync, openSync, renameSync, rmSync, statSync, unlinkSync } from "node:fs"
import { dirname } from "node:path"
import type { Backup, BackupOptions } from "../backup/options.ts"
import { BackupDiffers, BackupExists, BackupFailed } from "../backup/errors.ts"
import { triesFor } from "./busyTimeout.ts"
import { damageIn } from "./damage.ts"
import { isBusy } from "./errorCodes.ts"

/** About 4 MiB, which a step copies in milliseconds. */
const pagesAtATime = 1000

/** The most problems to report. */
const mostProblems = 5

/**
 * Copies the pages of a database, in an open read transaction. Without one, SQLite
 * starts again whenever another process commits, so beside a busy worker it would
 * never end. VACUUM INTO copies everything in one statement: it reports no progress,
 * cannot be stopped, and does not sync the file.
 */
export const backUp = Effect.fn("backUp")(function*(filename: string, options: BackupOptions) {
  const { busyTimeout, file, onProgress } = options
  const failed = (cause: unknown) => new BackupFailed({ database: filename, file, cause })
  const refuseTaken = Effect.flatMap(
    Effect.try({ try: () => taken(file), catch: failed }),
    (found) => found === undefined ? Effect.void : new BackupExists({ file, found })
  )
  yield* refuseTaken
  const partial = `${file}.partial-${process.pid}-${yield* Clock.currentTimeMillis}`
  yield* Effect.acquireRelease(
    Effect.try({ try: () => closeSync(openSync(partial, "wx", 0o600)), catch: failed }),
    () => Effect.sync(() => removed(partial))
  )
  const source = yield* opened(() => new Sqlite(filename, { readonly: true, fileMustExist: true, timeout: 0 }), failed)
  const tables = yield* Effect.try({
    try: () => {
      if (!source.inTransaction) source.exec("BEGIN")
      return rowsOf(source)
    },
    catch: failed
  }).pipe(Effect.retry({ while: isBusy, schedule: triesFor(Duration.decode(busyTimeout)) }))
  yield* Effect.mapError(copied(source, partial, onProgress), failed)
  const problems = yield* Effect.scoped(Effect.flatMap(
    opened(() => new Sqlite(partial, { fileMustExist: true }), failed),
    (copy) => Effect.try({ try: () => problemsOf(copy, tables), catch: failed })
  ))
  if (problems.length > 0) return yield* new BackupDiffers({ database: filename, problems })
  const bytes = yield* Effect.try({
    try: () => {
      synced(partial, "r+")
      return statSync(partial).size
    },
    catch: failed
  })
  yield* refuseTaken
  yield* Effect.try({
    try: () => {
      named(partial, file)
      synced(dirname(file), "r")
    },
    catch: (error) => isThere(error) ? new BackupExists({ file, found: file }) : failed(error)
  })
  return { database: filename, file, bytes, tables } satisfies Backup
}, Effect.scoped)

/** A connection until the scope closes. */
const opened = (open: () => Database, failed: (cause: unknown) => BackupFailed) =>
  Effect.acquireRelease(
    Effect.try({ try: open, catch: failed }),
    (database) => Effect.sync(() => void database.close())
  )

/** Steps until all pages are copied. An interruption ends it at the next step, before the connection is closed. */
const copied = (source: Database, to: string, onProgress: BackupOptions["onProgress"]) =>
  Effect.async<void, unknown>((resume) => {
    let isStopped = false
    let total = 0
    const progress = ({ remainingPages, totalPages }: Sqlite.BackupMetadata) => {
      if (isStopped) throw new Error("interrupted")
      total = totalPages
      // It is called before the first step too, but not after the last.
      if (total > 0) onProgress(total - remainingPages, total)
      return pagesAtATime
    }
    const ended = source.backup(to, { progress }).then(() => Exit.void, (error: unknown) => Exit.fail(error))
    void ended.then((exit) => {
      onProgress(total, total)
      resume(exit)
    })
    return Effect.promise(() => {
      isStopped = true
      return ended
    })
  })

/** The number of rows of each table, in this connection's view of the database. */
const rowsOf = (database: Database): Backup["tables"] =>
  database.prepare<[], { readonly name: string }>(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' "
      + "AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
  ).all().map(({ name }) => ({
    table: name,
    rows: Number(database.prepare(`SELECT count(*) FROM "${name.replaceAll("\"", "\"\"")}"`).pluck().get())
  }))

/** The damage that SQLite finds in a copy, or else the tables that have other numbers of rows. */
const problemsOf = (copy: Database, tables: Backup["tables"]): ReadonlyArray<string> => {
  const wrong = damageIn(copy.prepare<[], string>(`PRAGMA integrity_check(${mostProblems})`).pluck().all())
  if (wrong.length > 0) return wrong
  const counted = new Map(rowsOf(copy).map(({ rows, table }) => [table, rows]))
  return tables.filter(({ rows, table }) => counted.get(table) !== rows).slice(0, mostProblems).map(({ rows, table }) =>
    `${table} has ${counted.get(table) ?? "no"} rows, and had ${rows}`
  )
}

/** Waits until a file, or the names in a folder, are on disk. */
const synced = (path: string, flags: "r" | "r+") => {
  const handle = openSync(path, flags)
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** The endings of the files that SQLite reads with a database. */
const beside = ["-journal", "-wal", "-shm"]

/** The first name that is taken of those that the copy needs. Links count, also those that lead nowhere. */
const taken = (file: string): string | undefined =>
  ["", ...beside].map((ending) => `${file}${ending}`)
    .find((name) => lstatSync(name, { throwIfNoEntry: false }) !== undefined)

/** Renames the file. Fails with EEXIST if the name is taken by then, which a rename alone would replace. */
const named = (from: string, to: string) => {
  try {
    linkSync(from, to)
  } catch (error) {
    if (isThere(error)) throw error
    // Some file systems have no links. An empty file holds the name until the rename.
    closeSync(openSync(to, "wx", 0o600))
    try {
      renameSync(from, to)
    } catch (error) {
      unlinkSync(to)
      throw error
    }
    return
  }
  unlinkSync(from)
}

const isThere = (error: unknown) => error instanceof Error && "code" in error && error.code === "EEXIST"

/** Deletes a copy, unless it has its name by now, and what SQLite wrote beside it. */
const removed = (path: string) => {
  for (const name of ["", ...beside].map((ending) => `${path}${ending}`)) rmSync(name, { force: true })
}
