import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import type { JsonRefusal } from "../domain/wireValue.ts"
import type { StoreFailure } from "./JobStore.ts"

/** The columns of a statement's items by name, each with the type that a database reads it as: `id` is a job's. */
export type Columns = Readonly<Record<string, "id" | "text" | "int">>

/** One item of a statement: a value for each of its columns. */
export type Item<C extends Columns> = { readonly [Name in keyof C]: (C[Name] extends "int" ? number : string) | null }

/**
 * Every difference between the databases. A statement that needs another adds it here.
 *
 * On SQLite an instant is a number of milliseconds since the epoch, a JSON value a
 * text, and a truth 0 or 1. On PostgreSQL they have types of their own. Answers are
 * as on SQLite.
 */
export interface Dialect {
  /** The client that makes the statements, without transforms. */
  readonly sql: SqlClient.SqlClient
  /** The table of jobs where a statement names it as a table. Before a column it is `holdfast_jobs` everywhere. */
  readonly jobsTable: Statement.Fragment
  /** The table of the queues and kinds that are paused. */
  readonly pausesTable: Statement.Fragment
  /** The table of the workers. */
  readonly workersTable: Statement.Fragment
  /** The table of the migrations that have run. */
  readonly migrationsTable: Statement.Fragment

  /**
   * Items as a table expression called `item`. All of them are one parameter, so
   * that a statement has one text for any number.
   */
  readonly items: <C extends Columns>(columns: C, items: ReadonlyArray<Item<NoInfer<C>>>) => Statement.Fragment
  /** True for a text that can be the id of a job. The database is not asked for any other. */
  readonly isId: (id: string) => boolean
  /** The same for a kind, a queue or a partition. */
  readonly isName: (name: string) => boolean
  /** A whole number given by the caller. */
  readonly int: (value: number) => Statement.Fragment
  /** The number of rows of a group or of a window. */
  readonly count: (window?: string) => Statement.Fragment
  /** A condition as a value that is stored or answered. */
  readonly truth: (condition: string | Statement.Fragment) => Statement.Fragment

  /** An instant given by the caller, in epoch milliseconds. */
  readonly instant: (millis: number) => Statement.Fragment
  /** The instant in a column of items, or null. */
  readonly instantIn: (column: string) => Statement.Fragment
  /** So many milliseconds after an instant. */
  readonly later: (instant: Statement.Fragment, millis: string | Statement.Fragment) => Statement.Fragment
  /** The epoch milliseconds of a column or an expression that is an instant. */
  readonly millis: (instant: string | Statement.Fragment) => Statement.Fragment
  /** The same, of an instant that an app's SQL may have put where JavaScript would round it. */
  readonly safeMillis: (instant: string) => Statement.Fragment
  /** A count that an app's SQL may have made greater than JavaScript can hold. */
  readonly safeCount: (column: string) => Statement.Fragment

  /** A JSON value from its text in a column of items. */
  readonly jsonOf: (column: string) => Statement.Fragment
  /** The text of a JSON value. */
  readonly jsonText: (value: string) => Statement.Fragment
  /** The bytes of a JSON value's text. */
  readonly jsonBytes: (value: string) => Statement.Fragment
  /** See `JobStore.jsonRefusal`. */
  readonly jsonRefusal?: JsonRefusal
  /** A column of the table of jobs as it is answered. */
  readonly answered: (column: string) => Statement.Fragment

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
  /**
   * Joins the rows of a table that fit a condition with jobs, as `j`. The SELECT finds
   * the ids of a row's jobs. Behind IN, PostgreSQL before version 17 would run it for
   * every job there is.
   */
  readonly withJobsOfEach: (
    table: "band" | "level",
    condition: Statement.Fragment,
    select: Statement.Fragment
  ) => Statement.Fragment
  /**
   * A column in a condition, for a statement that finds its rows by their ids. On
   * PostgreSQL, which cannot be told an index, no index on the column is used. Left to
   * itself it walks the index of all running jobs to settle one, and with it every job that
   * ran since the last vacuum.
   */
  readonly unindexed: (column: string) => Statement.Fragment
  /**
   * Behind a condition: that the id in this column is one of these, which a join with
   * items says already. PostgreSQL's planner takes any list of items for a hundred, and
   * reads a whole table of some ten thousand rows to find one. It counts the ids of an array.
   */
  readonly among: (column: string, ids: ReadonlyArray<string>) => Statement.Fragment
  /**
   * True if no row of a SELECT equals the column. With NOT IN, PostgreSQL's planner overestimates the cost of a row,
   * and reads the whole table of jobs to find a few by their ids.
   */
  readonly isNoneOf: (column: string, select: Statement.Fragment) => Statement.Fragment
  /** True if the text of a column has this part, with A to Z and a to z taken for the same. */
  readonly contains: (column: string, part: string) => Statement.Fragment
  /**
   * Behind a SELECT in a transaction: no other transaction changes its rows before this one ends.
   * Nothing on SQLite, which has one writer.
   */
  readonly forUpdate: Statement.Fragment
  /**
   * `errors` with the failure of this attempt, and at most ten entries. Replaces
   * what is not an array.
   */
  readonly remember: (
    failure: { readonly at: Statement.Fragment; readonly message: Statement.Fragment }
  ) => Statement.Fragment
  /**
   * True if an INSERT of jobs that fails, or that leaves out a row, has written nothing at all, also without a transaction:
   * no trigger of the app's has run before it, or may stop it half-way.
   */
  readonly insertsWhole: Statement.Fragment
  /**
   * The rows of the table `chosen` that a claim may take. On SQLite there is one
   * writer, and they are all. Elsewhere they are those that no other transaction has
   * locked, which is then another table, behind `chosen` in the same WITH.
   */
  readonly free: {
    readonly behindChosen: (now: Statement.Fragment, ids?: ReadonlyArray<string>) => Statement.Fragment
    readonly name: Statement.Fragment
  }
  /**
   * A SELECT, ending with a condition of the caller's, whose rows of the table `j` no
   * other transaction changes before this one ends. Running jobs are not kept from
   * their heartbeats.
   */
  readonly locked: (select: (condition: Statement.Fragment) => Statement.Fragment) => Statement.Fragment
  /** True if several claims run at once, so that one finds rows which another is taking. */
  readonly manyClaimAtOnce: boolean
  /** True if a statement that failed by itself has certainly written nothing. Where the answer was lost it may have. */
  readonly hasWrittenNothing: (error: SqlError.SqlError) => boolean
  /** True if a statement failed because of one of its rows, so that it may succeed for the others. */
  readonly isOfARow: (error: SqlError.SqlError | StoreFailure) => boolean
}
