import { Duration, Option } from "effect"

/** `input` as a Duration of 0 or more, or none. Duration itself makes 0 of NaN and of negative numbers. */
export const spanOf = (input: unknown): Option.Option<Duration.Duration> =>
  isBelowZero(input) ? Option.none() : Duration.decodeUnknown(input)

/** True for NaN, too, and for a tuple with such a part. */
const isBelowZero = (input: unknown): boolean => {
  if (typeof input === "string") return input.startsWith("-")
  if (typeof input === "number" || typeof input === "bigint") return !(input >= 0)
  return Array.isArray(input) && input.some(isBelowZero)
}
