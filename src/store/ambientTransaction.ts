import * as SqlClient from "@effect/sql/SqlClient"
import { Context, Effect } from "effect"

/** `context` without any transaction. */
export const withoutTransaction = <R>(context: Context.Context<R>): Context.Context<R> =>
  Context.omit(SqlClient.TransactionConnection)(context as Context.Context<never>) as Context.Context<R>

/** Runs `effect` as if no transaction were open: what a worker does by itself is never part of anybody's transaction. */
export const outsideTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(effect, (context: Context.Context<R>) => withoutTransaction(context))
