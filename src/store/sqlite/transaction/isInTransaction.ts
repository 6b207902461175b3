import type * as SqlConnection from "@effect/sql/SqlConnection"
import { Effect } from "effect"
import { command } from "../../transaction/transactionControl.ts"

/**
 * True if the connection is in a transaction. The driver does not show SQLite's own
 * answer, so this tries to begin one, which takes no lock. That costs as much as a
 * statement, so it is asked only where the answer may be new.
 */
export const isInTransaction = (connection: SqlConnection.Connection): Effect.Effect<boolean> =>
  Effect.uninterruptible(Effect.matchEffect(command(connection, "BEGIN"), {
    onFailure: () => Effect.succeed(true),
    onSuccess: () => Effect.as(Effect.orDie(command(connection, "COMMIT")), false)
  }))
