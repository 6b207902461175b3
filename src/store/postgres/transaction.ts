import type * as SqlConnection from "@effect/sql/SqlConnection"
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type { Context, Duration, Fiber, Scope } from "effect"
import { Cause, Effect, Option, Predicate } from "effect"
import { guardTelemetry } from "../guardTelemetry.ts"
import { ambientTransaction } from "../transaction/ambientTransaction.ts"
import { eachByItself } from "../transaction/eachByItself.ts"
import { inSpan, nested, within } from "../transaction/levels.ts"
import type { Level } from "../transaction/openTransaction.ts"
import { isLevel, OpenTransaction } from "../transaction/openTransaction.ts"
import { command } from "../transaction/transactionControl.ts"
import { endedUnknown, rolledBackAfter } from "../transaction/transactionErrors.ts"
import { controlling, defaultLimit } from "./answering.ts"
import { isRefusal } from "./errorCodes.ts"
import { endingIfInterrupted, safely, withConnection } from "./reserve.ts"

/** An effect to run once a transaction has ended. */
interface Afterwards {
  readonly effect: Effect.Effect<void>
  readonly scope: Scope.Scope
  /** It runs only if what was written at this level is committed. */
  readonly ifCommitted: boolean
}

/**
 * A transaction that is open on a connection of PostgreSQL's.
 *
 * A statement that fails there spoils its transaction, or the part of it since the
 * last savepoint: nothing more runs in it, and its COMMIT succeeds and rolls back.
 * So the level in which a statement has failed refuses all that follows, and
 * cannot be committed. A nested one is rolled back to its savepoint, and the
 * levels around it go on.
 */
export class PostgresTransaction extends OpenTransaction {
  readonly system = "postgresql"
  private readonly followers = new Map<Level, Array<Afterwards>>()
  private readonly spoilt = new WeakMap<Level, SqlError.SqlError>()

  /**
   * Runs an effect in a scope once the transaction has ended: each time that it is
   * given if it waits for the commit, and otherwise once.
   */
  after(level: Level, then: Afterwards): void {
    // A fiber that outlives its level belongs to the one around it.
    let at = level
    while (at.state === "ended" && at.around !== undefined) at = at.around
    const waiting = this.followers.get(at)
    if (waiting === undefined) this.followers.set(at, [then])
    else if (then.ifCommitted || waiting.every(({ effect }) => effect !== then.effect)) waiting.push(then)
  }

