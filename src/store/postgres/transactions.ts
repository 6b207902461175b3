import type * as SqlConnection from "@effect/sql/SqlConnection"
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type { Context, Scope } from "effect"
import { Effect, LogLevel, Option, Schedule } from "effect"
import { ForeignTransaction, StoreError } from "../../domain/errors.ts"
import { line } from "../../platform/line.ts"
import { isSqlError } from "../isSqlError.ts"
import { command } from "../transaction/transactionControl.ts"
import { ambientTransaction } from "../transaction/ambientTransaction.ts"
import { nested } from "../transaction/levels.ts"
import type { Level } from "../transaction/openTransaction.ts"
import { isLevel } from "../transaction/openTransaction.ts"
import type { OnConnection, Run, Transactions } from "../Transactions.ts"
import { isKeyTaken, isWorthRepeating } from "./errorCodes.ts"
import { withConnection } from "./reserve.ts"
import { isPostgres, postgresTransaction } from "./transaction.ts"

/** Runs an operation whose caller has no transaction. */
type ByItself = <A, E>(
  effect: Effect.Effect<A, E | SqlError.SqlError, SqlClient.TransactionConnection>
) => Effect.Effect<A, E | SqlError.SqlError>

/**
 * How often an operation is tried that the server has chosen to end for another's
 * sake, or that has come to a unique key at the same time as another: what it finds
 * the next time says which was first.
 */
const tries = 5

/** The transactions of a client with a pool of connections. */
export const makeTransactions = (client: SqlClient.SqlClient): Effect.Effect<Transactions, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const withTransaction = postgresTransaction(client)

    /** Our client puts a Level into the context, which names the client. An app's own puts a connection of its pool there. */
    const isOurs = (transaction: Level | SqlConnection.Connection) =>
      isLevel(transaction) ? transaction.client === client.reserve : isOnDatabaseOf(client, transaction)

    const repeated = <A, E>(effect: Effect.Effect<A, E | SqlError.SqlError>) =>
      Effect.retry(effect, {
        while: (error) => isWorthRepeating(error) || isKeyTaken(error),
        schedule: Schedule.intersect(Schedule.recurs(tries - 1), Schedule.jittered(Schedule.exponential("2 millis")))
      })

    const byItself = (wait: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>): ByItself => (effect) =>
      Effect.uninterruptibleMask((restore) =>
        repeated(
          withConnection(
            client,
            (connection) => restore(on(effect, false)(connection)),
            (effect) => wait(restore(effect))
          )
        )
      )

    const inTransaction: ByItself = <A, E>(
      effect: Effect.Effect<A, E | SqlError.SqlError, SqlClient.TransactionConnection>
    ) =>
      repeated(withTransaction(
        // The transaction provides its connection, which the type of `withTransaction` does not say.
        Effect.flatMap(SqlClient.TransactionConnection, ([connection]) =>
          on(effect)(isLevel(connection) ? connection.transaction.connection : connection)) as Effect.Effect<
            A,
            E | SqlError.SqlError
          >
      ))

    const joining =
      (ifAlone: ByItself, isWhole = false): Run =>
      <A, E>(operation: string, effect: OnConnection<A, E | SqlError.SqlError>) =>
        Effect.withFiberRuntime<A, E | SqlError.SqlError | ForeignTransaction>(({ currentContext }) => {
          const ambient = ambientTransaction(currentContext)
          if (Option.isNone(ambient)) return ifAlone(effect)
          const { value } = ambient
          if (!isOurs(value)) return Effect.fail(new ForeignTransaction({ operation }))
          const use = on(effect)
          if (isLevel(value)) {
            const later = Effect.suspend(() => ifAlone(effect))
            return isWhole
              ? nested(value, (inner) => inner.transaction.within(inner, use, later), later)
              : value.transaction.within(value, use, later)
          }
          return isWhole ? client.withTransaction(use(value)) : use(value)
        }).pipe(
          Effect.mapError((error) =>
            isSqlError(error) ? new StoreError({ operation, cause: error }) : error as Exclude<E, SqlError.SqlError>
          )
        )

    /** Runs an effect once the caller's transaction has ended, or now if there is none. */
    const after = (ifCommitted: boolean) => (effect: Effect.Effect<void>) =>
      Effect.contextWithEffect((context: Context.Context<never>) =>
        Option.match(ambientTransaction(context), {
          onNone: () => effect,
          onSome: (ambient) =>
            isLevel(ambient)
              ? Effect.sync(() => {
                if (isPostgres(ambient.transaction)) ambient.transaction.after(ambient, { effect, scope, ifCommitted })
              })
              : afterAppsTransaction(ambient, effect, ifCommitted)
        })
      )

    /** The server knows of each transaction, by its number, whether it goes on and how it has ended. */
    const afterAppsTransaction = (
      connection: SqlConnection.Connection,
      effect: Effect.Effect<void>,
      ifCommitted: boolean
    ) =>
      connection.executeValues("SELECT pg_current_xact_id()::text", []).pipe(
        Effect.flatMap(([row]) => {
          const [number] = row as unknown as readonly [string]
          const status = withConnection(
            client,
            (other) => other.executeValues("SELECT pg_xact_status($1::xid8)", [number]),
            (wait) => wait
          )
          return Effect.forkIn(
            Effect.flatMap(
              Effect.repeat(status, {
                until: ([row]) => row?.[0] !== "in progress",
                schedule: Schedule.union(Schedule.exponential("2 millis"), Schedule.spaced("1 second"))
              }),
              () => Effect.flatMap(status, ([row]) => ifCommitted && row?.[0] !== "committed" ? Effect.void : effect)
            ).pipe(
              Effect.catchAll((error) =>
                line(LogLevel.Debug, "The end of a transaction is not known", { error: error.message })
              ),
              Effect.interruptible
            ),
            scope
          )
        }),
        Effect.catchAll((error) => line(LogLevel.Debug, "A transaction has no number", { error: error.message })),
        Effect.asVoid
      )

    return {
      statement: joining(byItself((effect) => effect)),
      interruptibleUntilRun: (operation, effect) =>
        Effect.uninterruptible(joining(byItself(Effect.interruptible))(operation, effect)),
      transaction: untraced(joining(inTransaction)),
      allOrNone: untraced(joining(inTransaction, true)),
      part,
      isInside: (context) => Option.isSome(ambientTransaction(context)),
      afterTransaction: after(false),
      afterCommit: after(true)
    }
  })

