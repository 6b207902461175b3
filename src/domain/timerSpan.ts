import { Duration, Option } from "effect"
import { spanOf } from "./spanOf.ts"

/** No timer can be set further ahead. */
const longest = Duration.days(24)

/** `input` in whole milliseconds, rounded up, if it is at least `least` of them and at most 24 days. */
export const timerSpan = (input: Duration.DurationInput, least: number): Option.Option<Duration.Duration> =>
  spanOf(input).pipe(
    Option.filter((span) => Duration.toMillis(span) >= least && Duration.lessThanOrEqualTo(span, longest)),
    Option.map((span) => Duration.millis(Math.ceil(Duration.toMillis(span))))
  )
