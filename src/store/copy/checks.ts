import { Array as Arr, Effect, Stream } from "effect"
import { batches, countRows, keyOf } from "./batches.ts"
import type { Refuse } from "./CopyDatabase.ts"
import {
  AppTablesOutOfDate,
  CopyFailed,
  SameDatabase,
  TargetNotEmpty,
  ValuesDoNotFit,
  WorkersNotStopped
} from "./errors.ts"
import type { Unfit } from "./errors.ts"
import { jobsTable, ownTables } from "./ownTables.ts"
import type { Reader } from "./Reader.ts"
import type { AppTables, Row, Table } from "./Table.ts"

/*
 * What a copy refuses before it writes anything.
 */

/** Fails if both are one database. */
export const refuseSame = (source: Reader, target: Reader) =>
  Effect.gen(function*() {
    if ((yield* identityOf(source)) === (yield* identityOf(target))) {
      return yield* new SameDatabase({ source: source.database.name, target: target.database.name })
    }
  })

const identityOf = ({ connection, database }: Reader) =>
  Effect.mapError(database.identity(connection), (cause) => new CopyFailed({ database: database.name, cause }))

/** Fails if jobs run under a lease that has not run out. One whose lease has run out is copied, and freed by the first sweep. */
export const refuseRunning = ({ database, rows }: Reader) =>
  Effect.gen(function*() {
    const { dialect, sql } = database
    const [now] = yield* rows<{ readonly now: number }>(yield* database.selectNow)
    const { atMost, count, millis } = dialect
    const holders = yield* rows<
      { readonly worker: string; readonly jobs: number; readonly since: number; readonly until: number }
    >(
      sql`SELECT locked_by AS worker, ${count()} AS jobs, min(${millis("locked_at")}) AS since,
        max(${millis("locked_until")}) AS until
      FROM ${database.table(jobsTable.name)} WHERE status = 'running' AND ${millis("locked_until")} > ${now?.now ?? 0}
      GROUP BY locked_by ORDER BY locked_by ${atMost(mostShown)}`
    )
    if (holders.length > 0) return yield* new WorkersNotStopped({ source: database.name, holders })
  })

/** Fails if the target has rows in a table that a copy fills, whether or not the source has that table. */
export const refuseRows = (target: Reader, apps: ReadonlyArray<AppTables<unknown>>) =>
  Effect.gen(function*() {
    const { database, rows } = target
    const { dialect, sql } = database
    const holds: Array<string> = []
    if (yield* isThere(target, jobsTable.name)) {
      const statuses = yield* rows<{ readonly status: string; readonly jobs: number }>(
        sql`SELECT status, ${dialect.count()} AS jobs FROM ${
          database.table(jobsTable.name)
        } GROUP BY status ORDER BY status`
      )
      holds.push(...statuses.map(({ jobs, status }) => `${jobs} ${status} ${jobs === 1 ? "job" : "jobs"}`))
    }
    const others = ownTables.filter((table) => table !== jobsTable)
    for (const table of [...others, ...apps.flatMap(({ tables }) => tables)]) {
      if (!(yield* isThere(target, table.name))) continue
      const found = yield* countRows(target, table)
      if (found > 0) holds.push(`${found} ${found === 1 ? "row" : "rows"} of ${table.name}`)
    }
    if (Arr.isNonEmptyArray(holds)) return yield* new TargetNotEmpty({ target: database.name, holds })
  })

/** Fails if the target cannot hold a value of these tables, and names the first such values. */
export const refuseUnfit = <E, R>(
  source: Reader,
  target: { readonly name: string; readonly refuse: Refuse },
  tables: ReadonlyArray<Table>,
  onRows: (table: Table, rows: number) => Effect.Effect<void, E, R>
) =>
  Effect.gen(function*() {
    const unfit: Array<Unfit> = []
    let found = 0
    for (const table of tables) {
      yield* Stream.runForEach(batches(source, table), ({ rows }) => {
        for (const each of rows.flatMap((row) => unfitIn(target.refuse, table, row))) {
          found++
          if (unfit.length < mostShown) unfit.push(each)
        }
        return onRows(table, rows.length)
      })
    }
    if (found > 0) return yield* new ValuesDoNotFit({ target: target.name, unfit, count: found })
  })

const unfitIn = (refuse: Refuse, table: Table, row: Row): ReadonlyArray<Unfit> =>
  Object.entries(table.columns).flatMap(([column, type]) => {
    const refused = refuse(type, row[column] ?? null)
    return refused === undefined
      ? []
      : { table: table.name, row: rowName(table, row), column, path: refused.path.join("."), allowed: refused.allowed }
  })

/** The app's tables that the source has. Fails if they have another version than the listed ones. */
export const tablesOf = (source: Reader, { app, migrations, newest, tables }: AppTables<unknown>) =>
  Effect.gen(function*() {
    const { database, rows } = source
    if (!(yield* isThere(source, migrations))) return []
    const [found] = yield* rows<{ readonly version: number | null }>(
      database.sql`SELECT max(migration_id) AS version FROM ${database.table(migrations)}`
    )
    const version = found?.version ?? 0
    if (version !== newest) return yield* new AppTablesOutOfDate({ database: database.name, app, version, newest })
    return tables
  })

/** Columns of the source's tables that are not copied, since the user has added them. */
export const leftOutOf = ({ database, rows }: Reader, tables: ReadonlyArray<Table>) =>
  Effect.map(
    Effect.forEach(tables, ({ columns, name }) =>
      Effect.map(rows<{ readonly name: string }>(database.selectColumns(name)), (found) =>
        found.filter((column) =>
          !(column.name in columns)
        ).map((column) => `${name}.${column.name}`))),
    Arr.flatten
  )

export const isThere = ({ database, rows }: Reader, table: string) =>
  Effect.map(rows(database.selectTable(table)), (found) => found.length > 0)

/** The name of a row for a person: the id of a job. */
export const rowName = (table: Table, row: Row): string => keyOf(table, row).join("/")

/** The most values or workers that an error names. */
const mostShown = 10
