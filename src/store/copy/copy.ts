import * as SqlClient from "@effect/sql/SqlClient"
import { Array as Arr, Effect, Logger, LogLevel } from "effect"
import { outsideTransaction } from "../ambientTransaction.ts"
import type { DatabaseUrl } from "../databaseUrl.ts"
import { nameOf } from "../databaseUrl.ts"
import { countRows } from "./batches.ts"
import { leftOutOf, refuseRows, refuseRunning, refuseSame, refuseUnfit, tablesOf } from "./checks.ts"
import type { CopyDatabase } from "./CopyDatabase.ts"
import { CopyFailed, SourceChanged } from "./errors.ts"
import { jobsTable, ownTables } from "./ownTables.ts"
import { openDatabase, refuseFor } from "./openDatabase.ts"
import type { Reader } from "./Reader.ts"
import { inSnapshot, inTransaction, renewSnapshot } from "./Reader.ts"
import type { AppTables, Table } from "./Table.ts"
import { transfer } from "./transfer.ts"
import type { Verified } from "./verify.ts"
import { checksumOf, verify } from "./verify.ts"

/** The progress of a copy. Every table is checked, then copied, then verified. At last the source is read once more. */
export interface Progress {
  readonly step: "check" | "copy" | "verify" | "recheck"
  readonly table: string
  readonly done: number
  readonly total: number
}

export interface Options<E, R> {
  readonly source: DatabaseUrl
  readonly target: DatabaseUrl
  /** The schemas of Holdfast's tables on PostgreSQL; the first of the search path's that has them unless given. */
  readonly schemas?: { readonly source?: string | undefined; readonly target?: string | undefined } | undefined
  /** Apps whose tables are copied as well where the source has them. */
  readonly apps: ReadonlyArray<AppTables<unknown>>
  readonly onProgress: (progress: Progress) => Effect.Effect<void, E, R>
  /** Run when all is written. The COMMIT follows, and from then on the target may have the copy. */
  readonly onCommit?: Effect.Effect<void> | undefined
}

/** A copy that was made and verified. */
export interface Copied {
  readonly source: string
  readonly target: string
  readonly tables: ReadonlyArray<Verified>
  /** Jobs whose lease had run out. They run in the target as well, and the first sweep there frees them. */
  readonly stale: number
  /** Columns that the user has added to the tables of the source. They were not copied. */
  readonly columnsLeftOut: ReadonlyArray<string>
}

/**
 * Copies all jobs, and the tables of apps, from one database to another, and
 * verifies that both have the same values.
 *
 * The source is read in one snapshot and never changed. Everything that can be
 * refused is refused before the target is written to. The target is written to in
 * one transaction, so it has everything or nothing, whatever happens.
 */
export const copy = <E, R>({ apps, onCommit = Effect.void, onProgress, schemas, source, target }: Options<E, R>) =>
  Effect.scoped(Effect.gen(function*() {
    const database = yield* openDatabase(source, "read", schemas?.source)
    yield* inDatabase(database, database.checkMigrated)
    return yield* inSnapshot(database, (from) =>
      Effect.gen(function*() {
        yield* lookAt(target, schemas?.target, (to) => Effect.zipRight(refuseSame(from, to), refuseRows(to, apps)))
        yield* refuseRunning(from)
        const there = yield* Effect.filter(apps, (app) => Effect.map(tablesOf(from, app), Arr.isNonEmptyReadonlyArray))
        const tables = [...ownTables, ...there.flatMap((app) => app.tables)]
        const counter = yield* makeCounter(from, tables, onProgress)

        const refuse = yield* refuseFor(target)
        yield* refuseUnfit(from, { name: nameOf(target), refuse }, tables, counter("check"))
        const opened = yield* openDatabase(target, "write", schemas?.target)
        return yield* inTransaction(opened, (to) =>
          Effect.gen(function*() {
            yield* inDatabase(opened, opened.takeTurn)
            yield* inDatabase(opened, opened.migrate)
            yield* Effect.forEach(there, ({ migrate }) => inDatabase(opened, migrate))
            yield* refuseRows(to, apps)
            const onCopied = counter("copy")
            for (const table of tables) yield* transfer(from, to, table, (rows) => onCopied(table, rows))
            const onVerified = counter("verify")
            const verified = yield* Effect.forEach(
              tables,
              (table) => verify(from, to, table, (rows) => onVerified(table, rows))
            )
            const stale = yield* countRunning(from)
            const columnsLeftOut = yield* leftOutOf(from, tables)
            const onRead = counter("recheck")
            yield* refuseChanges(from, tables, verified, onRead)
            yield* onCommit
            return {
              source: from.database.name,
              target: opened.name,
              tables: verified,
              stale,
              columnsLeftOut
            }
          }))
      }))
  })).pipe(outsideTransaction)

/** Looks at the target without writing. A file that is missing has nothing in it, and is not made. */
const lookAt = <A, E, R>(
  target: DatabaseUrl,
  schema: string | undefined,
  look: (reader: Reader) => Effect.Effect<A, E, R>
) =>
  Effect.scoped(
    Effect.flatMap(openDatabase(target, "read", schema), (database) => inSnapshot(database, look))
  ).pipe(Effect.catchTag("NoDatabase", () => Effect.void))

/** Runs what makes or checks tables on the client of a database, and without lines about tables that are not committed yet. */
const inDatabase = <A, E>(database: CopyDatabase, effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  effect.pipe(
    Effect.provideService(SqlClient.SqlClient, database.sql),
    Effect.mapError((cause) => new CopyFailed({ database: database.name, cause })),
    Logger.withMinimumLogLevel(LogLevel.Warning)
  )

/** Counts the rows of each step, and tells of them after each batch. */
const makeCounter = <E, R>(from: Reader, tables: ReadonlyArray<Table>, onProgress: Options<E, R>["onProgress"]) =>
  Effect.map(
    Effect.forEach(tables, (table) => Effect.map(countRows(from, table), (total) => [table.name, total] as const)),
    (counted) => {
      const totals = new Map(counted)
      return (step: Progress["step"]) => {
        const done = new Map<string, number>()
        return ({ name }: Table, rows: number) => {
          done.set(name, (done.get(name) ?? 0) + rows)
          const progress = { step, table: name, done: done.get(name) ?? 0, total: totals.get(name) ?? 0 }
          return outsideTransaction(onProgress(progress))
        }
      }
    }
  )

/** Reads the source once more, and fails if it has changed since its snapshot. Ends the snapshot. */
const refuseChanges = <E, R>(
  from: Reader,
  tables: ReadonlyArray<Table>,
  verified: ReadonlyArray<Verified>,
  onRows: (table: Table, rows: number) => Effect.Effect<void, E, R>
) =>
  Effect.gen(function*() {
    yield* renewSnapshot(from)
    for (const [index, table] of tables.entries()) {
      const checksum = yield* checksumOf(from, table, (rows) => onRows(table, rows))
      if (checksum !== verified[index]?.checksum) {
        return yield* new SourceChanged({ source: from.database.name, table: table.name })
      }
    }
  })

const countRunning = ({ database: { dialect, sql, table }, rows }: Reader) =>
  Effect.map(
    rows<{ readonly jobs: number }>(
      sql`SELECT ${dialect.count()} AS jobs FROM ${table(jobsTable.name)} WHERE status = 'running'`
    ),
    ([found]) => found?.jobs ?? 0
  )