/** Runs an effect's statements on a connection, each by itself or in the transaction that is open there. */
const on =
  <A, E>(effect: Effect.Effect<A, E, SqlClient.TransactionConnection>, isInTransaction = true) =>
  (connection: SqlConnection.Connection): Effect.Effect<A, E> =>
    Effect.provideService(effect, SqlClient.TransactionConnection, [connection, isInTransaction ? 0 : alone])

/** Marks a connection on which each statement is a transaction. */
const alone = -1

/** In a savepoint, without which a statement that fails would spoil the transaction. */
const part: Transactions["part"] = (write) =>
  Effect.flatMap(SqlClient.TransactionConnection, ([connection, depth]) =>
    depth === alone
      ? write
      : Effect.uninterruptible(
        Effect.zipRight(
          command(connection, `SAVEPOINT ${partName}`),
          Effect.matchEffect(write, {
            onFailure: (error) => Effect.zipRight(command(connection, `ROLLBACK TO ${partName}`), Effect.fail(error)),
            onSuccess: (answer) => Effect.as(command(connection, `RELEASE ${partName}`), answer)
          })
        )
      ))

const partName = "holdfast_part"

/** The caller's trace is about the caller's work. */
const untraced = (run: Run): Run => (operation, effect) => Effect.withTracerEnabled(run(operation, effect), false)

/** Where a connection of the driver's leads to. */
interface Destination {
  readonly host?: unknown
  readonly port?: unknown
  readonly database?: unknown
}

/** True if a connection leads to the database that a client of the driver's is for. */
const isOnDatabaseOf = (client: SqlClient.SqlClient, connection: SqlConnection.Connection): boolean => {
  const { config } = client as { readonly config?: Destination }
  const { pg } = connection as { readonly pg?: Destination }
  return config !== undefined && pg !== undefined
    && config.database === pg.database && config.port === pg.port && config.host === pg.host
}
