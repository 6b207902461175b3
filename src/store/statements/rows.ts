import type * as Statement from "@effect/sql/Statement"
import { Array as Arr, Effect, Either, Predicate, Schema } from "effect"
import { StoredJobId } from "../../domain/JobId.ts"
import { JobFailure, JobRecord, JobStatus } from "../../domain/JobRecord.ts"
import { JobSummary, shownOfError } from "../../domain/JobSummary.ts"
import { WorkerQueue, WorkerRecord } from "../../domain/WorkerRecord.ts"
import type { Dialect } from "../Differences.ts"
import { rowsOf } from "./execute.ts"

/** The value of a JSON column; undefined where only SQLite takes the text for JSON, as it does up to a NUL. */
const Json = Schema.NullOr(Schema.parseJson()).annotations({ decodingFallback: () => Either.right(undefined) })

/** The failures in `errors`: undefined for an entry that is not a failure, and a single undefined where it is not an array. */
const Errors = Schema.parseJson(
  Schema.Array(
    Schema.UndefinedOr(JobFailure).annotations({ decodingFallback: () => Either.right(undefined) })
  )
).annotations({ decodingFallback: () => Either.right([undefined]) })

export const idRows = rowsOf(Schema.Struct({ id: StoredJobId }))

export const statusRows = rowsOf(Schema.Struct({ id: StoredJobId, status: JobStatus }))

/** The job in the way of an enqueued one, by its id or by a unique key that it holds. */
const InTheWayRow = Schema.Struct({
  /** Of the job that was not inserted. */
  id: StoredJobId,
  found: StoredJobId,
  by_id: Schema.Literal(0, 1),
  /** True if it is the same job under the same id. */
  same: Schema.Literal(0, 1),
  status: JobStatus,
  attempts: Schema.Number,
  available_at: Schema.Number,
  created_at: Schema.Number
})
export type InTheWayRow = typeof InTheWayRow.Type
export const inTheWayRows = rowsOf(InTheWayRow)

/** A job that has the id of an enqueued one, with the columns that tell the two apart. */
export const keptRows = rowsOf(
  Schema.Struct({
    id: StoredJobId,
    kind: Schema.String,
    partition_key: Schema.NullOr(Schema.String),
    payload: Schema.String
  })
)

export const newestVersionRows = rowsOf(Schema.Struct({ version: Schema.NullOr(Schema.Number) }))

export const nowRows = rowsOf(Schema.Struct({ now: Schema.Number }))

export const enoughRows = rowsOf(Schema.Struct({ yes: Schema.Literal(0, 1) }))

/** `at` counts only if it was `enough` to look in claim order. */
export const nextInOrderRows = rowsOf(
  Schema.Struct({ enough: Schema.Literal(0, 1), at: Schema.NullOr(Schema.Number) })
)

export const pauseRows = rowsOf(Schema.Struct({
  scope: Schema.Literal("queue", "kind"),
  name: Schema.String,
  pausedAt: Schema.Number,
  pausedBy: Schema.NullOr(Schema.String)
}))

const Truth = Schema.transformLiterals([0, false], [1, true])

const WorkerRow = Schema.Struct({
  ...WorkerRecord.fields,
  isLive: Truth,
  isDraining: Truth,
  kinds: Schema.parseJson(WorkerRecord.fields.kinds),
  queues: Schema.NullOr(Schema.parseJson(Schema.Array(WorkerQueue)))
})
export const workerRows = rowsOf(WorkerRow, {
  table: "holdfast_workers",
  what: "worker",
  key: "worker",
  annotation: "worker"
})

export const countRows = rowsOf(Schema.Struct({ jobs: Schema.Number }))

export const laneDepthRows = rowsOf(Schema.Struct({
  queue: Schema.String,
  kind: Schema.String,
  priority: Schema.Number,
  pending: Schema.Number,
  due: Schema.Number
}))

export const endedRows = rowsOf(Schema.Struct({
  queue: Schema.String,
  kind: Schema.String,
  status: Schema.Literal("succeeded", "failed", "cancelled"),
  jobs: Schema.Number
}))

export const nextDueRows = rowsOf(Schema.Struct({ at: Schema.NullOr(Schema.Number) }))

export const dueRows = rowsOf(Schema.Struct({
  id: StoredJobId,
  kind: Schema.String,
  queue: Schema.String,
  priority: Schema.Number,
  availableAt: Schema.Number
}))

export const laneHeadRows = rowsOf(Schema.Struct({
  queue: Schema.String,
  kind: Schema.String,
  priority: Schema.Number,
  id: StoredJobId,
  attempts: Schema.Number,
  availableAt: Schema.Number
}))

