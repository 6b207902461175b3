import { Schema } from "effect"
import { JobStatus } from "../../domain/JobRecord.ts"
import { Forbidden, sent } from "../../web/refusals.ts"

/**
 * The refusals that only Holdfast sends.
 *
 * On the wire a refusal is `{error, ...}`. Its `error` is the `_tag` here, so that a client can catch it by name.
 */

/** There is no such job. */
export class JobNotFound extends Schema.TaggedError<JobNotFound>()("job_not_found", {
  message: Schema.String
}) {}

/** A change was asked for a job that is not pending. Nothing was changed. */
export class JobNotPending extends Schema.TaggedError<JobNotPending>()("job_not_pending", {
  status: JobStatus,
  message: Schema.String
}) {}

/** A running job was to be deleted. Nothing was changed. */
export class JobRunning extends Schema.TaggedError<JobRunning>()("job_running", {
  message: Schema.String
}) {}

/** A retry was asked for a job that did not end in failure or cancellation. Nothing was changed. */
export class JobNotRetryable extends Schema.TaggedError<JobNotRetryable>()("job_not_retryable", {
  status: JobStatus,
  message: Schema.String
}) {}

/** Another job holds the unique key of the job that was to be retried. Nothing was changed. */
export class UniqueKeyTaken extends Schema.TaggedError<UniqueKeyTaken>()("unique_key_taken", {
  heldBy: Schema.String,
  message: Schema.String
}) {}

/** The body is larger than any request needs. */
export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()("body_too_large", {
  limitBytes: Schema.Int
}) {}

/** The limit of event readers is reached. */
export class TooManyClients extends Schema.TaggedError<TooManyClients>()("too_many_clients", {
  limit: Schema.Int
}) {}

export const forbidden = sent(
  403,
  Forbidden,
  "The token may only read, or the request came by another host name or from a page of another origin"
)
export const jobNotFound = sent(404, JobNotFound, "There is no such job")
export const jobNotPending = sent(409, JobNotPending, "The job is not pending")
export const jobRunning = sent(409, JobRunning, "The job is running: cancel it, and delete it when it has ended")
export const jobNotRetryable = sent(409, JobNotRetryable, "The job did not end in failure or cancellation")
export const uniqueKeyTaken = sent(409, UniqueKeyTaken, "Another job holds the unique key of this one")
export const bodyTooLarge = sent(413, BodyTooLarge, "The body is larger than any request needs")
export const tooManyClients = sent(429, TooManyClients, "The limit of event readers is reached")
