import { Schema, Struct } from "effect"
import { JobRecord, JobStatus } from "../../domain/JobRecord.ts"
import { WorkerRecord } from "../../domain/WorkerRecord.ts"
import { Access } from "./access.ts"

/** The answers of the API. Instants are epoch milliseconds. */

export const SessionView = Schema.Struct({
  access: Access,
  /** Of Holdfast. */
  version: Schema.String,
  /** Null if the app did not say. */
  database: Schema.NullOr(Schema.Literal("sqlite", "postgresql")),
  /** False if no payload is shown. */
  payloads: Schema.Boolean,
  /** False if errors cannot be searched, because the payloads of some jobs are hidden. */
  searchesErrors: Schema.Boolean,
  now: Schema.Number
}).annotations({ identifier: "Session" })

const {
  attempts,
  availableAt,
  cancelRequestedAt,
  createdAt,
  failures,
  finishedAt,
  kind,
  lastError,
  lockedAt,
  lockedBy,
  lockedUntil,
  maxAttempts,
  partitionKey,
  priority,
  queue,
  status,
  uniqueKey,
  updatedAt
} = JobRecord.fields

export const JobSummary = Schema.Struct({
  id: Schema.String,
  queue,
  kind,
  status,
  priority,
  partitionKey,
  uniqueKey,
  attempts,
  failures,
  maxAttempts,
  availableAt,
  lockedAt,
  lockedBy,
  lockedUntil,
  cancelRequestedAt,
  /** At most 200 characters of it; null also if it is hidden. */
  lastError,
  createdAt,
  updatedAt,
  finishedAt
}).annotations({ identifier: "JobSummary" })
export type JobSummary = typeof JobSummary.Type

/** A page of jobs, newest first. It may be short, or empty, although more follow: go on until `cursor` is null. */
export const JobList = Schema.Struct({
  jobs: Schema.Array(JobSummary),
  cursor: Schema.NullOr(Schema.String)
}).annotations({ identifier: "JobList" })

/** Everything that the store has of a job. What is unreadable is null and named in `unreadable`. */
export const JobView = Schema.Struct({
  ...Struct.omit(JobRecord.fields, "id"),
  id: Schema.String,
  /** True if payload, progress, result, lastErrorValue, lastError and the messages of errors are null or empty. The text of a released stale lock is shown. */
  hidden: Schema.Boolean
}).annotations({ identifier: "Job" })
export type JobView = typeof JobView.Type

export const PauseView = Schema.Struct({
  scope: Schema.Literal("queue", "kind"),
  name: Schema.String,
  pausedAt: Schema.Number,
  pausedBy: Schema.NullOr(Schema.String)
}).annotations({ identifier: "Pause" })

export const PauseList = Schema.Struct({ pauses: Schema.Array(PauseView) })

export const Resumed = Schema.Struct({
  /** False if it was not paused. */
  resumed: Schema.Boolean
})

/** A worker, as it last reported. */
export const WorkerView = WorkerRecord.annotations({ identifier: "Worker" })

/** Live ones first, then by their start; at most 1,000. */
export const WorkerList = Schema.Struct({
  workers: Schema.Array(WorkerView),
  /** False if there may be workers that are not listed. */
  isWhole: Schema.Boolean
})

/** Its sentence, for a person. */
const text = Schema.String

const lease = {
  lockedBy: Schema.String,
  lockedAt: Schema.Number,
  lockedUntil: Schema.Number,
  cancelRequestedAt: Schema.NullOr(Schema.Number)
}

/** One reason why a job is where it is, as in `Reason` of the package. */
export const ReasonView = Schema.Union(
  Schema.TaggedStruct("NotDue", { availableAt: Schema.Number, text }),
  Schema.TaggedStruct("BackingOff", {
    availableAt: Schema.Number,
    failures: Schema.Number,
    maxAttempts: Schema.Number,
    lastError: Schema.NullOr(Schema.String),
    text
  }),
  Schema.TaggedStruct("Paused", { pause: PauseView, text }),
  Schema.TaggedStruct("InLine", {
    queue: Schema.String,
    kind: Schema.String,
    ahead: Schema.Number,
    isMore: Schema.Boolean,
    isClaimed: Schema.Boolean,
    text
  }),
  Schema.TaggedStruct("NoWorker", {
    queue: Schema.String,
    kind: Schema.String,
    lately: Schema.NullOr(WorkerView),
    text
  }),
  Schema.TaggedStruct("LeftOut", { text }),
  Schema.TaggedStruct("Running", { ...lease, text }),
  Schema.TaggedStruct("LeaseOver", { ...lease, text }),
  Schema.TaggedStruct("Finished", {
    status: JobStatus,
    finishedAt: Schema.NullOr(Schema.Number),
    lastError: Schema.NullOr(Schema.String),
    text
  })
).annotations({ identifier: "Reason" })
export type ReasonView = typeof ReasonView.Type

