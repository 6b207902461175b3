import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import { Effect } from "effect"
import type { OnConnection } from "../Transactions.ts"
import { command } from "./transactionControl.ts"

const name = "holdfast_part"

/**
 * Runs a write in a savepoint of the connection's open transaction, so that a failed
 * write leaves nothing. If the savepoint is gone by then, it fails with the answer of
 * `whenGone`.
 */
export const inSavepoint = <A, E>(
  write: OnConnection<A, E>,
  whenGone: (gone: SqlError.SqlError, error: E | SqlError.SqlError) => SqlError.SqlError
): OnConnection<A, E> =>
  Effect.flatMap(SqlClient.TransactionConnection, ([connection]) =>
    Effect.uninterruptible(
      Effect.zipRight(
        command(connection, `SAVEPOINT ${name}`),
        Effect.matchEffect(write, {
          onFailure: (error) =>
            command(connection, `ROLLBACK TO ${name}`).pipe(
              Effect.zipRight(command(connection, `RELEASE ${name}`)),
              Effect.mapError((gone) => whenGone(gone, error)),
              Effect.zipRight(Effect.fail(error))
            ),
          onSuccess: (answer) => Effect.as(command(connection, `RELEASE ${name}`), answer)
        })
      )
    ))
