import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import type { Context, Effect } from "effect"
import type { StoreFailure } from "./JobStore.ts"

/** Statements, on the connection that their context holds. */
export type OnConnection<A, E = never> = Effect.Effect<A, E | SqlError.SqlError, SqlClient.TransactionConnection>

/** The instant that the statements of an operation take for now. */
export interface Now {
  readonly sql: Statement.Fragment
  /** In epoch milliseconds, where it is known outside of a statement; otherwise what asks the database for it. */
  readonly millis: number | OnConnection<number>
}

/**
 * Runs the statements of an operation, named for its errors: in the caller's
 * transaction when that is of the store's client, else by themselves. Inside
 * another client's transaction it fails with ForeignTransaction.
 */
export type Run = <A, E>(
  operation: string,
  effect: OnConnection<A, E | SqlError.SqlError>
) => Effect.Effect<A, Exclude<E, SqlError.SqlError> | StoreFailure>

/** The ways in which a store's operations meet the transactions of their callers. A database has one implementation. */
export interface Transactions {
  /** Runs statements of which at most one writes. By itself it holds a connection meanwhile. */
  readonly statement: Run

  /**
   * As `statement`, for a claim, whose jobs must have attempts: waiting for a
   * connection or for another process can be interrupted even where the caller
   * cannot, and nothing can come between the statements and what follows them.
   */
  readonly interruptibleUntilRun: Run

  /** Runs statements that belong together. By itself it is a transaction. */
  readonly transaction: Run

  /**
   * As `transaction`, for several writes: inside the caller's it is a nested one,
   * so that none of them stays when a later one fails and the caller goes on.
   */
  readonly allOrNone: Run

  /**
   * Runs a write that may fail within the statements of an operation, which then go
   * on. Where a failed statement would spoil the transaction, only this write is undone.
   */
  readonly part: <A, E>(write: OnConnection<A, E>) => OnConnection<A, E>

  /**
   * Runs a write in a savepoint: if it fails, nothing of it stays, and the transaction
   * goes on. If the database has rolled back more than the write, the error is not one
   * of a row (`isOfARow`), and the operation fails.
   */
  readonly withSavepoint: <A, E>(write: OnConnection<A, E>) => OnConnection<A, E>

  /** True in the context of a caller that is in a transaction: the effects of an operation may still be rolled back. */
  readonly isInside: (context: Context.Context<never>) => boolean

  /**
   * Runs `effect` in the background once the caller's transaction has ended, or
   * at once if there is none. The same effect runs once for each transaction,
   * however often it was given: a transaction of 20,000 enqueues wakes workers once.
   */
  readonly afterTransaction: (effect: Effect.Effect<void>) => Effect.Effect<void>

  /** As `afterTransaction`, but only if what the caller has written so far is committed, and as often as it was given. */
  readonly afterCommit: (effect: Effect.Effect<void>) => Effect.Effect<void>
}
