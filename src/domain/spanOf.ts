import { Duration, Option } from "effect"

/** `input` as a Duration; none unless it is one of 0 or more, since Duration makes 0 of NaN and of what is negative. */
export const spanOf = (input: unknown): Option.Option<Duration.Duration> =>
  isBelowZero(input) ? Option.none() : Duration.decodeUnknown(input)

/** NaN included, and of a tuple any part. */
const isBelowZero = (input: unknown): boolean => {
  if (typeof input === "string") return input.startsWith("-")
  if (typeof input === "number" || typeof input === "bigint") return !(input >= 0)
  return Array.isArray(input) && input.some(isBelowZero)
}
