import { Cause, Inspectable } from "effect"
import { inspect } from "node:util"

/** Any value as text. Never throws: logging must not fail its caller. */
export const readable = (value: unknown): string => {
  try {
    if (value instanceof Error) return String(value)
    if (typeof value !== "object") return Inspectable.toStringUnknown(value)
    // JSON, unless the value holds a bigint.
    return Inspectable.stringifyCircular(value)
  } catch {
    return inspected(value)
  }
}

const inspected = (value: unknown): string => {
  try {
    return inspect(value, { breakLength: Infinity, compact: true })
  } catch {
    return "a value that throws when it is shown"
  }
}

/** The message of a log event, which may be several values. */
export const wordsOf = (message: unknown): string =>
  (Array.isArray(message) ? message : [message]).map(readable).join(" ")

/** The stack and its causes. Rendering throws for errors that hold what cannot be shown. */
export const why = (cause: Cause.Cause<unknown>): string => {
  try {
    return Cause.isEmpty(cause) ? "" : Cause.pretty(cause, { renderErrorCause: true })
  } catch {
    return readable(Cause.squash(cause))
  }
}

/** Characters that break a line, are part of an escape sequence, or change the direction of the text behind them. */
export const unprintable = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** A character as JSON has it. */
export const escaped = (character: string): string =>
  ({ "\n": "\\n", "\r": "\\r", "\t": "\\t" })[character]
    ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Line breaks would make two events of one, and an escape sequence could rewrite the terminal. */
export const oneLine = (text: string): string => text.replace(unprintable, escaped)
