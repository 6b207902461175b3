import type * as SqlConnection from "@effect/sql/SqlConnection"
import type * as SqlError from "@effect/sql/SqlError"
import * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"
import { Effect, Option } from "effect"
import type { Context } from "effect"
import { isSqlError } from "../isSqlError.ts"
import { execute } from "../statements/execute.ts"
import { ambientTransaction } from "../transaction/ambientTransaction.ts"
import { command, rollBack } from "../transaction/transactionControl.ts"
import type { CopyDatabase } from "./CopyDatabase.ts"
import { CopyFailed } from "./errors.ts"

/**
 * A database and the connection that a transaction of the copy is on.
 *
 * A copy has two transactions at once, and Effect's context has room for one: a
 * statement that is yielded by itself could run in the other database. So all
 * statements of a copy run by this.
 */
export interface Reader {
  readonly database: CopyDatabase
  readonly connection: SqlConnection.Connection
  readonly rows: <Row>(statement: Statement.Statement<unknown>) => Effect.Effect<ReadonlyArray<Row>, CopyFailed>
}

const readerOn = (database: CopyDatabase, given: SqlConnection.Connection): Reader => {
  const connection = database.prepared(given)
  return {
    database,
    connection,
    rows: <Row>(statement: Statement.Statement<unknown>) =>
      execute(statement).pipe(
        Effect.provideService(SqlClient.TransactionConnection, [connection, 0]),
        Effect.mapError(failedAt(database)),
        Effect.map((rows) => rows as ReadonlyArray<Row>)
      )
  }
}

/** Uses one state of the database, which is only read. */
export const inSnapshot = <A, E, R>(database: CopyDatabase, use: (reader: Reader) => Effect.Effect<A, E, R>) =>
  Effect.scoped(Effect.flatMap(
    Effect.mapBoth(database.sql.reserve, { onFailure: failedAt(database), onSuccess: database.prepared }),
    (connection) =>
      Effect.acquireUseRelease(
        begin(database, connection),
        () => use(readerOn(database, connection)),
        () => rollBack(connection)
      )
  ))

/** Goes on with the state that the database has now. */
export const renewSnapshot = ({ connection, database }: Reader) =>
  Effect.zipRight(rollBack(connection), begin(database, connection))

const begin = (database: CopyDatabase, connection: SqlConnection.Connection) =>
  Effect.mapError(command(connection, database.beginSnapshot), failedAt(database))

/** Writes to the database in one transaction. */
export const inTransaction = <A, E, R>(database: CopyDatabase, use: (reader: Reader) => Effect.Effect<A, E, R>) =>
  Effect.mapError(
    database.sql.withTransaction(
      Effect.contextWithEffect((context: Context.Context<never>) =>
        Option.match(ambientTransaction(context), {
          onNone: () => Effect.dieMessage("A transaction has no connection"),
          onSome: (connection) => use(readerOn(database, connection))
        })
      )
    ),
    (error) => isSqlError(error) ? failedAt(database)(error) : error as Exclude<E, SqlError.SqlError>
  )

const failedAt = ({ name }: CopyDatabase) => (cause: unknown) => new CopyFailed({ database: name, cause })
