import { Schema } from "effect"
import { bounded } from "./bounded.ts"
import { StoredJobId } from "./JobId.ts"
import { JobStatus } from "./JobRecord.ts"
import { ofAnyCopy } from "./ofAnyCopy.ts"
import { readable } from "./readableError.ts"

/** The most bytes that a message shows of a value, which can be of any size. */
const shownBytes = 512

/**
 * The lease is gone: it ran out and the job was released, someone else settled
 * the job, or the job was deleted. Nothing was written. Stop the work and do not
 * repeat the write.
 */
export class LeaseLost extends Schema.TaggedError<LeaseLost>()("LeaseLost", {
  jobId: StoredJobId,
  attempt: Schema.Number
}) {
  override get message() {
    return `Lost the lease on job ${this.jobId}, attempt ${this.attempt}`
  }
}

/** No such job, or none that the given partition may see: the two look alike on purpose. */
export class JobNotFound extends Schema.TaggedError<JobNotFound>()("JobNotFound", {
  jobId: Schema.String
}) {
  override get message() {
    return `There is no job ${this.jobId}`
  }
}

/** A retry was asked for a job that did not end in failure or cancellation. Nothing was changed. */
export class JobNotRetryable extends Schema.TaggedError<JobNotRetryable>()("JobNotRetryable", {
  jobId: StoredJobId,
  status: JobStatus
}) {
  override get message() {
    return `Job ${this.jobId} is ${this.status}; only a failed or cancelled job can be retried`
  }
}

/** A change was asked for a job that is not pending. Nothing was changed. */
export class JobNotPending extends Schema.TaggedError<JobNotPending>()("JobNotPending", {
  jobId: StoredJobId,
  status: JobStatus
}) {
  override get message() {
    return `Job ${this.jobId} is ${this.status}; only a pending job can be changed`
  }
}

/** A running job was to be deleted. Nothing was changed. */
export class JobRunning extends Schema.TaggedError<JobRunning>()("JobRunning", {
  jobId: StoredJobId
}) {
  override get message() {
    return `Job ${this.jobId} is running; cancel it, and delete it when it has ended`
  }
}

/** The id is taken by a job of another kind, payload or partition that is still kept. Nothing of the call was enqueued. */
export class JobIdConflict extends Schema.TaggedError<JobIdConflict>()("JobIdConflict", {
  jobId: StoredJobId
}) {
  override get message() {
    return `Job ${this.jobId} exists with another kind, payload or partition; an id names one job until that is deleted`
  }
}

/**
 * An action on the jobs of a filter came to a job that does not fit it any more, or is gone: something
 * else changed it since it was found. Nothing was changed.
 */
export class JobNotMatching extends Schema.TaggedError<JobNotMatching>()("JobNotMatching", {
  jobId: StoredJobId
}) {
  override get message() {
    return `Job ${this.jobId} no longer fits the filter, or is gone`
  }
}

/** Another job of the same kind and partition holds the unique key, so this one cannot wait beside it. Nothing was changed. */
export class UniqueKeyTaken extends Schema.TaggedError<UniqueKeyTaken>()("UniqueKeyTaken", {
  jobId: StoredJobId,
  uniqueKey: Schema.String,
  /** The job that holds the key: pending, or running under the scope `unfinished`. */
  heldBy: StoredJobId
}) {
  override get message() {
    const key = bounded(JSON.stringify(this.uniqueKey), shownBytes)
    return `Job ${this.jobId} cannot be retried: job ${this.heldBy} holds its unique key ${key}`
  }
}

/** A payload, a result or an option of a job does not fit. Nothing was changed. */
export class InvalidJob extends Schema.TaggedError<InvalidJob>()("InvalidJob", {
  kind: Schema.String,
  /** The option or the path of the payload that is wrong. */
  field: Schema.String,
  /** The refused value; left out where it could be a secret, as in a payload. */
  given: Schema.optional(Schema.String),
  /** A description of the accepted values. */
  allowed: Schema.String
}) {
  override get message() {
    const given = this.given === undefined ? "" : ` got ${bounded(this.given, shownBytes)};`
    return `Job "${bounded(this.kind, shownBytes)}", ${this.field}:${given} expected ${this.allowed}`
  }
}

/** An option of a worker, a layer or a query does not fit. Nothing was started or changed. */
export class InvalidOption extends Schema.TaggedError<InvalidOption>()("InvalidOption", {
  option: Schema.String,
  given: Schema.String,
  allowed: Schema.String
}) {
  override get message() {
    return `${this.option}: got ${bounded(this.given, shownBytes)}; expected ${this.allowed}`
  }
}

/**
 * The call was made inside a transaction of another SqlClient, whose commit does
 * not commit the store's. Nothing was changed. Use the client that the job store
 * was built on, or make the call outside the transaction.
 */
export class ForeignTransaction extends Schema.TaggedError<ForeignTransaction>()("ForeignTransaction", {
  operation: Schema.String
}) {
  override get message() {
    return `${this.operation} was called inside a transaction of another SqlClient than the job store's`
  }
}

/**
 * The kind of a store error. `unavailable`: trying again may help. The others last
 * until a person acts, so a worker that meets one ends: `databaseReplaced` means
 * that the file under the open connection was deleted or replaced, and
 * `newerSchema` that a newer Holdfast has migrated the tables.
 */
export const StoreErrorReason = Schema.Literal("unavailable", "databaseReplaced", "newerSchema")
export type StoreErrorReason = typeof StoreErrorReason.Type

/**
 * The database failed or could not be reached. For a write, whether it happened
 * is unknown: every write of the store may be repeated.
 */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  operation: Schema.String,
  cause: Schema.Defect,
  reason: Schema.optionalWith(StoreErrorReason, { default: () => "unavailable" as const })
}) {
  override get message() {
    return `The job store failed in ${this.operation}: ${rootMessage(this.cause)}`
  }
}

/** True for a StoreError, whichever copy of the package made it. */
export const isStoreError = ofAnyCopy(StoreError)

/** True for a StoreError that retrying does not solve: a person has to act first. */
export const isLasting = (error: unknown): error is StoreError => isStoreError(error) && error.reason !== "unavailable"

/** More wrappers than any error has. An error that is its own cause has no end. */
const deepestCause = 50

/** The driver's own message, from under the wrappers that repeat "Failed to execute statement". */
const rootMessage = (cause: unknown): string =>
  readable(() => {
    let current = cause
    let depth = 0
    while (current instanceof Error && current.cause !== undefined && depth++ < deepestCause) current = current.cause
    return String(current instanceof Error ? current.message : current)
  })
