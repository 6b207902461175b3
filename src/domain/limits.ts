import { DateTime, Duration, identity, Option, ParseResult, Schema } from "effect"
import { spanOf } from "./spanOf.ts"

/*
 * The rules for options. Each is a Schema whose description says what it accepts;
 * check.ts shows it where a value is refused.
 */

const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  Schema.Number.pipe(Schema.filter((given) => Number.isSafeInteger(given) && given >= least && given <= most))
    .annotations({
      description: most === Number.MAX_SAFE_INTEGER
        ? `a whole number of ${least} or more`
        : `a whole number from ${least} to ${most}`
    })

/** Jobs of one kind: few distinct priorities keep claims cheap. */
export const Priority = wholeNumber(-1000, 1000)

export const MaxAttempts = wholeNumber(1)

/** The most jobs at once, of a worker or one of its queues. */
export const Concurrency = wholeNumber(1, 1000)

/** The most connections of a pool. One of them listens while there are workers. */
export const Connections = wholeNumber(2, 1000)

/** The name of a schema of PostgreSQL. It cuts longer ones without a word, and keeps those of pg_ for itself. */
export const SchemaName = Schema.String.pipe(
  Schema.filter((name) =>
    name !== "" && new TextEncoder().encode(name).length <= 63 && name.isWellFormed() && !name.includes("\0") &&
    !name.startsWith("pg_")
  )
).annotations({
  description: "the name of a schema: well-formed text of 1 to 63 bytes without U+0000 that does not begin with pg_"
})

/** The most jobs that a worker claims before there is a place for them. */
export const ClaimAhead = wholeNumber(0, 1000)

/** The most jobs of a worker that ends by itself. */
export const MaxJobs = wholeNumber(1)

/** The most jobs of one claim. */
export const ClaimLimit = wholeNumber(1, 1000)

/** The most jobs of a page. */
export const PageLimit = wholeNumber(1, 100)

/** The most jobs that a count goes to. */
export const CountLimit = wholeNumber(1, 100_000)

/** A name or a key. SQLite gives half a surrogate pair back as another character, and PostgreSQL has no U+0000. */
export const Name = Schema.String.pipe(
  Schema.filter((name) => name.length > 0 && name.length <= 255 && name.isWellFormed() && !name.includes("\0"))
).annotations({ description: "well-formed text of 1 to 255 characters without U+0000" })

/** A part of an error's text. */
export const SearchText = Schema.String.pipe(
  Schema.filter((text) => text.length > 0 && text.length <= 1000 && text.isWellFormed() && !text.includes("\0"))
).annotations({ description: "well-formed text of 1 to 1000 characters without U+0000" })

/** A kind, which people read: a name that is not blank. */
export const Kind = Name.pipe(Schema.filter((name) => name.trim() !== "")).annotations({
  description: "a name: well-formed text of 1 to 255 characters without U+0000, not only spaces"
})

/** A duration that `fits`, as `rounded` has it. */
const span = (
  allowed: string,
  fits: (span: Duration.Duration) => boolean,
  rounded: (span: Duration.Duration) => Duration.Duration = identity
) =>
  Schema.transformOrFail(Schema.Unknown, Schema.DurationFromSelf, {
    strict: true,
    decode: (given, _, ast) =>
      Option.match(Option.filter(spanOf(given), fits), {
        onNone: () => ParseResult.fail(new ParseResult.Type(ast, given)),
        onSome: (span) => ParseResult.succeed(rounded(span))
      }),
    encode: ParseResult.succeed
  }).annotations({ description: `${allowed}, e.g. "30 seconds"` })

/** No timer can be set further ahead. */
const longestTimer = Duration.days(24)

const timerSpan = (least: number) =>
  span(
    `a duration from ${least} ms to 24 days`,
    (span) => Duration.toMillis(span) >= least && Duration.lessThanOrEqualTo(span, longestTimer),
    (span) => Duration.millis(Math.ceil(Duration.toMillis(span)))
  )

/** A lease, an interval or a timeout, in whole milliseconds. */
export const TimerSpan = timerSpan(1)

/** A grace: the same, or nothing. */
export const Grace = timerSpan(0)

/** Ten years, which for a job is never. */
export const longestDelay = Duration.days(3650)

/** The wait of a job before it is due. */
export const Delay = span("a duration from 0 to ten years", Duration.lessThanOrEqualTo(longestDelay))

/** A snooze; one of more than ten years is cut to that. */
export const FiniteSpan = span("a finite duration of 0 or more", Duration.isFinite)

/** Any wait, endless ones included. */
export const Span = span("a duration of 0 or more", () => true)

/** The instant at which a job is due. */
export const Instant = Schema.transformOrFail(Schema.Unknown, Schema.DateTimeUtcFromSelf, {
  strict: true,
  decode: (given, _, ast) =>
    Option.match(DateTime.make(given as DateTime.DateTime.Input), {
      onNone: () => ParseResult.fail(new ParseResult.Type(ast, given)),
      onSome: (instant) => ParseResult.succeed(DateTime.toUtc(instant))
    }),
  encode: ParseResult.succeed
}).annotations({ description: "an instant: a DateTime, a Date, or epoch milliseconds" })
