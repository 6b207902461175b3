import type { Effect } from "effect"
import { LogLevel } from "effect"
import { line } from "../../../platform/line.ts"

/** Logs why the death of a worker is not noticed at once, and what that costs. */
export const withoutPresence = (
  reason: string,
  details: Readonly<Record<string, string>> = {}
): Effect.Effect<void> =>
  line(
    LogLevel.Info,
    "Other workers cannot see at once when a worker of this process dies; its jobs would wait until their leases are over",
    { reason, ...details }
  )
