import { Schema } from "effect"
import { StoredJobId } from "./JobId.ts"
import { UniqueScope } from "./UniqueKey.ts"

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
  id: StoredJobId,
  queue: Schema.String,
  kind: Schema.String,
  /** As encoded by the definition's payload schema; undefined when it is unreadable. */
  payload: Schema.Unknown,
  status: JobStatus,
  priority: Schema.Number,
  partitionKey: Schema.NullOr(Schema.String),
  uniqueKey: Schema.NullOr(Schema.String),
  /** Null without a unique key. */
  uniqueScope: Schema.NullOr(UniqueScope),
  /** False also of a pending job that found its unique key taken when it came back from an attempt. */
  holdsKey: Schema.Boolean,
  /** Claims so far. Only rises; the running attempt's number is its fencing token. */
  attempts: Schema.Number,
  /** Attempts that failed or went stale since the enqueue or the last retry by a person. */
  failures: Schema.Number,
  maxAttempts: Schema.Number,
  availableAt: Schema.Number,
  lockedAt: Schema.NullOr(Schema.Number),
  lockedBy: Schema.NullOr(Schema.String),
  lockedUntil: Schema.NullOr(Schema.Number),
  /** The attempt whose settle was the last, null before the first settle and after a retry by a person. */
  settledAttempt: Schema.NullOr(Schema.Number),
  /** The worker that made the last settle. */
  settledBy: Schema.NullOr(Schema.String),
  /** The last settle, as the store knows them: a snooze is a release with a delay. */
  settledAs: Schema.NullOr(Schema.Literal("complete", "fail", "release")),
  /** The status that the last settle gave the job. */
  settledTo: Schema.NullOr(JobStatus),
  cancelRequestedAt: Schema.NullOr(Schema.Number),
  progress: Schema.Unknown,
  /** As encoded by the definition's success schema; null unless succeeded. */
  result: Schema.Unknown,
  lastError: Schema.NullOr(Schema.String),
  /** The last ten failures, oldest first; those that can be read. */
  errors: Schema.Array(JobFailure),
  /** The JSON columns that an app's SQL has left something else in, which is not shown. */
  unreadable: Schema.Array(Schema.Literal("payload", "progress", "result", "errors")),
  createdAt: Schema.Number,
  updatedAt: Schema.Number,
  finishedAt: Schema.NullOr(Schema.Number)
}) {}
