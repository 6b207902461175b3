import type * as SqlConnection from "@effect/sql/SqlConnection"
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type { Context, Duration, Scope } from "effect"
import { Effect, LogLevel, Option, Schedule } from "effect"
import { ForeignTransaction, StoreError } from "../../domain/errors.ts"
import { line } from "../../platform/line.ts"
import { outsideTransaction } from "../ambientTransaction.ts"
import { isSqlError } from "../isSqlError.ts"
import { inSavepoint } from "../transaction/inSavepoint.ts"
import { ambientTransaction } from "../transaction/ambientTransaction.ts"
import { nested } from "../transaction/levels.ts"
import type { Level } from "../transaction/openTransaction.ts"
import { isLevel } from "../transaction/openTransaction.ts"
import type { Wait } from "../transaction/turns.ts"
import type { OnConnection, Run, Transactions } from "../Transactions.ts"
import { answering } from "./answering.ts"
import { isKeyTaken, isWorthRepeating } from "./errorCodes.ts"
import { endingIfInterrupted, withConnection } from "./reserve.ts"
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
export const makeTransactions = (
  client: SqlClient.SqlClient,
  limit: Duration.Duration
): Effect.Effect<Transactions, SqlError.SqlError, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const ours = yield* withConnection(
      client,
      (connection) => Effect.succeed(destinationOf(connection)),
      (wait) => wait
    )
    const withTransaction = postgresTransaction(client, limit)

    /** Our client puts a Level into the context, which names the client. An app's own puts a connection of its pool there. */
    const isOurs = (transaction: Level | SqlConnection.Connection) =>
      isLevel(transaction)
        ? transaction.client === client.reserve
        : ours !== undefined && destinationOf(transaction) === ours

    const repeated = <A, E>(effect: Effect.Effect<A, E | SqlError.SqlError>) =>
      Effect.retry(effect, {
        while: (error) => isWorthRepeating(error) || isKeyTaken(error),
        schedule: Schedule.intersect(Schedule.recurs(tries - 1), Schedule.jittered(Schedule.exponential("2 millis")))
      })

    const byItself = (wait: Wait): ByItself => (effect) =>
      Effect.uninterruptibleMask((restore) =>
        repeated(
          endingIfInterrupted(
            client,
            (connection) => restore(on(effect, limit, false)(connection)),
            (effect) => wait(restore(effect))
          )
        )
      )

    const inTransaction: ByItself = <A, E>(
      effect: Effect.Effect<A, E | SqlError.SqlError, SqlClient.TransactionConnection>
    ) =>
      repeated(withTransaction(
        // The transaction provides its connection, which the type of `withTransaction` does not say.
        Effect.flatMap(
          SqlClient.TransactionConnection,
          ([connection]) => on(effect, limit)(isLevel(connection) ? connection.transaction.connection : connection)
        ) as Effect.Effect<
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
          const use = on(effect, limit)
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

    /** The effects that wait for a transaction of an app's own client, by the number that the server gave it. */
    const followers = new Map<string, Array<{ readonly effect: Effect.Effect<void>; readonly ifCommitted: boolean }>>()

    /** The server knows of each transaction whether it goes on and how it has ended. One fiber asks for all who wait. */
    const afterAppsTransaction = (
      connection: SqlConnection.Connection,
      effect: Effect.Effect<void>,
      ifCommitted: boolean
    ) =>
      answering(connection, limit).executeValues("SELECT pg_current_xact_id()::text", []).pipe(
        Effect.flatMap(([row]) => {
          const number = String(row?.[0])
          const waiting = followers.get(number)
          if (waiting !== undefined) {
            if (ifCommitted || waiting.every((one) => one.effect !== effect)) waiting.push({ effect, ifCommitted })
            return Effect.void
          }
          followers.set(number, [{ effect, ifCommitted }])
          return Effect.asVoid(Effect.forkIn(Effect.interruptible(outsideTransaction(runAfter(number))), scope))
        }),
        Effect.catchAll((error) => line(LogLevel.Debug, "A transaction has no number", { error: error.message }))
      )

    /** Waits until a transaction has ended, also while the server is away, and answers its last status. */
    const endOf = (number: string, pause = 2): Effect.Effect<string> =>
      withConnection(
        client,
        (other) => answering(other, limit).executeValues("SELECT pg_xact_status($1::xid8)", [number]),
        Effect.interruptible
      ).pipe(
        Effect.map(([row]) => String(row?.[0])),
        Effect.orElseSucceed(() => "in progress"),
        Effect.flatMap((status) =>
          status === "in progress"
            ? Effect.delay(Effect.suspend(() => endOf(number, Math.min(2 * pause, 1000))), pause)
            : Effect.succeed(status)
        )
      )

    const runAfter = (number: string) =>
      Effect.flatMap(endOf(number), (status) => {
        const waiting = followers.get(number) ?? []
        followers.delete(number)
        return Effect.forEach(
          waiting,
          ({ effect, ifCommitted }) => ifCommitted && status !== "committed" ? Effect.void : effect,
          { discard: true }
        )
      })

    return {
      statement: joining(byItself((effect) => effect)),
      interruptibleUntilRun: (operation, effect) =>
        Effect.uninterruptible(joining(byItself(Effect.interruptible))(operation, effect)),
      transaction: untraced(joining(inTransaction)),
      allOrNone: untraced(joining(inTransaction, true)),
      part,
      withSavepoint: part,
      isInside: (context) => Option.isSome(ambientTransaction(context)),
      afterTransaction: after(false),
      afterCommit: after(true)
    }
  })

/** Runs an effect's statements on a connection, each within its time, by itself or in the transaction that is open there. */
const on = <A, E>(
  effect: Effect.Effect<A, E, SqlClient.TransactionConnection>,
  limit: Duration.Duration,
  isInTransaction = true
) =>
(connection: SqlConnection.Connection): Effect.Effect<A, E> =>
  Effect.provideService(effect, SqlClient.TransactionConnection, [
    answering(connection, limit),
    isInTransaction ? 0 : alone
  ])

/** Marks a connection on which each statement is a transaction. */
const alone = -1

/** In a savepoint, without which a statement that fails would spoil the transaction. */
const part: Transactions["part"] = (write) =>
  Effect.flatMap(
    SqlClient.TransactionConnection,
    ([, depth]) => depth === alone ? write : inSavepoint(write, (gone) => gone)
  )

/** The caller's trace is about the caller's work. */
const untraced = (run: Run): Run => (operation, effect) => Effect.withTracerEnabled(run(operation, effect), false)

/** The host, port and database that a connection of the driver's leads to; undefined for another driver's. */
const destinationOf = (connection: SqlConnection.Connection): string | undefined => {
  const { pg } = connection as { readonly pg?: Readonly<Record<"host" | "port" | "database", unknown>> }
  return pg === undefined ? undefined : JSON.stringify([pg.host, pg.port, pg.database])
}
