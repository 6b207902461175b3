import { Cause, Chunk } from "effect"
import { inspect } from "node:util"

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
  truncated(pretty(cause) || "The handler failed without a cause")

/**
 * Rendering throws for an error that is its own cause, holds a bigint or throws
 * when it is read; an attempt that ended so has still only failed.
 */
const pretty = (cause: Cause.Cause<unknown>): string => {
  try {
    return Cause.pretty(cause, { renderErrorCause: true })
  } catch {
    return Chunk.toReadonlyArray(Chunk.appendAll(Cause.failures(cause), Cause.defects(cause))).map(plain).join("\n")
  }
}

const plain = (error: unknown): string => readable(() => inspect(error))

/** What `read` makes of an error. Reading what anybody threw may throw, and must not end what only tells of it. */
export const readable = (read: () => string): string => {
  try {
    return read()
  } catch {
    return "An error that throws when it is shown"
  }
}
