import { Cause, Effect } from "effect"
import { OpenTransaction } from "../../transaction/openTransaction.ts"
import { rolledBackAfter } from "../../transaction/transactionErrors.ts"
import { isInTransaction } from "./isInTransaction.ts"

/**
 * A transaction that is open on a connection of SQLite's.
 *
 * When a statement fails, SQLite may have rolled back the whole transaction. The
 * next statement would then be committed by itself. So the transaction checks that
 * it still exists, and otherwise refuses all that follows.
 */
export class SqliteTransaction extends OpenTransaction {
  readonly system = "sqlite"

  protected look(cause: Cause.Cause<unknown>): Effect.Effect<void> {
    if (this.outermost.state !== "open") return Effect.void
    return Effect.map(isInTransaction(this.connection), (isThere) => {
      if (!isThere) this.cut(undefined, rolledBackAfter(Cause.squash(cause)))
    })
  }
}
