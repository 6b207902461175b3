import { Duration, Effect, Option, Schema } from "effect"
import { InvalidOption } from "./errors.ts"
import { spanOf } from "./spanOf.ts"

/**
 * "Not now": the attempt ends, the job becomes pending again after `delay`, and
 * none of its failure budget is spent.
 */
export class Snooze extends Schema.TaggedError<Snooze>()("Snooze", {
  delay: Schema.DurationFromSelf
}) {}

/** "Never again": the job fails for good, whatever budget is left, and `reason` is kept as its error. */
export class NeverRetry extends Schema.TaggedError<NeverRetry>()("NeverRetry", {
  reason: Schema.Unknown
}) {}

/** What a handler may fail with beside its own error, to say what becomes of the job. */
export type Verdict = Snooze | NeverRetry

/** Ends the attempt and makes the job available again after `delay`, which must be finite and not negative. */
export const snooze = (delay: Duration.DurationInput): Effect.Effect<never, Snooze> => {
  const span = spanOf(delay)
  return Option.isSome(span) && Duration.isFinite(span.value)
    ? Effect.fail(new Snooze({ delay: span.value }))
    : Effect.die(
      new InvalidOption({
        option: "snooze",
        given: Option.isSome(span) ? "an infinite delay" : String(delay),
        allowed: "a finite duration of 0 or more"
      })
    )
}

/** Ends the attempt and fails the job for good. `reason` may be any error; its readable form is kept. */
export const neverRetry = (reason: unknown): Effect.Effect<never, NeverRetry> => Effect.fail(new NeverRetry({ reason }))