export const laneHolderRows = rowsOf(Schema.Struct({
  queue: Schema.String,
  kind: Schema.String,
  lockedBy: Schema.String,
  jobs: Schema.Number,
  lockedAt: Schema.Number,
  lockedUntil: Schema.Number
}))

const ClaimedRow = Schema.Struct({
  id: StoredJobId,
  attempts: Schema.Number,
  kind: Schema.String,
  queue: Schema.String,
  payload: Json,
  priority: Schema.Number,
  partitionKey: Schema.NullOr(Schema.String),
  maxAttempts: Schema.Number,
  availableAt: Schema.Number,
  createdAt: Schema.Number,
  traceContext: Schema.NullOr(Schema.String),
  failures: Schema.Number,
  lockedAt: Schema.Number,
  lockedUntil: Schema.Number
})
export type ClaimedRow = typeof ClaimedRow.Type
export const claimedRows = rowsOf(ClaimedRow)

const AttemptRow = Schema.Struct({ id: StoredJobId, attempts: Schema.Number, worker: Schema.NullOr(Schema.String) })
/** The columns that tell whose row a write under leases has matched. */
export type AttemptRow = typeof AttemptRow.Type
export const attemptRows = rowsOf(AttemptRow)

export const extendedRows = rowsOf(Schema.Struct({
  ...AttemptRow.fields,
  kind: Schema.String,
  locked_at: Schema.Number,
  locked_until: Schema.Number,
  cancel_requested: Schema.Literal(0, 1)
}))

const SettledRow = Schema.Struct({ ...AttemptRow.fields, kind: Schema.String, status: JobStatus })
export type SettledRow = typeof SettledRow.Type
export const settledRows = rowsOf(SettledRow)

export const staleLeaseRows = rowsOf(Schema.Struct({
  id: StoredJobId,
  attempt: Schema.Number,
  lockedBy: Schema.String,
  lockedUntil: Schema.Number
}))

const StaleRow = Schema.Struct({
  id: StoredJobId,
  attempts: Schema.Number,
  failures: Schema.Number,
  died_before: Schema.Number,
  kind: Schema.String,
  locked_by: Schema.String,
  locked_at: Schema.Number,
  locked_until: Schema.Number
})
export type StaleRow = typeof StaleRow.Type
export const staleRows = rowsOf(StaleRow)

const { unreadable: _, ...columns } = JobRecord.fields

const StoredRecord = Schema.Struct({
  ...columns,
  id: StoredJobId,
  payload: Json,
  progress: Json,
  result: Json,
  lastErrorValue: Json,
  holdsKey: Truth,
  errors: Errors
})

/** The readable part of a job. A row that an app's SQL has damaged does not keep others from being shown. */
const recordOf = ({ errors, ...job }: typeof StoredRecord.Type): JobRecord => ({
  ...job,
  errors: errors.filter(Predicate.isNotUndefined),
  unreadable: [
    ...(["payload", "progress", "result", "lastErrorValue"] as const).filter((column) => job[column] === undefined),
    ...errors.includes(undefined) ? ["errors"] as const : []
  ]
})

const storedRecordRows = rowsOf(StoredRecord)
const listedRecordRows = rowsOf(Schema.Struct({ ...StoredRecord.fields, found: Schema.Number }))

/** Whole jobs. */
export const recordRows = (statement: Statement.Statement<unknown>) =>
  Effect.map(storedRecordRows(statement), Arr.map(recordOf))

/** Whole jobs of a page, each with how many there were before some were left for their size. */
export const listedRows = (statement: Statement.Statement<unknown>) =>
  Effect.map(listedRecordRows(statement), Arr.map(({ found, ...job }) => ({ found, job: recordOf(job) })))

/** A job of a page without its JSON, and how many there were. */
export const foundSummaryRows = rowsOf(Schema.Struct({
  ...JobSummary.fields,
  id: StoredJobId,
  holdsKey: StoredRecord.fields.holdsKey,
  found: Schema.Number
}))

const columnOf = (field: string) => field.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)

/** The columns that `recordRows` and `listedRows` decode. */
export const recordColumns = ({ answered, sql }: Dialect) =>
  sql.csv(
    Object.keys(columns).map((field) => sql`${answered(columnOf(field))} AS ${sql.literal(`"${field}"`)}`)
  )

/** The columns that `foundSummaryRows` decodes. */
export const summaryColumns = ({ answered, sql }: Dialect) =>
  sql.csv(
    Object.keys(JobSummary.fields).map((field) =>
      sql`${
        field === "lastError" ? sql.literal(`substr(last_error, 1, ${shownOfError})`) : answered(columnOf(field))
      } AS ${sql.literal(`"${field}"`)}`
    )
  )
