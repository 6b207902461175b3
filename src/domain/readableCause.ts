import type { Cause } from "effect"
import { bounded } from "./bounded.ts"
import { readableError } from "./readableError.ts"

/** Long enough for a stack and its causes, short enough for ten of them in a row (bytes of UTF-8). */
const maxBytes = 8 * 1024

/** `text`, or both its ends, so that it takes at most 8 KiB as UTF-8. */
export const truncated = (text: string): string => bounded(text, maxBytes)

/** The text of a failed attempt for people to read: every failure, defect and interruption, at most 8 KiB. */
export const readableCause = (cause: Cause.Cause<unknown>): string =>
  truncated(readableError(cause) || "The handler failed without a cause")
