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

/** Line breaks would make two events of one, and an escape sequence could rewrite the terminal. */
export const oneLine = (text: string): string =>
  text.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) =>
      ({ "\n": "\\n", "\r": "\\r", "\t": "\\t" })[character]
        ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )
