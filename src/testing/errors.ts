import { Schema } from "effect"
import { StoredJobId } from "../domain/JobId.ts"
import { JobStatus } from "../domain/JobRecord.ts"

const lines = (head: string, rest: ReadonlyArray<string>) => [head, ...rest.map((line) => `  ${line}`)].join("\n")

/** No pending job of this kind is as expected. */
export class NotEnqueued extends Schema.TaggedError<NotEnqueued>()("NotEnqueued", {
  kind: Schema.String,
  /** The jobs there are, a line each: the pending jobs of this kind and how they differ, or all jobs by kind. */
  instead: Schema.Array(Schema.String)
}) {
  override get message() {
    return lines(`No "${this.kind}" is enqueued as expected. There is:`, this.instead)
  }
}

/** A pending job of this kind is as it was expected not to be. */
export class UnexpectedlyEnqueued extends Schema.TaggedError<UnexpectedlyEnqueued>()("UnexpectedlyEnqueued", {
  kind: Schema.String,
  /** The jobs that are, a line each. */
  found: Schema.Array(Schema.String)
}) {
  override get message() {
    return lines(`No "${this.kind}" was to be enqueued. There is:`, this.found)
  }
}

/** More jobs are due after as many attempts as were allowed. Perhaps a job enqueues itself forever. */
export class StillDue extends Schema.TaggedError<StillDue>()("StillDue", {
  limit: Schema.Number,
  /** The kinds that were run, each with how often. */
  ran: Schema.Record({ key: Schema.String, value: Schema.Number })
}) {
  override get message() {
    const ran = Object.entries(this.ran).map(([kind, times]) => `"${kind}" ${times} times`)
    return `Jobs are still due after ${this.limit} attempts: ${ran.join(", ")}`
  }
}

/**
 * An attempt has not ended within the real time it was given. Its handler waits
 * for something that does not come, such as a clock that does not move.
 */
export class StillRunning extends Schema.TaggedError<StillRunning>()("StillRunning", {
  /** As in "5 seconds". */
  waited: Schema.String,
  running: Schema.Array(Schema.Struct({ jobId: StoredJobId, kind: Schema.String, attempt: Schema.Number }))
}) {
  override get message() {
    const running = this.running.map(({ attempt, jobId, kind }) => `"${kind}" (${jobId}, attempt ${attempt})`)
    return `Still running after ${this.waited} of real time: ${running.join(", ") || "the worker"}. `
      + "What waits for the test's clock goes on when it is moved: fork this and advance the clock, or use runAll."
  }
}

/** The job is not running, so that there is no lease to take away. */
export class JobNotRunning extends Schema.TaggedError<JobNotRunning>()("JobNotRunning", {
  jobId: StoredJobId,
  status: JobStatus
}) {
  override get message() {
    return `Job ${this.jobId} is ${this.status}; only a running job has a lease`
  }
}

/** A job store does not keep a promise. */
export class PromiseBroken extends Schema.TaggedError<PromiseBroken>()("PromiseBroken", {
  /** Where its answers differ from what was promised, a line each. */
  differences: Schema.Array(Schema.String)
}) {
  override get message() {
    return lines("The store does not keep its promise:", this.differences)
  }
}
