import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import type { StoreFailure } from "./JobStore.ts"
import * as sqliteErrors from "./sqlite/errorCodes.ts"

/** The columns of a statement's items by name, each with the type that a database reads it as. */
export type Columns = Readonly<Record<string, "text" | "int">>

/** One item of a statement: a value for each of its columns. */
export type Item<C extends Columns> = { readonly [Name in keyof C]: (C[Name] extends "text" ? string : number) | null }

/** Every difference between the databases. A statement that needs another adds it here. */
export interface Dialect {
  /**
   * Items as a table expression called `item`. All of them are one parameter, so
   * that a statement has one text for any number. Here that is `json_each`; on
   * PostgreSQL it becomes `jsonb_to_recordset` with the columns' types.
   */
  readonly items: <C extends Columns>(columns: C, items: ReadonlyArray<Item<NoInfer<C>>>) => Statement.Fragment
  /**
   * A LIMIT clause with a parameter. SQLite's planner (3.53) looks at the value of a
   * bare one, so that each time it is bound, also with the same value,
   * the whole statement is prepared anew, which takes longer than running it. It
   * does not look into an expression.
   */
  readonly atMost: (limit: number) => Statement.Fragment
  /** Makes the planner use this index, whatever its statistics say; nothing where it cannot be told. */
  readonly byIndex: (index: string) => Statement.Fragment
  /**
   * Makes the planner find the rows of a join by the ids on its other side. Left
   * to itself it walks all rows of the status that the WHERE also names.
   */
  readonly byId: Statement.Fragment
  /** The smaller of a column and a number. */
  readonly least: (column: string, bound: number) => Statement.Fragment
  /** The greater of a column and a number. */
  readonly greatest: (column: string, bound: number) => Statement.Fragment
  /**
   * `errors` with the failure of this attempt, and at most ten entries. Replaces
   * what is not an array.
   */
  readonly remember: (failure: { readonly at: number; readonly message: Statement.Fragment }) => Statement.Fragment
  /**
   * True if an INSERT of jobs that fails, or that leaves out a row, has written nothing at all, also without a transaction:
   * no trigger of the app's has run before it, or may stop it half-way.
   */
  readonly insertsWhole: Statement.Fragment
  /** True if a statement failed because of one of its rows, so that it may succeed for the others. */
  readonly isOfARow: (error: SqlError.SqlError | StoreFailure) => boolean
}

/** True if there is a dialect for the database that the client talks to. */
export const isSupported = (sql: SqlClient.SqlClient): boolean =>
  sql.onDialectOrElse({ sqlite: () => true, orElse: () => false })

/** True for the code of an error by which one of the databases says that its disk is full. */
export const isDiskFullCode = (code: unknown): boolean => sqliteErrors.isDiskFull(code)

/** The differences, for the database that `sql` talks to. PostgreSQL's go beside SQLite's. */
export const dialect = (sql: SqlClient.SqlClient): Dialect =>
  sql.onDialectOrElse<Dialect, Dialect>({
    sqlite: () => ({
      items: (columns, items) =>
        sql`(SELECT ${sql.literal(Object.keys(columns).map((name) => `value ->> '${name}' AS ${name}`).join(", "))}
        FROM json_each(${JSON.stringify(items)})) AS item`,
      atMost: (limit) => sql`LIMIT ${limit} + 0`,
      byIndex: (index) => sql.literal(`INDEXED BY ${index}`),
      byId: sql.literal("INDEXED BY sqlite_autoindex_holdfast_jobs_1"),
      least: (column, bound) => sql.literal(`min(${column}, ${bound})`),
      greatest: (column, bound) => sql.literal(`max(${column}, ${bound})`),
      // A CASE reads no further than it needs to: every other JSON function fails on what is not JSON.
      // A parameter comes as a float, and JSON would keep it as one.
      remember: ({ at, message }) =>
        sql`json_insert(
          CASE WHEN NOT json_valid(errors) THEN '[]' WHEN json_type(errors) <> 'array' THEN '[]'
            WHEN json_array_length(errors) < 10 THEN errors ELSE json_remove(errors, '$[0]') END,
          '$[#]', json_object('attempt', attempts, 'worker', locked_by, 'at', CAST(${at} AS INTEGER), 'message', ${message}))`,
      insertsWhole: sql.literal(`NOT EXISTS (
          SELECT 1 FROM (SELECT * FROM sqlite_schema UNION ALL SELECT * FROM sqlite_temp_schema)
          WHERE type = 'trigger' AND tbl_name = 'holdfast_jobs' COLLATE NOCASE
            AND (sql LIKE '%before%insert%' OR sql LIKE '%fail%'))`),
      isOfARow: sqliteErrors.isOfARow
    }),
    orElse: () => {
      throw new Error("holdfast supports SQLite; PostgreSQL is to come")
    }
  })
