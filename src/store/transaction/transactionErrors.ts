import * as SqlError from "@effect/sql/SqlError"

const transactionError = (message: string, why: string) => new SqlError.SqlError({ cause: new Error(why), message })

/** The database undid the transaction, or this part of it, because a statement in it failed. */
export const rolledBackAfter = (error: unknown): SqlError.SqlError =>
  transactionError(
    "The transaction is gone",
    "the transaction was rolled back by the database, and nothing of it is committed; the statement that failed in it said: "
      + rootMessage(error)
  )

/** The COMMIT was not answered. */
export const endedUnknown = (error: unknown): SqlError.SqlError =>
  transactionError(
    "The transaction is gone",
    `the transaction has ended, and whether it was committed is unknown; its COMMIT said: ${rootMessage(error)}`
  )

/** The driver's words, from under the wrappers. */
const rootMessage = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error ? rootMessage(error.cause) : String(
    error instanceof Error ? error.message : error
  )

/** The transaction around a nested one was rolled back while the nested one was open. */
export const outerRolledBack = transactionError(
  "The transaction is gone",
  "the transaction around this one was rolled back, and nothing of it is committed"
)

/** Two parts of a transaction wait for each other. */
export const stuck = transactionError(
  "The transaction is stuck",
  "waited 30 s for a nested transaction to end, in which nothing happened: two parts of one transaction may wait for "
    + "each other; do the waiting outside the nested one"
)

/** On a client that the app made, a transaction is open that no fiber is in. */
export const unknownTransaction = transactionError(
  "Refused inside an unknown transaction",
  "the SqlClient's connection is inside a transaction that nobody has ended, so nothing was done: a COMMIT failed and "
    + "left it open, or BEGIN was run by hand; roll it back, or use the client of SqliteStore.layer, which does that itself"
)

/** On a client that the app made, the transaction that the caller is in is not open any more. */
export const transactionIsOver = transactionError(
  "The transaction is gone",
  "the transaction of this call is over, so nothing was done: the database has rolled it back, or this fiber has outlived it"
)

/** A statement that begins or ends a transaction by hand, where it may not. */
export const refusedStatement = (why: string): SqlError.SqlError => transactionError("Statement refused", why)
