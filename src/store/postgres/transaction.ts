import type * as SqlConnection from "@effect/sql/SqlConnection"
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type { Context, Fiber, Scope } from "effect"
import { Cause, Effect, Option, Stream } from "effect"
import { guardTelemetry } from "../guardTelemetry.ts"
import { ambientTransaction } from "../transaction/ambientTransaction.ts"
import { inSpan, nested, within } from "../transaction/levels.ts"
import type { Level } from "../transaction/openTransaction.ts"
import { isLevel, OpenTransaction } from "../transaction/openTransaction.ts"
import { command } from "../transaction/transactionControl.ts"
import { rolledBackAfter } from "../transaction/transactionErrors.ts"
import { withConnection } from "./reserve.ts"

/** What is to run once a transaction has ended. */
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
  private readonly spoilt = new WeakSet<Level>()

  /** Runs an effect in a scope once the transaction has ended. The same effect at the same level runs once, unless it waits for a commit. */
  after(level: Level, then: Afterwards): void {
    const waiting = this.followers.get(level) ?? []
    if (!then.ifCommitted && waiting.some(({ effect }) => effect === then.effect)) return
    this.followers.set(level, [...waiting, then])
  }

  override commit(...[level, wait]: Parameters<OpenTransaction["commit"]>): Effect.Effect<void, SqlError.SqlError> {
    return Effect.zipRight(
      super.commit(level, wait),
      Effect.suspend(() => {
        const waiting = this.followers.get(level) ?? []
        this.followers.delete(level)
        if (level.around === undefined) return runAll(waiting)
        for (const then of waiting) this.after(level.around, then)
        return Effect.void
      })
    )
  }

  override undo(level: Level): Effect.Effect<void> {
    return Effect.zipRight(
      Effect.suspend(() => {
        // Its savepoint, or else the transaction, is still there to go back to.
        if (this.spoilt.has(level)) level.state = "open"
        return super.undo(level)
      }),
      Effect.suspend(() => {
        const waiting = (this.followers.get(level) ?? []).filter(({ ifCommitted }) => !ifCommitted)
        this.followers.delete(level)
        if (level.around === undefined) return runAll(waiting)
        for (const then of waiting) this.after(level.around, then)
        return Effect.void
      })
    )
  }

  /** Finds out whether what has failed in the transaction has spoilt its innermost level. */
  protected look(cause: Cause.Cause<unknown>): Effect.Effect<void> {
    const { innermost } = this.turns
    if (innermost.state !== "open") return Effect.void
    return Effect.matchEffect(command(this.connection, "SELECT 1"), {
      onSuccess: () => Effect.void,
      onFailure: () =>
        Effect.sync(() => {
          this.spoilt.add(innermost)
          innermost.state = rolledBackAfter(Cause.squash(cause))
          this.turns.refuse(innermost, innermost.state)
        })
    })
  }
}

/** True for a transaction on PostgreSQL, whichever copy of the package began it. */
export const isPostgres = (transaction: OpenTransaction): transaction is PostgresTransaction =>
  transaction.system === "postgresql"

const runAll = (waiting: ReadonlyArray<Afterwards>) =>
  Effect.forEach(waiting, ({ effect, scope }) => Effect.forkIn(effect, scope), { discard: true })

/**
 * The client's `withTransaction`, with these differences:
 *
 * - A transaction in which a statement has failed cannot succeed.
 * - A COMMIT that fails is a SqlError, and not a defect.
 * - Nested transactions run one after the other.
 * - A fiber that outlives it cannot write into a later one.
 * - An interruption while it waits for a connection costs the pool none.
 */
export const postgresTransaction = (client: SqlClient.SqlClient): SqlClient.SqlClient["withTransaction"] => {
  const afterwards = pooled(client)

  const outermost = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError.SqlError, R> =>
    Effect.uninterruptibleMask((restore) =>
      inSpan("postgresql", (span) =>
        withConnection(client, (connection) =>
          Effect.zipRight(
            command(connection, "BEGIN"),
            Effect.withFiberRuntime<A, E | SqlError.SqlError, R>((fiber: Fiber.RuntimeFiber<unknown, unknown>) => {
              const transaction = new PostgresTransaction(client.reserve, connection, afterwards, fiber)
              return Effect.ensuring(within(transaction.level, effect, span, restore), transaction.close)
            })
          ), restore))
    )

  return <R, E, A>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError.SqlError, R> =>
    Effect.contextWithEffect((context: Context.Context<never>) =>
      Option.match(ambientTransaction(context), {
        onNone: () => outermost(effect),
        onSome: (ambient) =>
          isLevel(ambient) ? nested(ambient, () => effect, outermost(effect)) : client.withTransaction(effect)
      })
    ).pipe(guardTelemetry)
}

/** A connection that takes one of the pool for each statement. */
export const pooled = (client: Pick<SqlClient.SqlClient, "reserve">): SqlConnection.Connection => {
  const each = <A>(use: (connection: SqlConnection.Connection) => Effect.Effect<A, SqlError.SqlError>) =>
    Effect.uninterruptibleMask((restore) => withConnection(client, (connection) => restore(use(connection)), restore))
  return {
    execute: (...statement) => each((connection) => connection.execute(...statement)),
    executeRaw: (...statement) => each((connection) => connection.executeRaw(...statement)),
    executeValues: (...statement) => each((connection) => connection.executeValues(...statement)),
    executeUnprepared: (...statement) => each((connection) => connection.executeUnprepared(...statement)),
    executeStream: (...statement) =>
      Stream.unwrapScoped(Effect.map(client.reserve, (connection) => connection.executeStream(...statement)))
  }
}
