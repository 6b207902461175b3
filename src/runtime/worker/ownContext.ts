import { Context, Effect, Tracer } from "effect"
import { withoutTransaction } from "../../store/ambientTransaction.ts"

/**
 * `context` without the transaction and the span that were open where it was made:
 * they belong neither to a worker nor to its jobs, and may never end.
 */
export const ownContext = <R>(context: Context.Context<R>): Context.Context<R> =>
  Context.omit(Tracer.ParentSpan)(withoutTransaction(context) as Context.Context<never>) as Context.Context<R>

/** Runs `effect` as if no transaction and no span were open. */
export const inOwnContext = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(effect, (context: Context.Context<R>) => ownContext(context))
