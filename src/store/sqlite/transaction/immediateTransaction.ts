import type * as SqlError from "@effect/sql/SqlError"
import type * as SqlClient from "@effect/sql/SqlClient"
import type { Context } from "effect"
import { Effect, Option } from "effect"
import { ambientTransaction } from "../../transaction/ambientTransaction.ts"
import { asCaller, heldForEach, lendOf, whenFree } from "../connection.ts"
import { isBusy } from "../errorCodes.ts"
import { guardTelemetry } from "../../guardTelemetry.ts"
import { inSpan, nested, within } from "../../transaction/levels.ts"
import type { Reservable } from "../../transaction/openTransaction.ts"
import { isLevel } from "../../transaction/openTransaction.ts"
import { command } from "../../transaction/transactionControl.ts"
import { SqliteTransaction } from "./sqliteTransaction.ts"

/** A transaction that did not begin: nothing of what was to run in it has run. */
class NotBegun {
  readonly error: SqlError.SqlError
  constructor(error: SqlError.SqlError) {
    this.error = error
  }
}

/**
 * The client's `withTransaction`, with these differences:
 *
 * - It takes the write lock when it begins, so that reading before writing cannot
 *   fail with SQLITE_BUSY_SNAPSHOT.
 * - It waits for a lock that another process holds.
 * - A failed COMMIT is a rollback and a typed error. The client's own leaves the
 *   transaction open.
 * - After SQLite has rolled it back by itself, it refuses all that follows.
 * - Nested transactions run one after the other.
 * - A fiber that outlives it cannot write into a later one.
 */
export const immediateTransaction = (
  client: Reservable & Pick<SqlClient.SqlClient, "withTransaction">
): SqlClient.SqlClient["withTransaction"] => {
  const lend = lendOf(client)
  const afterwards = heldForEach(client)

  const outermost = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError.SqlError, R> =>
    whenFree(
      client,
      Effect.uninterruptibleMask((restore) =>
        inSpan("sqlite", (span) =>
          lend((connection) =>
            Effect.zipRight(
              Effect.mapError(command(connection, "BEGIN IMMEDIATE"), (error) => new NotBegun(error)),
              Effect.withFiberRuntime<A, E | SqlError.SqlError, R>((fiber) => {
                const transaction = new SqliteTransaction(client.reserve, connection, afterwards, fiber)
                return Effect.ensuring(within(transaction.level, effect, span, restore), transaction.close)
              })
            ), restore))
      ),
      (error) => error instanceof NotBegun && isBusy(error.error),
      asCaller
    ).pipe(Effect.mapError((error) => error instanceof NotBegun ? error.error : error))

  return <R, E, A>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError.SqlError, R> =>
    Effect.contextWithEffect((context: Context.Context<never>) =>
      Option.match(ambientTransaction(context), {
        onNone: () => outermost(effect),
        onSome: (ambient) =>
          isLevel(ambient)
            ? nested(ambient, () => effect, outermost(effect))
            // Of another client: Effect 3 cannot tell them apart, and opens a savepoint there.
            : client.withTransaction(effect)
      })
      // An event of the transaction's span comes between its statements and its COMMIT.
    ).pipe(guardTelemetry)
}
