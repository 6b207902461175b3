import type * as SqlConnection from "@effect/sql/SqlConnection"
import type * as SqlError from "@effect/sql/SqlError"
import { Effect } from "effect"
import { isInTransaction } from "./transaction/isInTransaction.ts"
import { transactionIsOver, unknownTransaction } from "../transaction/transactionErrors.ts"

type Connection = SqlConnection.Connection

/**
 * Runs an operation by itself on the connection of a client that the app made.
 *
 * A COMMIT of that client that fails leaves its transaction open. What is
 * written then belongs to it, and is erased by the next ROLLBACK. So the
 * operation is refused, and the transaction left to the app.
 */
export const byItself = <A, E, R>(
  connection: Connection,
  use: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError.SqlError, R> =>
  Effect.flatMap(
    isInTransaction(connection),
    (isInside): Effect.Effect<A, E | SqlError.SqlError, R> =>
      isInside ? Effect.fail(unknownTransaction) : withoutWaiting(connection, use)
  )

/** Runs an operation in a transaction that the app's client has begun, if SQLite has not ended that. */
export const inTransactionOf = <A, E, R>(
  connection: Connection,
  use: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError.SqlError, R> =>
  Effect.flatMap(
    isInTransaction(connection),
    (isInside): Effect.Effect<A, E | SqlError.SqlError, R> => isInside ? use : Effect.fail(transactionIsOver)
  )

/**
 * Runs an effect without the driver's wait for locks, which blocks the process for
 * up to 5 s. The app's own statements keep it. The PRAGMA is not a prepared
 * statement: SQLite would set it as it prepares one.
 */
export const withoutWaiting = <A, E, R>(
  connection: Connection,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError.SqlError, R> => {
  const run = (statement: string) => connection.executeUnprepared(statement, [], undefined)
  return Effect.acquireUseRelease(
    Effect.zipLeft(run("PRAGMA busy_timeout"), run("PRAGMA busy_timeout = 0")),
    () => effect,
    ([row]) => Effect.orDie(run(`PRAGMA busy_timeout = ${Number(Object.values(row ?? {})[0])}`))
  )
}