export const ExplanationView = Schema.Struct({
  at: Schema.Number,
  reasons: Schema.Array(ReasonView)
}).annotations({ identifier: "Explanation" })

/** The status that the job has now. `running` after a cancel: it was asked to stop. */
export const StatusView = Schema.Struct({ status: JobStatus }).annotations({ identifier: "Status" })

export const PendingView = Schema.Struct({ status: Schema.Literal("pending") }).annotations({ identifier: "Pending" })

export const DeletedView = Schema.Struct({
  /** The status that the job had. */
  deleted: JobStatus
}).annotations({ identifier: "Deleted" })

/** The result for one of several jobs. */
export const Fate = Schema.Union(
  /** Its status now; that which it had if it was deleted. */
  Schema.Struct({ id: Schema.String, done: Schema.Literal(true), status: JobStatus }),
  /**
   * `error` is the tag of a refusal, `not_tried` if the store had failed at a job before, or `job_not_matching` if the job
   * did not fit the filter any more when its turn came.
   */
  Schema.Struct({ id: Schema.String, done: Schema.Literal(false), error: Schema.String, message: Schema.String })
).annotations({ identifier: "Fate" })
export type Fate = typeof Fate.Type

/** One for each id, in the order given, or for each of the next jobs of a filter. */
export const Fates = Schema.Struct({
  fates: Schema.Array(Fate),
  /** Of a filter: the place to go on; null after the last job. There may be none before it. */
  cursor: Schema.optionalWith(Schema.NullOr(Schema.String), { exact: true })
}).annotations({ identifier: "Fates" })

/** `isMore`: counting stopped there, and there may be more. */
export const Count = Schema.Struct({ count: Schema.Number, isMore: Schema.Boolean }).annotations({
  identifier: "Count"
})

/** A page or an action that is given `cursor` begins with the newest of these jobs. Null if no job fits. */
export const JobCount = Schema.Struct({ ...Count.fields, cursor: Schema.NullOr(Schema.String) }).annotations({
  identifier: "JobCount"
})

const LaneView = Schema.Struct({
  queue: Schema.String,
  kind: Schema.String,
  pending: Count,
  due: Count,
  oldestDueAt: Schema.NullOr(Schema.Number),
  nextDueAt: Schema.NullOr(Schema.Number),
  running: Count,
  stale: Count,
  succeeded: Count,
  failed: Count,
  cancelled: Count,
  queuePaused: Schema.NullOr(PauseView),
  kindPaused: Schema.NullOr(PauseView)
}).annotations({ identifier: "Lane" })

export const StatsView = Schema.Struct({
  at: Schema.Number,
  over: Schema.Number,
  lanes: Schema.Array(LaneView),
  /** False if there may be lanes that are not listed. */
  isWhole: Schema.Boolean
}).annotations({ identifier: "Stats" })

/** One look at all lanes together. */
export const HistoryPoint = Schema.Struct({
  at: Schema.Number,
  pending: Schema.Number,
  due: Schema.Number,
  running: Schema.Number,
  stale: Schema.Number,
  oldestDueAt: Schema.NullOr(Schema.Number),
  /** Jobs that ended since the look before. */
  succeeded: Schema.Number,
  failed: Schema.Number,
  cancelled: Schema.Number,
  /** True if a count stopped at its limit, so that there may be more of something. */
  isMore: Schema.Boolean
}).annotations({ identifier: "HistoryPoint" })
export type HistoryPoint = typeof HistoryPoint.Type

export const HistoryView = Schema.Struct({
  /** Milliseconds between two looks. A look that failed is left out. */
  every: Schema.Number,
  /** Oldest first. */
  points: Schema.Array(HistoryPoint)
}).annotations({ identifier: "History" })
