import { Schema } from "effect"
import type { JobStatus } from "./JobRecord.ts"

/** The end of an attempt whose outcome was written to the job's row. */
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

/** The end of an attempt, in one word. Logs, metrics, spans and tests use the same words. */
export const AttemptEnd = Schema.Literal(
  ...SettledEnd.literals,
  /** The lease was gone, so nothing was written. */
  "lost",
  /** The store did not answer, so the outcome may be written or not. */
  "unknown"
)
export type AttemptEnd = typeof AttemptEnd.Type

/** The end of an attempt, from the status of its job afterwards. A pending job can have several causes: `ifPending` is the one. */
export const endedAs = (status: JobStatus, ifPending: "retrying" | "snoozed" | "released"): SettledEnd =>
  status === "succeeded" || status === "failed" || status === "cancelled" ? status : ifPending
