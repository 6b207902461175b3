import type { Duration } from "effect"
import { Effect, Either, Schema } from "effect"
import { checkOption } from "./check.ts"
import { FiniteSpan } from "./limits.ts"

/**
 * "Not now": the attempt ends, the job becomes pending again after `delay`, and
 * none of its failure budget is spent.
 */
export class Snooze extends Schema.TaggedError<Snooze>()("Snooze", {
  delay: Schema.DurationFromSelf
}) {}

/** "Never again": the job fails for good, even with budget left, and `reason` is kept as its error. */
export class NeverRetry extends Schema.TaggedError<NeverRetry>()("NeverRetry", {
  reason: Schema.Unknown
}) {}

/** A failure by which a handler decides about its job, beside its own errors. */
export type Verdict = Snooze | NeverRetry

/** Ends the attempt and makes the job available again after `delay`, which must be finite and not negative. */
export const snooze = (delay: Duration.DurationInput): Effect.Effect<never, Snooze> =>
  Either.match(checkOption("snooze", FiniteSpan, delay), {
    onLeft: Effect.die,
    onRight: (delay) => Effect.fail(new Snooze({ delay }))
  })

/** Ends the attempt and fails the job for good. `reason` may be any error; its readable form is kept. */
export const neverRetry = (reason: unknown): Effect.Effect<never, NeverRetry> => Effect.fail(new NeverRetry({ reason }))
