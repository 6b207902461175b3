import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlConnection from "@effect/sql/SqlConnection"
import type * as SqlError from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import type { Effect } from "effect"
import type { StoreError } from "../../domain/errors.ts"
import type { Dialect } from "../Differences.ts"
import type { ColumnType, Row, Table, Value } from "./Table.ts"

/** A database that is open for a copy, and what a copy must know of it besides its `Dialect`. */
export interface CopyDatabase {
  /** Its URL without user, password and parameters. */
  readonly name: string
  readonly sql: SqlClient.SqlClient
  readonly dialect: Dialect
  /** The version of Holdfast's tables that is copied. */
  readonly newest: number

  /** A table where a statement names it: Holdfast's are in a schema of their own. */
  readonly table: (name: string) => Statement.Fragment
  /** A connection as a copy uses it. On PostgreSQL, which can keep a statement waiting, its statements can be interrupted. */
  readonly prepared: (connection: SqlConnection.Connection) => SqlConnection.Connection
  /** Run first in the transaction that writes: a second copy waits there for the first. */
  readonly takeTurn: Effect.Effect<void, SqlError.SqlError, SqlClient.SqlClient>

  /** A text that no other database has, as long as this one is open. */
  readonly identity: (connection: SqlConnection.Connection) => Effect.Effect<string, SqlError.SqlError>
  /** Begins a transaction that reads one state of the database, whatever others write. */
  readonly beginSnapshot: string
  /** Selects the instant, as `now`, by which the leases of this database are judged. */
  readonly selectNow: Effect.Effect<Statement.Statement<unknown>>
  /** Selects a row if there is such a table. */
  readonly selectTable: (name: string) => Statement.Statement<unknown>
  /** Selects the `name` of each column of a table. */
  readonly selectColumns: (table: string) => Statement.Statement<unknown>

  /** Fails unless Holdfast's tables are up to date. Needs a connection of the client's that is free. */
  readonly checkMigrated: Effect.Effect<void, StoreError, SqlClient.SqlClient>
  /** Brings Holdfast's tables up to date in the open transaction. */
  readonly migrate: Effect.Effect<void, StoreError, SqlClient.SqlClient>

  /** A column of a key, of which every database has the same order. */
  readonly inOrder: (column: string, type: ColumnType) => Statement.Fragment
  /** Statements that insert the rows. */
  readonly insertions: (table: Table, rows: ReadonlyArray<Row>) => ReadonlyArray<Insertion>
}

/** Tells why a column of this type cannot hold a value; undefined if it can. */
export type Refuse = (type: ColumnType, value: Value) => Refusal | undefined

/** The part of a value that a database cannot hold. */
export interface Refusal {
  /** The way to it in a JSON value. Empty for the whole value. */
  readonly path: ReadonlyArray<string>
  /** A description of what the database accepts there. */
  readonly allowed: string
}

/** A statement with its parameters. */
export interface Insertion {
  readonly text: string
  readonly parameters: ReadonlyArray<Value>
}
