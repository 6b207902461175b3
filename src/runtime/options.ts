import { Duration, Effect, Option } from "effect"
import { InvalidOption } from "../domain/errors.ts"
import { timerSpan } from "../domain/timerSpan.ts"

/** How long a claim holds unless its definition or its worker says otherwise. */
export const defaultLease = Duration.minutes(10)

/**
 * The payloads that one claim may take: reading and parsing them takes some tens
 * of milliseconds, in which the event loop stands and no heartbeat is sent.
 */
export const claimBytes = 4 * 1024 * 1024

/** `given` as a whole number from `least` to `most`. */
export const wholeNumber = (
  option: string,
  given: number,
  least: number,
  most = Number.MAX_SAFE_INTEGER
): Effect.Effect<number, InvalidOption> =>
  Number.isSafeInteger(given) && given >= least && given <= most ? Effect.succeed(given) : Effect.fail(
    new InvalidOption({
      option,
      given: String(given),
      allowed: most === Number.MAX_SAFE_INTEGER
        ? `a whole number of ${least} or more`
        : `a whole number from ${least} to ${most}`
    })
  )

/** `given` as a span, in whole milliseconds, that a timer can wait for: at least `least` of them, at most 24 days. */
export const span = (
  option: string,
  given: Duration.DurationInput,
  least = 1
): Effect.Effect<Duration.Duration, InvalidOption> =>
  Option.match(timerSpan(given, least), {
    onSome: Effect.succeed,
    onNone: () =>
      Effect.fail(
        new InvalidOption({
          option,
          given: Duration.isDuration(given) ? Duration.format(given) : String(given),
          allowed: `a duration from ${least} ms to 24 days`
        })
      )
  })
