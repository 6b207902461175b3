import * as SqlClient from "@effect/sql/SqlClient"
import { Context, Effect, Option } from "effect"

/** `context` without any transaction. */
export const withoutTransaction = <R>(context: Context.Context<R>): Context.Context<R> =>
  Context.omit(SqlClient.TransactionConnection)(context as Context.Context<never>) as Context.Context<R>

/** True in a transaction that is open in the context. */
export const isInTransaction: Effect.Effect<boolean> = Effect.map(
  Effect.serviceOption(SqlClient.TransactionConnection),
  Option.isSome
)

/** Runs `effect` as if no transaction were open: what a worker does by itself is never part of anybody's transaction. */
export const outsideTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(effect, (context: Context.Context<R>) => withoutTransaction(context))
