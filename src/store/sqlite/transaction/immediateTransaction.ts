import type * as SqlError from "@effect/sql/SqlError"
import * as SqlClient from "@effect/sql/SqlClient"
import { Context, Effect, Option, Tracer } from "effect"
import { ambientTransaction } from "./ambientTransaction.ts"
import type { Reservable, Wait } from "../connection.ts"
import { asCaller, heldForEach, lendOf, whenFree } from "../connection.ts"
import { isBusy } from "../errorCodes.ts"
import { guardTelemetry } from "../../guardTelemetry.ts"
import type { Level } from "./openTransaction.ts"
import { isLevel, OpenTransaction } from "./openTransaction.ts"
import { command } from "./transactionControl.ts"

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
        inSpan((span) =>
          lend((connection) =>
            Effect.zipRight(
              Effect.mapError(command(connection, "BEGIN IMMEDIATE"), (error) => new NotBegun(error)),
              Effect.withFiberRuntime<A, E | SqlError.SqlError, R>((fiber) => {
                const transaction = new OpenTransaction(client.reserve, connection, afterwards, fiber)
                return Effect.ensuring(within(transaction.level, effect, span, restore), transaction.close)
              })
            ), restore)
        )
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

/** Runs an effect in a level inside another; or `alone`, when that and all around it have ended. */
export const nested = <A, E, R>(
  level: Level,
  effect: (inner: Level) => Effect.Effect<A, E, R>,
  alone: Effect.Effect<A, E | SqlError.SqlError, R>
): Effect.Effect<A, E | SqlError.SqlError, R> =>
  Effect.uninterruptibleMask((restore) =>
    inSpan((span) =>
      Effect.flatMap(
        level.transaction.nest(level, restore),
        (inner) => inner === undefined ? restore(alone) : within(inner, effect(inner), span, restore)
      )
    )
  )

/** Runs an effect in a level that has begun, and ends that: commits it, or rolls it back when the effect or the commit fails. */
const within = <A, E, R>(
  level: Level,
  effect: Effect.Effect<A, E, R>,
  span: Tracer.Span,
  restore: Wait
): Effect.Effect<A, E | SqlError.SqlError, R> =>
  restore(Effect.mapInputContext(effect, (context: Context.Context<R>) =>
    context.pipe(
      Context.add(SqlClient.TransactionConnection, [level, level.depth] as const),
      Context.add(Tracer.ParentSpan, span)
    ) as Context.Context<R>)).pipe(
      Effect.zipLeft(Effect.zipRight(
        note(span, level.depth === 0 ? "commit" : "savepoint"),
        level.transaction.commit(level, restore)
      )),
      Effect.onError(() => Effect.zipRight(level.transaction.undo(level), note(span, "rollback")))
    )

const note = (span: Tracer.Span, event: string) =>
  Effect.map(Effect.clock, (clock) => span.event(`db.transaction.${event}`, clock.unsafeCurrentTimeNanos()))

const inSpan = <A, E, R>(use: (span: Tracer.Span) => Effect.Effect<A, E, R>) =>
  Effect.useSpan("sql.transaction", {
    kind: "client",
    captureStackTrace: false,
    attributes: { "db.system.name": "sqlite" }
  }, use)
