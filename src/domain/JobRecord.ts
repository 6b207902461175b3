import { Schema } from "effect"
import { JobId } from "./JobId.ts"

/** `pending` with an `availableAt` in the future is what other tools call scheduled. */
export const JobStatus = Schema.Literal("pending", "running", "succeeded", "failed", "cancelled")
export type JobStatus = typeof JobStatus.Type

/** One failed or stale attempt, as the job remembers it. */
export const JobFailure = Schema.Struct({
  attempt: Schema.Number,
  worker: Schema.String,
  /** Epoch milliseconds. */
  at: Schema.Number,
  /** The readable cause, at most 8 KiB of UTF-8. */
  message: Schema.String
})
export type JobFailure = typeof JobFailure.Type

/** A job as it stands in the store. Instants are epoch milliseconds; JSON columns are parsed. */
export class JobRecord extends Schema.Class<JobRecord>("JobRecord")({
  id: JobId,
  queue: Schema.String,
  kind: Schema.String,
  /** As encoded by the definition's payload schema; undefined when the text of a row that an app wrote is no JSON. */
  payload: Schema.Unknown,
  status: JobStatus,
  priority: Schema.Number,
  partitionKey: Schema.NullOr(Schema.String),
  uniqueKey: Schema.NullOr(Schema.String),
  /** Claims so far. Only rises; the running attempt's number is its fencing token. */
  attempts: Schema.Number,
  /** Attempts that failed or went stale since the enqueue or the last retry by a person. */
  failures: Schema.Number,
  maxAttempts: Schema.Number,
  availableAt: Schema.Number,
  lockedAt: Schema.NullOr(Schema.Number),
  lockedBy: Schema.NullOr(Schema.String),
  lockedUntil: Schema.NullOr(Schema.Number),
  /** Who settled attempt number `attempts`; null while it runs, after a stale release and after a retry. */
  settledBy: Schema.NullOr(Schema.String),
  cancelRequestedAt: Schema.NullOr(Schema.Number),
  progress: Schema.Unknown,
  /** As encoded by the definition's success schema; null unless succeeded. */
  result: Schema.Unknown,
  lastError: Schema.NullOr(Schema.String),
  /** The last ten failures, oldest first. */
  errors: Schema.Array(JobFailure),
  createdAt: Schema.Number,
  updatedAt: Schema.Number,
  finishedAt: Schema.NullOr(Schema.Number)
}) {}
