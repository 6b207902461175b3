import type { SqlConnection, SqlError } from "@effect/sql"
import { SqlClient } from "@effect/sql"
import { Effect, Option, Predicate, Schedule, Scope } from "effect"

/** Waits 2 ms, then longer, to at most 50 ms and 5 s in all, for a lock that another process holds. */
const untilFree = Schedule.exponential("2 millis", 1.5).pipe(
  Schedule.union(Schedule.spaced("50 millis")),
  Schedule.jittered,
  Schedule.upTo("5 seconds")
)

/** Whether another connection has the lock, which time can mend. */
export const isBusy = (error: unknown): boolean => {
  const cause = Predicate.hasProperty(error, "cause") ? error.cause : error
  return Predicate.hasProperty(cause, "code") && String(cause.code).startsWith("SQLITE_BUSY")
}

/**
 * Runs an effect with the client's one connection held for it, and again while
 * another process has the lock.
 *
 * A bare statement of the client would not do: it gives its permit back before
 * it runs, so that it can land inside another fiber's transaction, see what is
 * not committed, and be rolled back with it.
 */
export const holdingConnection = (client: SqlClient.SqlClient) =>
<A, E, R>(
  use: (connection: SqlConnection.Connection) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError.SqlError, R> =>
  Effect.scopedWith((permit) => Effect.flatMap(Scope.extend(client.reserve, permit), use)).pipe(
    Effect.retry({ schedule: untilFree, while: isBusy })
  )

type Connection = SqlConnection.Connection

/** A transaction that did not come about, thrown past `makeWithTransaction`, which knows no failing BEGIN or COMMIT. */
class NotTransacted {
  readonly step: "begin" | "commit"
  readonly error: SqlError.SqlError
  constructor(step: "begin" | "commit", error: SqlError.SqlError) {
    this.step = step
    this.error = error
  }
}

/**
 * The client's `withTransaction`, but it takes the write lock when it begins, so
 * that reading before writing cannot fail with SQLITE_BUSY_SNAPSHOT; waits for
 * a lock that another process holds; and turns a failed COMMIT into a rollback
 * and a typed error, where the client's own leaves the transaction open.
 */
export const immediateTransaction = (client: SqlClient.SqlClient): SqlClient.SqlClient["withTransaction"] => {
  const run = (connection: Connection, command: string) => connection.executeUnprepared(command, [], undefined)
  const transact = SqlClient.makeWithTransaction({
    transactionTag: SqlClient.TransactionConnection,
    spanAttributes: [["db.system.name", "sqlite"]],
    acquireConnection: Effect.flatMap(
      Scope.make(),
      (scope) => Effect.map(Scope.extend(client.reserve, scope), (connection) => [scope, connection] as const)
    ),
    begin: (connection: Connection) =>
      Effect.catchAll(run(connection, "BEGIN IMMEDIATE"), (error) => Effect.die(new NotTransacted("begin", error))),
    savepoint: (connection, id) => run(connection, `SAVEPOINT holdfast_${id}`),
    commit: (connection) =>
      Effect.catchAll(
        run(connection, "COMMIT"),
        (error) => Effect.zipRight(rollback(connection), Effect.die(new NotTransacted("commit", error)))
      ),
    rollback: (connection) => rollback(connection),
    rollbackSavepoint: (connection, id) => run(connection, `ROLLBACK TO SAVEPOINT holdfast_${id}`)
  })
  const rollback = (connection: Connection) =>
    Effect.catchAll(run(connection, "ROLLBACK"), (error) =>
      // SQLite rolls back by itself when the disk is full, and there is nothing to roll back when BEGIN failed.
      Effect.logDebug("Nothing to roll back", error.cause))

  return <R, E, A>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError.SqlError, R> =>
    transact(effect).pipe(
      Effect.catchSomeDefect((defect) =>
        defect instanceof NotTransacted ? Option.some(Effect.fail(defect)) : Option.none()
      ),
      Effect.retry({
        schedule: untilFree,
        while: (error) => error instanceof NotTransacted && error.step === "begin" && isBusy(error.error)
      }),
      Effect.mapError((error) => error instanceof NotTransacted ? error.error : error)
    )
}
