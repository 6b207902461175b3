import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import { Effect } from "effect"
import { storable } from "../json/storable.ts"

/** The columns of a statement's items by name, each with the type that the database reads it as. */
type Columns = Readonly<Record<string, "text" | "number" | "json">>

/**
 * Every difference between the databases. A table or a statement that needs another adds it here.
 *
 * Answers are the same: a truth is 0 or 1, an instant a number of epoch milliseconds, a JSON value the text that was
 * written.
 */
export interface Dialect {
  /** The type of a text, which is compared byte by byte. */
  readonly text: string
  /** A column for an instant. */
  readonly instant: (column: string) => string
  readonly real: string
  /** A condition: the column is the text of such a JSON value. */
  readonly isJson: (column: string, type: "object" | "array") => string
  /** Behind the columns of a table. */
  readonly strict: string
  /** The place of NULL in an index, which is the smallest on SQLite: behind a column that ascends, and one that descends. */
  readonly nullsFirst: string
  readonly nullsLast: string

  /** One row if there is such a table. */
  readonly selectTable: (name: string) => Statement.Fragment
  /** Makes the table that remembers migrations, if the migrator cannot do so in a transaction. */
  readonly makeMigrationsTable: Effect.Effect<unknown, SqlError.SqlError>
  /** Items as a table expression called `item`, all of them in one parameter. */
  readonly items: <C extends Columns>(
    columns: C,
    items: ReadonlyArray<{ readonly [Name in keyof C]: unknown }>
  ) => Statement.Fragment
  /** The texts in a JSON array as a table expression called `element`, with their `value` and an ascending `key`. */
  readonly elements: (json: string | Statement.Fragment) => Statement.Fragment
  /** Behind a SELECT of one row: no other transaction changes it before this one ends. A reference to it may be added. */
  readonly lockRow: Statement.Fragment
  /** No other transaction gets past this lock before this one ends. */
  readonly lock: (name: keyof typeof locks) => Effect.Effect<unknown, SqlError.SqlError>
}

/** The differences, for the database that `sql` talks to. */
export const dialect = (sql: SqlClient.SqlClient): Dialect =>
  sql.onDialectOrElse({
    sqlite: () => sqliteDialect(sql),
    pg: () => postgresDialect(sql),
    orElse: () => {
      throw new Error("BrandBrain supports SQLite and PostgreSQL")
    }
  })

const sqliteDialect = (sql: SqlClient.SqlClient): Dialect => ({
  text: "TEXT",
  instant: (column) => `${column} INTEGER`,
  real: "REAL",
  isJson: (column, type) => `json_type(${column}) = '${type}'`,
  strict: " STRICT",
  nullsFirst: "",
  nullsLast: "",

  selectTable: (name) => sql`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ${name}`,
  makeMigrationsTable: Effect.void,
  items: (columns, items) => {
    const read = Object.entries(columns).map(([name, type]) =>
      `value ${type === "json" ? "->" : "->>"} '${name}' AS ${name}`
    )
    return sql`(SELECT ${sql.literal(read.join(", "))} FROM json_each(${textOf(items)})) AS item`
  },
  elements: (json) => sql`json_each(${json}) AS element`,
  lockRow: sql.literal(""),
  // A transaction that begins IMMEDIATE is the only one.
  lock: () => Effect.void
})

/**
 * An instant is a double, which holds each whole millisecond of a JavaScript number: the driver makes a text of a
 * bigint. JSON stays a text, since jsonb would change it.
 */
const postgresDialect = (sql: SqlClient.SqlClient): Dialect => ({
  text: "TEXT COLLATE \"C\"",
  instant: (column) => `${column} DOUBLE PRECISION CHECK (${column} = trunc(${column}))`,
  real: "DOUBLE PRECISION",
  isJson: (column, type) => `json_typeof(${column}::json) = '${type}'`,
  strict: "",
  nullsFirst: " NULLS FIRST",
  nullsLast: " NULLS LAST",

  selectTable: (name) => sql`SELECT 1 WHERE to_regclass(${name}) IS NOT NULL`,
  // The migrator looks for its table by a statement that fails, which would spoil the transaction.
  makeMigrationsTable: sql`
    CREATE TABLE IF NOT EXISTS brandbrain_migrations (
      migration_id integer PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now(), name text NOT NULL
    )`,
  items: (columns, items) => {
    const typed = Object.entries(columns).map(([name, type]) => `${name} ${type === "number" ? "float8" : type}`)
    return sql`json_to_recordset(${textOf(items)}::json) AS item (${sql.literal(typed.join(", "))})`
  },
  elements: (json) => sql`json_array_elements_text((${json})::json) WITH ORDINALITY AS element (value, key)`,
  lockRow: sql.literal("FOR NO KEY UPDATE"),
  lock: (name) => sql`SELECT pg_advisory_xact_lock(${sql.literal(`${ours}, ${locks[name]}`)})`
})

/** The database reads texts out of it, and so would come upon what is escaped there. */
const textOf = (items: ReadonlyArray<unknown>) =>
  JSON.stringify(items, (_, value: unknown) => typeof value === "string" ? storable(value) : value)

const locks = { migration: 1, firstStart: 2 }

/** Keeps the numbers of our locks apart from other apps': "bran" in ASCII. */
const ours = 0x6272616e
