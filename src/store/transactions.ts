import { SqlClient, SqlError } from "@effect/sql"
import type { SqlConnection } from "@effect/sql"
import { Context, Effect, Option, Predicate, Schedule, Scope } from "effect"
import { ForeignTransaction, StoreError } from "../domain/errors.ts"
import type { StoreFailure } from "./JobStore.ts"

/** How store operations meet the transactions of their callers, on SQLite. */
export interface Transactions {
  /**
   * Runs an effect of one statement: in the caller's transaction when that is of
   * our client, else by itself, with the connection held meanwhile.
   *
   * A bare statement would not do: the client gives its permit back before the
   * statement runs, so that one fiber's statement can land inside another's
   * transaction, see what is not committed, and be rolled back with it.
   */
  readonly statement: <A, E, R>(
    operation: string,
    effect: Effect.Effect<A, E | SqlError.SqlError, R>
  ) => Effect.Effect<A, Exclude<E, SqlError.SqlError> | StoreFailure, R>

  /**
   * Runs an effect of several statements: in the caller's transaction when that
   * is of our client, else in one of its own that begins with the write lock.
   */
  readonly transaction: <A, E, R>(
    operation: string,
    effect: Effect.Effect<A, E | SqlError.SqlError, R>
  ) => Effect.Effect<A, Exclude<E, SqlError.SqlError> | StoreFailure, R>

  /** Runs `effect` in the background once the caller's transaction has ended, or at once if there is none. */
  readonly afterTransaction: (effect: Effect.Effect<void>) => Effect.Effect<void>
}

/** For a client with one connection, as on SQLite. Not to be called inside a transaction, which would wait for itself. */
export const make = (client: SqlClient.SqlClient): Effect.Effect<Transactions, SqlError.SqlError, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const ours = yield* Effect.scoped(client.reserve)
    const withTransaction = immediateTransaction(client)

    const holdingConnection = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError.SqlError, R> =>
      Effect.scopedWith((permit) =>
        Effect.flatMap(
          Scope.extend(client.reserve, permit),
          (connection) => Effect.provideService(effect, SqlClient.TransactionConnection, [connection, 0])
        )
      ).pipe(Effect.retry({ schedule: untilFree, while: isBusy }))

    const joining = (alone: typeof holdingConnection) =>
    <A, E, R>(
      operation: string,
      effect: Effect.Effect<A, E | SqlError.SqlError, R>
    ): Effect.Effect<A, Exclude<E, SqlError.SqlError> | StoreFailure, R> =>
      Effect.flatMap(ambientConnection, (ambient): Effect.Effect<A, E | SqlError.SqlError | ForeignTransaction, R> => {
        if (Option.isSome(ambient) && ambient.value !== ours) return Effect.fail(new ForeignTransaction({ operation }))
        return Option.isSome(ambient) ? effect : alone(effect)
      }).pipe(
        // The caller's trace is about the caller's work, and a span for each statement costs as much as the statement.
        Effect.withTracerEnabled(false),
        Effect.mapError((error) =>
          error instanceof SqlError.SqlError
            ? new StoreError({ operation, cause: error })
            : error as Exclude<E, SqlError.SqlError>
        )
      )

    return {
      statement: joining(holdingConnection),
      transaction: joining(withTransaction),
      afterTransaction: (effect) =>
        Effect.flatMap(
          ambientConnection,
          (ambient) =>
            Option.isNone(ambient) ? effect : Effect.scoped(client.reserve).pipe(
              // Whoever gets the client's one permit knows that the transaction is over.
              Effect.orDie,
              Effect.zipRight(effect),
              outsideTransaction,
              Effect.forkIn(scope),
              Effect.asVoid
            )
        )
    }
  })

const ambientConnection = Effect.contextWith((context: Context.Context<never>) =>
  Option.map(
    Context.getOption(context, SqlClient.TransactionConnection),
    ([connection]) => connection
  )
)

/** Runs `effect` as if no transaction were open: what a worker does by itself is never part of somebody's transaction. */
export const outsideTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(
    effect,
    Context.omit(SqlClient.TransactionConnection) as (context: Context.Context<R>) => Context.Context<R>
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
