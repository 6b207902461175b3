import { Schema } from "effect"
import { StoredJobId } from "./JobId.ts"
import { UniqueScope } from "./UniqueKey.ts"

/**
 * The place of a job in its life. A `pending` job whose `availableAt` lies ahead is
 * what other tools call scheduled. `waiting` is kept for jobs that wait for other
 * jobs: the tables allow it, and no operation sets it yet.
 */
export const JobStatus = Schema.Literal("waiting", "pending", "running", "succeeded", "failed", "cancelled")
export type JobStatus = typeof JobStatus.Type

/** A failed or stale attempt, as the job remembers it. */
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
  /** The payload, as the definition's schema encodes it; undefined when it is unreadable. */
  payload: Schema.Unknown,
  status: JobStatus,
  priority: Schema.Number,
  partitionKey: Schema.NullOr(Schema.String),
  uniqueKey: Schema.NullOr(Schema.String),
  /** Null without a unique key. */
  uniqueScope: Schema.NullOr(UniqueScope),
  /** False, too, for a pending job that found its unique key taken when it came back from an attempt. */
  holdsKey: Schema.Boolean,
  /** Claims so far. Only rises; the running attempt's number is its fencing token. */
  attempts: Schema.Number,
  /** Attempts that failed or went stale since the enqueue or the last retry by a person. */
  failures: Schema.Number,
  /** The failure budget: when `failures` comes to this, the job has failed. */
  maxAttempts: Schema.Number,
  availableAt: Schema.Number,
  lockedAt: Schema.NullOr(Schema.Number),
  lockedBy: Schema.NullOr(Schema.String),
  lockedUntil: Schema.NullOr(Schema.Number),
  /** The attempt of the last settle; null before the first settle and after a retry by a person. */
  settledAttempt: Schema.NullOr(Schema.Number),
  /** The worker that made the last settle. */
  settledBy: Schema.NullOr(Schema.String),
  /** The last settle, as the store knows them: a snooze is a release with a delay. */
  settledAs: Schema.NullOr(Schema.Literal("complete", "fail", "release")),
  /** The status that the last settle gave the job. */
  settledTo: Schema.NullOr(JobStatus),
  cancelRequestedAt: Schema.NullOr(Schema.Number),
  progress: Schema.Unknown,
  /** The handler's result, as the definition's success schema encodes it; null unless succeeded. */
  result: Schema.Unknown,
  /** The readable cause of the last failed or stale attempt, at most 8 KiB of UTF-8. */
  lastError: Schema.NullOr(Schema.String),
  /**
   * The error of the same attempt, as the definition's error schema encodes it, at
   * most 8 KiB of JSON. Null if the definition names no schema, if the error does
   * not fit it or takes more, and after a defect, a timeout or a stale release.
   */
  lastErrorValue: Schema.Unknown,
  /** The last ten failures, oldest first, without unreadable ones. */
  errors: Schema.Array(JobFailure),
  /** The columns whose text is not JSON, as only an app's SQL can leave it. They are not shown. */
  unreadable: Schema.Array(Schema.Literal("payload", "progress", "result", "lastErrorValue", "errors")),
  createdAt: Schema.Number,
  updatedAt: Schema.Number,
  finishedAt: Schema.NullOr(Schema.Number)
}) {}
