import { Schema } from "effect"
import type { JobStatus } from "./JobRecord.ts"

/** How an attempt ended whose outcome is in the job's row. */
export const SettledEnd = Schema.Literal(
  "succeeded",
  /** It failed, and the job is pending again. */
  "retrying",
  /** It failed for good. */
  "failed",
  /** It asked for a later attempt, and nothing of the failure budget is spent. */
  "snoozed",
  /** It was handed back and is due at once. */
  "released",
  "cancelled"
)
export type SettledEnd = typeof SettledEnd.Type

/** How an attempt ended: the one word for it in logs, metrics, spans and tests. */
export const AttemptEnd = Schema.Literal(
  ...SettledEnd.literals,
  /** The lease was gone, so nothing was written. */
  "lost",
  /** The store did not answer, so the outcome may be written or not. */
  "unknown"
)
export type AttemptEnd = typeof AttemptEnd.Type

/** How an attempt ended that left its job with this status. One that left it pending ended as `ifPending` says. */
export const endedAs = (status: JobStatus, ifPending: "retrying" | "snoozed" | "released"): SettledEnd =>
  status === "succeeded" || status === "failed" || status === "cancelled" ? status : ifPending
