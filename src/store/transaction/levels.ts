import type * as SqlError from "@effect/sql/SqlError"
import * as SqlClient from "@effect/sql/SqlClient"
import { Context, Effect, Tracer } from "effect"
import type { Level } from "./openTransaction.ts"
import type { Wait } from "./turns.ts"

/** Runs an effect in a level inside another; or `alone`, when that and all around it have ended. */
export const nested = <A, E, R>(
  level: Level,
  effect: (inner: Level) => Effect.Effect<A, E, R>,
  alone: Effect.Effect<A, E | SqlError.SqlError, R>
): Effect.Effect<A, E | SqlError.SqlError, R> =>
  Effect.uninterruptibleMask((restore) =>
    inSpan(level.transaction.system, (span) =>
      Effect.flatMap(
        level.transaction.nest(level, restore),
        (inner) => inner === undefined ? restore(alone) : within(inner, effect(inner), span, restore)
      ))
  )

/** Runs an effect in a level that has begun, and ends that: commits it, or rolls it back when the effect or the commit fails. */
export const within = <A, E, R>(
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

/** Runs an effect in the span of a transaction, which names the database as OpenTelemetry does. */
export const inSpan = <A, E, R>(system: "sqlite" | "postgresql", use: (span: Tracer.Span) => Effect.Effect<A, E, R>) =>
  Effect.useSpan("sql.transaction", {
    kind: "client",
    captureStackTrace: false,
    attributes: { "db.system.name": system }
  }, use)
