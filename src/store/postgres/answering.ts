import type * as SqlConnection from "@effect/sql/SqlConnection"
import * as SqlError from "@effect/sql/SqlError"
import { Clock, Duration, Effect, Either, Fiber, Predicate } from "effect"
import { checkOption } from "../../domain/check.ts"
import { StoreError } from "../../domain/errors.ts"
import { TimerSpan } from "../../domain/limits.ts"
import { endsInterrupted } from "../statements/execute.ts"

type Connection = SqlConnection.Connection

/** The limit of a statement unless given, as that of SQLite's locks. */
export const defaultLimit = Duration.seconds(30)

/** The option as a span, or `otherwise`. */
export const readSpan = (
  option: "statementTimeout" | "connectTimeout",
  given: Duration.DurationInput | undefined,
  otherwise: Duration.Duration
): Either.Either<Duration.Duration, StoreError> =>
  given === undefined ? Either.right(otherwise) : Either.mapLeft(
    checkOption(option, TimerSpan, given),
    (cause) => new StoreError({ operation: "open", cause })
  )

/** The longest that a ROLLBACK may take, and a look at what is left of a transaction: a handler that was interrupted waits for them. */
const longestRollback = Duration.seconds(5)

/**
 * A connection on which no statement waits longer than `limit`, neither for another
 * transaction nor for the network, which can drop packets for a quarter of an hour
 * before it reports anything.
 *
 * The connection of a statement without an answer is ended, and the statement
 * fails. Whether it happened is unknown.
 */
export const answering = (connection: Connection, limit: Duration.Duration): Connection =>
  bounded(connection, () => limit)

/**
 * The same for BEGIN, COMMIT, ROLLBACK and savepoints only. What an app runs between
 * them can take as long as it likes.
 */
export const controlling = (connection: Connection, limit: Duration.Duration): Connection =>
  bounded(connection, (text) =>
    /^(?:BEGIN|COMMIT|SAVEPOINT|RELEASE)\b/.test(text)
      ? limit
      : /^(?:ROLLBACK\b|SELECT 1$)/.test(text)
      ? Duration.min(limit, longestRollback)
      : undefined)

/** A connection on which a statement has the limit that its text is given, or none. */
const bounded = (
  connection: Connection,
  limitOf: (text: string) => Duration.Duration | undefined
): Connection & { readonly [endsInterrupted]: true } => {
  const inTime = <A>(text: string, statement: Effect.Effect<A, SqlError.SqlError>) => {
    const limit = limitOf(text)
    return limit === undefined ? statement : endedAfter(connection, limit, statement)
  }
  return {
    // The driver's own connection stands in a member of it.
    ...connection,
    [endsInterrupted]: true,
    execute: (...statement) => inTime(statement[0], connection.execute(...statement)),
    executeRaw: (...statement) => inTime(statement[0], connection.executeRaw(...statement)),
    executeValues: (...statement) => inTime(statement[0], connection.executeValues(...statement)),
    executeUnprepared: (...statement) => inTime(statement[0], connection.executeUnprepared(...statement)),
    executeStream: (...statement) => connection.executeStream(...statement)
  }
}

/**
 * Ends the connection where a statement is not answered in time, which makes the
 * statement fail. It is interrupted as the driver has it, and not at all where its
 * caller cannot be.
 */
const endedAfter = <A>(
  connection: Connection,
  limit: Duration.Duration,
  statement: Effect.Effect<A, SqlError.SqlError>
): Effect.Effect<A, SqlError.SqlError> =>
  Effect.suspend(() => {
    let isOver = false
    const timer = Effect.flatMap(over(limit), () => {
      isOver = true
      return end(connection)
    })
    return Effect.acquireUseRelease(
      Effect.forkDaemon(timer),
      () => Effect.mapError(statement, (error) => isOver ? noAnswer(limit) : error),
      Fiber.interruptFork
    )
  })

/** By the time of the world: a test's clock does not know how long a network takes. */
const over = (limit: Duration.Duration) => Effect.withClock(Effect.interruptible(Effect.sleep(limit)), Clock.make())

/** Fails if the server does not answer within `limit`. The effect goes on in the background until it notices. */
export const answeredWithin = (limit: Duration.Duration) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.raceFirst(
    Effect.interruptible(Effect.disconnect(effect)),
    Effect.zipRight(over(limit), Effect.fail(noAnswer(limit)))
  )

const noAnswer = (limit: Duration.Duration) =>
  new SqlError.SqlError({
    cause: new Error(
      `PostgreSQL has not answered for ${
        Duration.format(limit)
      }, because of the network or of another transaction's lock; `
        + "whether the statement was carried out is unknown"
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
