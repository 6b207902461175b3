import type * as SqlConnection from "@effect/sql/SqlConnection"
import * as SqlError from "@effect/sql/SqlError"
import { Duration, Effect, Either, Option, Predicate } from "effect"
import { checkOption } from "../../domain/check.ts"
import { StoreError } from "../../domain/errors.ts"
import { TimerSpan } from "../../domain/limits.ts"

type Connection = SqlConnection.Connection

/** The limit of a statement unless given, as that of SQLite's locks. */
export const defaultLimit = Duration.seconds(30)

/** The option as a span, with its default. */
export const readStatementTimeout = (
  given: Duration.DurationInput | undefined
): Either.Either<Duration.Duration, StoreError> =>
  given === undefined ? Either.right(defaultLimit) : Either.mapLeft(
    checkOption("statementTimeout", TimerSpan, given),
    (cause) => new StoreError({ operation: "open", cause })
  )

/**
 * A connection on which no statement waits longer than `limit`, neither for another
 * transaction nor for the network, which can drop packets for a quarter of an hour
 * before it reports anything.
 *
 * A statement without an answer is cancelled and fails; whether it happened is
 * unknown. The connection is ended: the answer may still be on its way.
 */
export const answering = (connection: Connection, limit: Duration.Duration): Connection =>
  bounded(connection, limit, () => true)

/**
 * The same for BEGIN, COMMIT, ROLLBACK and savepoints only. What an app runs between
 * them can take as long as it likes.
 */
export const controlling = (connection: Connection, limit: Duration.Duration): Connection =>
  bounded(connection, limit, (text) => control.test(text))

const control = /^(?:(?:BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b|SELECT 1$)/

const bounded = (
  connection: Connection,
  limit: Duration.Duration,
  isBounded: (text: string) => boolean
): Connection => {
  const inTime = <A>(text: string, statement: Effect.Effect<A, SqlError.SqlError>) =>
    isBounded(text) ? within(connection, limit, statement) : statement
  return {
    // The driver's own connection stands in a member of it.
    ...connection,
    execute: (...statement) => inTime(statement[0], connection.execute(...statement)),
    executeRaw: (...statement) => inTime(statement[0], connection.executeRaw(...statement)),
    executeValues: (...statement) => inTime(statement[0], connection.executeValues(...statement)),
    executeUnprepared: (...statement) => inTime(statement[0], connection.executeUnprepared(...statement)),
    executeStream: (...statement) => connection.executeStream(...statement)
  }
}

const within = <A>(
  connection: Connection,
  limit: Duration.Duration,
  statement: Effect.Effect<A, SqlError.SqlError>
): Effect.Effect<A, SqlError.SqlError> =>
  Effect.flatMap(
    // It is cancelled in the background, over another connection, which may answer as little.
    Effect.timeoutOption(Effect.interruptible(Effect.disconnect(statement)), limit),
    Option.match({
      onNone: () => Effect.zipRight(end(connection), Effect.fail(noAnswer(limit))),
      onSome: Effect.succeed
    })
  )

/** Fails if the server does not answer within `limit`. What it was asked is left behind, with its connection. */
export const answeredWithin = (limit: Duration.Duration) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.timeoutFail(Effect.disconnect(effect), { duration: limit, onTimeout: () => noAnswer(limit) })

const noAnswer = (limit: Duration.Duration) =>
  new SqlError.SqlError({
    cause: new Error(
      `PostgreSQL has not answered for ${Duration.format(limit)}; whether the statement was carried out is unknown`
    ),
    message: "No answer"
  })

/** Ends a connection, so that the pool drops it and what waits on it fails. With a statement on its way the driver closes the socket at once. */
export const end = (connection: Connection): Effect.Effect<void> =>
  Effect.sync(() => {
    const { pg } = connection as { readonly pg?: unknown }
    if (Predicate.hasProperty(pg, "end") && Predicate.isFunction(pg.end)) {
      void Promise.resolve(pg.end()).catch(() => {})
    }
  })
