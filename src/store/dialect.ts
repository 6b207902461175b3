import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"

/** Every difference between the databases. A statement that needs another adds it here. */
export interface Dialect {
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
  /** The rows of a JSON array parameter, each as `value`. */
  readonly each: (items: ReadonlyArray<unknown>) => Statement.Fragment
  /** `errors` with one entry more and at most ten, from an expression for the entry's JSON. Replaces what is no array. */
  readonly remember: (entry: Statement.Fragment) => Statement.Fragment
}

/** True if there is a dialect for the database that the client talks to. */
export const isSupported = (sql: SqlClient.SqlClient): boolean =>
  sql.onDialectOrElse({ sqlite: () => true, orElse: () => false })

/** The differences, for the database that `sql` talks to. PostgreSQL's go beside SQLite's. */
export const dialect = (sql: SqlClient.SqlClient): Dialect =>
  sql.onDialectOrElse<Dialect, Dialect>({
    sqlite: () => ({
      atMost: (limit) => sql`LIMIT ${limit} + 0`,
      byIndex: (index) => sql.literal(`INDEXED BY ${index}`),
      byId: sql.literal("INDEXED BY sqlite_autoindex_holdfast_jobs_1"),
      each: (items) => sql`json_each(${JSON.stringify(items)})`,
      // A CASE reads no further than it needs to: every other JSON function fails on what is not JSON.
      remember: (entry) =>
        sql`json_insert(
          CASE WHEN NOT json_valid(errors) THEN '[]' WHEN json_type(errors) <> 'array' THEN '[]'
            WHEN json_array_length(errors) < 10 THEN errors ELSE json_remove(errors, '$[0]') END,
          '$[#]', json(${entry}))`
    }),
    orElse: () => {
      throw new Error("holdfast supports SQLite; PostgreSQL is to come")
    }
  })
