import type * as SqlConnection from "@effect/sql/SqlConnection"
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type { Scope } from "effect"
import { Context, Effect, FiberRef, LogLevel, Option, RuntimeFlags } from "effect"
import type { StoreErrorReason } from "../../../domain/errors.ts"
import { ForeignTransaction, StoreError } from "../../../domain/errors.ts"
import { giveWay } from "../../../platform/EventLoop.ts"
import { line } from "../../../platform/line.ts"
import { outsideTransaction } from "../../ambientTransaction.ts"
import { ambientTransaction, connectionOf } from "../../transaction/ambientTransaction.ts"
import { nested } from "../../transaction/levels.ts"
import type { Level } from "../../transaction/openTransaction.ts"
import { inSavepoint } from "../../transaction/inSavepoint.ts"
import { isLevel } from "../../transaction/openTransaction.ts"
import { rolledBackAfter } from "../../transaction/transactionErrors.ts"
import { inTransactionOf } from "../appsConnection.ts"
import { asCaller, exclusively, holdingConnection, lendOf, watchLent, whenFree } from "../connection.ts"
import { isBusy } from "../errorCodes.ts"
import { isDatabaseReplaced, noFile } from "../databaseFile.ts"
import { makeCommits, prepareCommits } from "./commits.ts"
import { immediateTransaction } from "./immediateTransaction.ts"
import { SqliteTransaction } from "./sqliteTransaction.ts"
import { isSqlError } from "../../isSqlError.ts"
import type { Run, Transactions } from "../../Transactions.ts"

/** Runs an operation whose caller has no transaction. */
type ByItself = <A, E>(
  effect: Effect.Effect<A, E | SqlError.SqlError, SqlClient.TransactionConnection>
) => Effect.Effect<A, E | SqlError.SqlError>

/** The transactions of a client with one connection. Not to be made inside a transaction, which would wait for itself. */
export const makeTransactions = (
  client: SqlClient.SqlClient
): Effect.Effect<Transactions, SqlError.SqlError, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const ours = yield* Effect.scoped(client.reserve)
    yield* watchLent(client, ours)
    /**
     * Our client puts a Level into the context, which names the client. An app's own
     * client puts only its one connection there.
     */
    const isOurs = (transaction: Level | SqlConnection.Connection) =>
      isLevel(transaction) ? transaction.client === client.reserve : transaction === ours
    /** For operations in a transaction of the app's own client: one that fails undoes all that was written since it began. */
    const inTurn = lendOf(exclusively(ours, noFile))
    const withTransaction = immediateTransaction(client)

    const commits = yield* makeCommits
    yield* Effect.catchAll(
      whenFree(client, Effect.scoped(Effect.flatMap(client.reserve, prepareCommits)), isBusy, asCaller),
      // A client that may not write even that commits nothing.
      (error) => line(LogLevel.Debug, "Commits cannot be told from rollbacks", { error: error.message })
    )

    /**
     * Effects to run once the open transaction has ended; one with a mark runs only if
     * that was committed. While there are any, one fiber waits for the end.
     */
    const afterwards = new Map<Effect.Effect<void>, string | undefined>()
    const takeAfterwards = (connection: SqlConnection.Connection) =>
      Effect.suspend(() => {
        const waiting = [...afterwards]
        afterwards.clear()
        const marks = waiting.flatMap(([, mark]) => mark === undefined ? [] : [mark])
        return commits.committed(connection, marks).pipe(
          Effect.catchAll((error) =>
            Effect.as(
              line(LogLevel.Warning, "Events of a transaction are lost", { error: error.message }),
              new Set<string>()
            )
          ),
          Effect.map((committed) =>
            waiting.flatMap(([effect, mark]) => mark === undefined || committed.has(mark) ? [effect] : [])
          )
        )
      })
    const runAfterwards = Effect.flatMap(client.reserve, takeAfterwards).pipe(
      // The client has one permit, so its transaction is over now, and no other has begun.
      Effect.scoped,
      Effect.orDie,
      Effect.flatMap((effects) =>
        Effect.forEach(
          effects,
          (effect) =>
            Effect.catchAllCause(
              effect,
              (cause) => line(LogLevel.Warning, "An effect that had waited for a transaction's end failed", {}, cause)
            ),
          { discard: true }
        )
      ),
      outsideTransaction
    )

    const alone = (hold: ReturnType<typeof holdingConnection>): ByItself => (effect) => hold(on(effect))

    // Nobody else is in an operation's own transaction, and a statement that fails fails the operation.
    const inTransaction: ByItself = <A, E>(effect: Effect.Effect<A, E, SqlClient.TransactionConnection>) =>
      withTransaction(
        // The transaction provides its connection, which the type of `withTransaction` does not say.
        Effect.flatMap(
          SqlClient.TransactionConnection,
          ([level]) => on(effect)(connectionOf(level))
        ) as Effect.Effect<A, E>
      )

    const joining =
      (byItself: ByItself, isWhole = false): Run =>
      <A, E>(operation: string, effect: Effect.Effect<A, E | SqlError.SqlError, SqlClient.TransactionConnection>) =>
        Effect.withFiberRuntime<A, E | SqlError.SqlError | ForeignTransaction>(({ currentContext }) => {
          const ambient = ambientTransaction(currentContext)
          if (Option.isNone(ambient)) return byItself(effect)
          const { value } = ambient
          if (!isOurs(value)) {
            return Effect.fail(new ForeignTransaction({ operation }))
          }
          const use = on(effect)
          const alone = Effect.suspend(() => byItself(effect))
          const whole = (level: Level) => nested(level, (inner) => inner.transaction.within(inner, use, alone), alone)
          if (isLevel(value)) return isWhole ? whole(value) : value.transaction.within(value, use, alone)
          return inTurn(
            (connection) => inTransactionOf(connection, isWhole ? inLevel(client, connection, whole) : use(connection)),
            asCaller
          )
        }).pipe(
          Effect.mapError((error) =>
            isSqlError(error)
              ? new StoreError({ operation, cause: error, reason: reasonOf(error) })
              : error as Exclude<E, SqlError.SqlError>
          )
        )

    // Whoever is the first to ask forks who waits for all, or nobody would.
    const waitForEnd = (effect: Effect.Effect<void>, mark?: string) =>
      Effect.uninterruptible(Effect.suspend(() => {
        const waiting = afterwards.size > 0
        afterwards.set(effect, mark)
        return waiting ? Effect.void : Effect.asVoid(Effect.forkIn(Effect.interruptible(runAfterwards), scope))
      }))

    const statement = joining(alone(holdingConnection(client)))

    return {
      statement,
      interruptibleUntilRun: joining(alone(holdingConnection(client, Effect.interruptible))),
      transaction: untraced(joining(inTransaction)),
      allOrNone: untraced(joining(inTransaction, true)),
      part: (write) => write,
      // SQLite may have rolled the whole transaction back. Nothing may follow in it then.
      withSavepoint: (write) => inSavepoint(write, (_, error) => rolledBackAfter(error)),
      isInside: (context) => Option.isSome(ambientTransaction(context)),
      afterTransaction: (effect) =>
        Effect.flatMap(ambient, (ambient) => Option.isNone(ambient) ? effect : waitForEnd(effect)),
      afterCommit: (effect) =>
        Effect.flatMap(ambient, (ambient) => {
          if (Option.isNone(ambient)) return effect
          const mark = Effect.flatMap(SqlClient.TransactionConnection, ([connection]) => commits.mark(connection))
          return statement("afterCommit", mark).pipe(
            // A transaction of thousands of enqueues has as many of these.
            Effect.flatMap((mark) => waitForEnd(Effect.zipRight(giveWay, effect), mark)),
            Effect.catchAll((error) =>
              line(LogLevel.Debug, "A transaction that cannot be written to tells no events", { error: error.message })
            )
          )
        })
    }
  })

const reasonOf = ({ cause }: SqlError.SqlError): StoreErrorReason =>
  isDatabaseReplaced(cause) ? "databaseReplaced" : "unavailable"

/**
 * Runs an effect's statements on the connection itself, which nobody else uses
 * meanwhile. They answer with numbers, even if the caller's own statements are to
 * answer with bigints: the driver goes on giving bigints for a statement that was
 * once run for them.
 */
const on =
  <A, E>(effect: Effect.Effect<A, E, SqlClient.TransactionConnection>) =>
  (connection: SqlConnection.Connection): Effect.Effect<A, E> =>
    Effect.withFiberRuntime((fiber, { runtimeFlags }) => {
      const { currentContext } = fiber
      const inside = onConnection(currentContext, connection)
      // Providing it takes a scope, since an interruption could leave it in place.
      if (RuntimeFlags.interruptible(runtimeFlags)) return Effect.provide(effect, inside)
      return Effect.matchCauseEffect(
        Effect.zipRight(FiberRef.set(FiberRef.currentContext, inside), effect as Effect.Effect<A, E>),
        {
          onFailure: (cause) =>
            Effect.zipRight(FiberRef.set(FiberRef.currentContext, currentContext), Effect.failCause(cause)),
          onSuccess: (answer) => Effect.as(FiberRef.set(FiberRef.currentContext, currentContext), answer)
        }
      )
    })

const onConnection = (context: Context.Context<never>, connection: SqlConnection.Connection) =>
  context.pipe(
    Context.add(SqlClient.SafeIntegers, false),
    Context.add(SqlClient.TransactionConnection, [connection, 0] as const)
  )

/** The caller's trace is about the caller's work. */
const untraced = (run: Run): Run => (operation, effect) => Effect.withTracerEnabled(run(operation, effect), false)

/** Runs an effect as a nested level of a transaction that an app's own client has begun. */
const inLevel = <A, E, R>(
  client: SqlClient.SqlClient,
  connection: SqlConnection.Connection,
  use: (level: Level) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) => {
    const transaction = new SqliteTransaction(client.reserve, connection, connection, fiber, false)
    return Effect.ensuring(use(transaction.level), transaction.close)
  })

const ambient = Effect.contextWith((context: Context.Context<never>) => ambientTransaction(context))
