import { Cause } from "effect"

/** Long enough for a stack and its causes, short enough for ten of them in a row (bytes of UTF-8). */
const maxBytes = 8 * 1024

/** `text`, cut at a character so that it takes at most 8 KiB as UTF-8. */
export const truncated = (text: string): string => {
  if (Buffer.byteLength(text) <= maxBytes) return text
  const ellipsis = " …"
  const bytes = Buffer.from(text).subarray(0, maxBytes - Buffer.byteLength(ellipsis))
  // A character cut in two decodes to U+FFFD at the very end.
  return bytes.toString("utf8").replace(/\uFFFD$/u, "") + ellipsis
}

/** What a failed attempt leaves for people to read: every failure, defect and interruption, at most 8 KiB. */
export const readableCause = (cause: Cause.Cause<unknown>): string =>
  truncated(Cause.pretty(cause, { renderErrorCause: true }) || "The handler failed without a cause")