  /** A statement can take long, or wait for another transaction, and so it can be interrupted. Nobody else runs one meanwhile. */
  override within<A, E, R>(
    level: Level,
    use: (connection: SqlConnection.Connection) => Effect.Effect<A, E, R>,
    alone: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | SqlError.SqlError, R> {
    return Effect.checkInterruptible((isInterruptible) =>
      super.within(level, isInterruptible ? (connection) => Effect.interruptible(use(connection)) : use, alone)
    )
  }

  override commit(...[level, wait]: Parameters<OpenTransaction["commit"]>): Effect.Effect<void, SqlError.SqlError> {
    return Effect.zipRight(super.commit(level, wait), this.passOn(level, true))
  }

  override undo(level: Level): Effect.Effect<void> {
    return Effect.zipRight(super.undo(level), this.passOn(level, false))
  }

  /** The server answers the COMMIT of a spoilt transaction with success, and that it has rolled back. */
  protected override commitWhole(connection: SqlConnection.Connection): Effect.Effect<void, SqlError.SqlError> {
    // Whoever waits for a turn would write by itself.
    const failed = (error: SqlError.SqlError, because: typeof rolledBackAfter) => {
      this.spoil(this.outermost, error, because)
      return Effect.fail(error)
    }
    return Effect.matchEffect(connection.executeRaw("COMMIT", []), {
      onFailure: (error) => failed(error, isRefusal(error) ? rolledBackAfter : endedUnknown),
      onSuccess: (result) =>
        Predicate.hasProperty(result, "command") && result.command === "ROLLBACK"
          ? failed(rolledBackAfter(new Error("it is not known, as it was a stream")), rolledBackAfter)
          : Effect.void
    })
  }

  /** A level in which a statement has failed, until it is rolled back. */
  protected override isSpoilt(level: Level): boolean {
    return this.spoilt.get(level) === level.state
  }

  private spoil(level: Level, error: unknown, because = rolledBackAfter): void {
    const why = because(error)
    level.state = why
    this.spoilt.set(level, why)
    this.turns.refuse(level, why)
  }

  /** Gives what waits for a level to the one around it, or runs it if there is none. */
  private passOn(level: Level, isCommitted: boolean): Effect.Effect<void> {
    return Effect.suspend(() => {
      const waiting = (this.followers.get(level) ?? []).filter(({ ifCommitted }) => isCommitted || !ifCommitted)
      this.followers.delete(level)
      if (level.around === undefined) {
        return Effect.forEach(waiting, ({ effect, scope }) => Effect.forkIn(effect, scope), { discard: true })
      }
      for (const then of waiting) this.after(level.around, then)
      return Effect.void
    })
  }

  /** Finds out whether what has failed in the transaction has spoilt its innermost level. */
  protected look(cause: Cause.Cause<unknown>): Effect.Effect<void> {
    const { innermost } = this.turns
    if (innermost.state !== "open") return Effect.void
    return Effect.matchEffect(command(this.connection, "SELECT 1"), {
      onSuccess: () => Effect.void,
      onFailure: () => Effect.sync(() => this.spoil(innermost, Cause.squash(cause)))
    })
  }
}

/** True for a transaction on PostgreSQL, whichever copy of the package began it. */
export const isPostgres = (transaction: OpenTransaction): transaction is PostgresTransaction =>
  transaction.system === "postgresql"

/**
 * The client's `withTransaction`, with these differences:
 *
 * - A transaction in which a statement has failed cannot succeed.
 * - A COMMIT that fails is a SqlError, and not a defect.
 * - Nested transactions run one after the other.
 * - A fiber that outlives it cannot write into a later one.
 * - An interruption while it waits for a connection costs the pool none.
 *
 * None of what begins or ends it waits longer than `limit` for the server.
 */
export const postgresTransaction = (
  client: SqlClient.SqlClient,
  limit: Duration.Duration = defaultLimit
): SqlClient.SqlClient["withTransaction"] => {
  const afterwards = pooled(client)
  // As it is now: on our client this function takes its place.
  const { withTransaction: ofClient } = client

  const outermost = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError.SqlError, R> =>
    Effect.uninterruptibleMask((restore) =>
      inSpan("postgresql", (span) =>
        withConnection(client, (driver) => {
          const connection = controlling(driver, limit)
          return Effect.zipRight(
            command(connection, "BEGIN"),
            Effect.withFiberRuntime<A, E | SqlError.SqlError, R>((fiber: Fiber.RuntimeFiber<unknown, unknown>) => {
              const transaction = new PostgresTransaction(client.reserve, connection, afterwards, fiber)
              return Effect.ensuring(within(transaction.level, effect, span, restore), transaction.close)
            })
          )
        }, restore))
    )

  return <R, E, A>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError.SqlError, R> =>
    Effect.contextWithEffect((context: Context.Context<never>) =>
      Option.match(ambientTransaction(context), {
        onNone: () => outermost(effect),
        onSome: (ambient) => isLevel(ambient) ? nested(ambient, () => effect, outermost(effect)) : ofClient(effect)
      })
    ).pipe(guardTelemetry)
}

/** A connection that takes one of the pool for each statement. */
export const pooled = (client: Pick<SqlClient.SqlClient, "reserve">): SqlConnection.Connection =>
  eachByItself(
    (use) =>
      Effect.uninterruptibleMask((restore) =>
        endingIfInterrupted(client, (connection) => restore(use(connection)), restore)
      ),
    safely(client.reserve)
  )
