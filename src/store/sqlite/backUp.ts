import Sqlite from "better-sqlite3"
import type { Database } from "better-sqlite3"
import { Clock, Duration, Effect, Exit } from "effect"
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync, unlinkSync } from "node:fs"
import { dirname } from "node:path"
import type { Backup, BackupOptions } from "../backup/options.ts"
import { BackupDiffers, BackupExists, BackupFailed } from "../backup/errors.ts"
import { triesFor } from "./busyTimeout.ts"
import { isBusy } from "./errorCodes.ts"

/** Some 4 MiB, which a step copies in milliseconds. */
const pagesAtATime = 1000

/** As many as a person reads. */
const mostProblems = 5

/**
 * Copies the pages of a database, in an open read transaction. Without that SQLite
 * begins anew whenever another process commits, which beside a busy worker never
 * ends. VACUUM INTO would copy all in one statement, which tells nothing of how far
 * it is and cannot be stopped, and it does not sync the file.
 */
export const backUp = Effect.fn("backUp")(function*(filename: string, options: BackupOptions) {
  const { busyTimeout, file, onProgress } = options
  const failed = (cause: unknown) => new BackupFailed({ database: filename, file, cause })
  if (existsSync(file)) return yield* new BackupExists({ file })
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
  yield* Effect.try({
    try: () => {
      named(partial, file)
      synced(dirname(file), "r")
    },
    catch: (error) => isThere(error) ? new BackupExists({ file }) : failed(error)
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
      // It is called before the first step too, and not after the last.
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

/** What shows that a copy is not the database, and what SQLite finds wrong in it. */
const problemsOf = (copy: Database, tables: Backup["tables"]): ReadonlyArray<string> => {
  const found = copy.prepare<[], string>(`PRAGMA integrity_check(${mostProblems})`).pluck().all()
  const wrong = found.filter((line) => line !== "ok")
  if (wrong.length > 0) return wrong
  const counted = new Map(rowsOf(copy).map(({ rows, table }) => [table, rows]))
  return tables.filter(({ rows, table }) => counted.get(table) !== rows).slice(0, mostProblems).map(({ rows, table }) =>
    `${table} has ${counted.get(table) ?? "no"} rows, and had ${rows}`
  )
}

/** Waits until a file, or the names in a folder, are on the disk. */
const synced = (path: string, flags: "r" | "r+") => {
  const handle = openSync(path, flags)
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Gives the file its name, unless another has it by now, which a rename would replace. */
const named = (from: string, to: string) => {
  try {
    linkSync(from, to)
  } catch (error) {
    // Some file systems have no links.
    if (isThere(error) || existsSync(to)) throw error
    renameSync(from, to)
    return
  }
  unlinkSync(from)
}

const isThere = (error: unknown) => error instanceof Error && "code" in error && error.code === "EEXIST"

/** A file that has its name by now is no longer there. */
const removed = (path: string) => {
  for (const name of [path, `${path}-journal`, `${path}-wal`, `${path}-shm`]) rmSync(name, { force: true })
}
