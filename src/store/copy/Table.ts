import type * as SqlClient from "@effect/sql/SqlClient"
import type { Effect } from "effect"

/**
 * The type of a column's values, which says how to read, write and compare them.
 *
 * An `id` is a job's, an `instant` is in whole epoch milliseconds, and `json` is the text of a value. An `int` is one
 * of at most 32 bits, a `number` any that JavaScript has.
 */
export type ColumnType = "id" | "text" | "int" | "number" | "instant" | "json"

/** A table as both databases have it. Columns that are not named are not copied. */
export interface Table {
  readonly name: string
  /** The columns of the primary key. Both databases order them alike: ids, texts that compare byte by byte, or ints. */
  readonly key: ReadonlyArray<string>
  readonly columns: Readonly<Record<string, ColumnType>>
}

/** The tables of an app that a copy takes along if the source has them. */
export interface AppTables<E = never> {
  /** The name of the app, for a person to read. */
  readonly app: string
  /** The table that remembers the app's migrations. */
  readonly migrations: string
  /** The version of the tables that are listed here. */
  readonly newest: number
  /** A table stands behind those that it refers to. */
  readonly tables: ReadonlyArray<Table>
  /** Makes the tables, in the open transaction. */
  readonly migrate: Effect.Effect<void, E, SqlClient.SqlClient>
}

/** A value as both databases give it and take it. */
export type Value = string | number | null

export type Row = Readonly<Record<string, Value>>
