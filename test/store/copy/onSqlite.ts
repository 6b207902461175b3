import * as SqlClient from "@effect/sql/SqlClient"
import { Array as Arr, Effect } from "effect"
import { SqliteStore } from "holdfast/sqlite"
import { jobsTable } from "../../../src/store/copy/ownTables.ts"
import type { Row } from "../../../src/store/copy/Table.ts"

/** Runs an effect on a file with Holdfast's tables, which is made when missing, and closes it. */
export const onSqlite = <A, E, R>(filename: string, effect: Effect.Effect<A, E, R>) =>
  Effect.orDie(Effect.provide(effect, SqliteStore.layer({ filename })))

/** Inserts jobs by SQL of its own. */
export const insertJobs = (jobs: ReadonlyArray<Row>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* sql.withTransaction(
      Effect.forEach(
        Arr.chunksOf(jobs, 100),
        (some) => sql`INSERT INTO holdfast_jobs ${sql.insert(some)}`,
        { discard: true }
      )
    )
  })

/** A file with these jobs. */
export const fileWith = (filename: string, jobs: ReadonlyArray<Row>) => onSqlite(filename, insertJobs(jobs))

/** A row with its JSON columns as values, to be compared with that of another database. */
export type ValueRow = Readonly<Record<string, unknown>>

/** The columns of the table of jobs that are of a type. */
const columnsOfType = (type: string) =>
  Object.entries(jobsTable.columns).filter(([, each]) => each === type).map(([column]) => column)

/** All jobs of a file, by id. */
export const jobsOn = (filename: string): Effect.Effect<ReadonlyArray<ValueRow>> =>
  onSqlite(filename, Effect.flatMap(SqlClient.SqlClient, (sql) => sql<Row>`SELECT * FROM holdfast_jobs ORDER BY id`))
    .pipe(
      Effect.map((rows) => rows.map(withValues))
    )

/** A row whose JSON is texts, as SQLite has it. */
export const withValues = (row: Row): ValueRow => ({
  ...row,
  ...Object.fromEntries(
    columnsOfType("json").map((column) => {
      const text = row[column]
      return [column, typeof text === "string" ? normal(JSON.parse(text)) : null]
    })
  )
})

/** A row as PostgreSQL's driver gives it, with its instants as milliseconds. */
export const withMillis = (row: ValueRow): ValueRow => ({
  ...row,
  ...Object.fromEntries(columnsOfType("json").map((column) => [column, normal(row[column])])),
  ...Object.fromEntries(
    columnsOfType("instant").map((column) => {
      const instant = row[column]
      return [column, instant instanceof Date ? instant.getTime() : null]
    })
  )
})

/** jsonb has no negative zero. */
const normal = (value: unknown): unknown =>
  Object.is(value, -0)
    ? 0
    : Array.isArray(value)
    ? value.map(normal)
    : typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, normal(member)]))
    : value
