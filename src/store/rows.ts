import type { SqlError, Statement } from "@effect/sql"
import { SqlClient } from "@effect/sql"
import { Effect, Either, Schema } from "effect"
import { JobRecord, JobStatus } from "../domain/JobRecord.ts"
import { schemaIssues } from "../domain/schemaIssues.ts"

/**
 * Runs a statement on the connection that the store operation holds, or that its
 * caller's transaction is on. Yielding the statement itself would look for a
 * connection, open a scope and make a span, for more than the statement costs.
 */
export const execute = (
  statement: Statement.Statement<unknown>
): Effect.Effect<ReadonlyArray<unknown>, SqlError.SqlError, SqlClient.TransactionConnection> =>
  Effect.flatMap(SqlClient.TransactionConnection, ([connection]) => {
    const [text, parameters] = statement.compile(true)
    // On a client of the app's, too, see connection.ts.
    return Effect.uninterruptible(connection.execute(text, parameters, undefined))
  })

/**
 * Executes a statement and decodes its rows. A row that does not fit means that
 * the schema of the table and the statement disagree: a bug, and so a defect,
 * which says what was expected where but not the value.
 *
 * Each decoder is made once, below: making one takes several times as long as
 * running a short statement.
 */
const rowsOf = <A, I>(row: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownEither(Schema.Array(row))
  return (statement: Statement.Statement<unknown>) =>
    Effect.flatMap(execute(statement), (found) =>
      Either.match(decode(found), {
        onLeft: (error) => Effect.dieMessage(`A row of holdfast_jobs is not as expected: ${schemaIssues(error)}`),
        onRight: (decoded) => Effect.succeed(decoded)
      }))
}

/**
 * An id as it stands, whether or not an enqueue would take it. Rows are decoded
 * together, and one that an app wrote by itself must not take the others along.
 */
const JobId = Schema.String.pipe(Schema.brand("JobId"))

/** What a column of JSON stands for; undefined where only SQLite takes the text for JSON, as it does up to a NUL. */
const Json = Schema.NullOr(Schema.parseJson()).annotations({ decodingFallback: () => Either.right(undefined) })

export const idRows = rowsOf(Schema.Struct({ id: JobId }))

export const statusRows = rowsOf(Schema.Struct({ id: JobId, status: JobStatus }))

/** Of an enqueue: the job in the way of another, by its id or by a unique key that it holds. */
const InTheWayRow = Schema.Struct({
  /** Of the job that was not inserted. */
  id: JobId,
  found: JobId,
  by_id: Schema.Literal(0, 1),
  /** Whether it is the same job under the same id. */
  same: Schema.Literal(0, 1),
  status: JobStatus,
  attempts: Schema.Number,
  available_at: Schema.Number,
  created_at: Schema.Number
})
export type InTheWayRow = typeof InTheWayRow.Type
export const inTheWayRows = rowsOf(InTheWayRow)

export const newestVersionRows = rowsOf(Schema.Struct({ version: Schema.NullOr(Schema.Number) }))

export const nextDueRows = rowsOf(Schema.Struct({ at: Schema.NullOr(Schema.Number) }))

export const dueRows = rowsOf(Schema.Struct({
  id: JobId,
  kind: Schema.String,
  queue: Schema.String,
  priority: Schema.Number,
  availableAt: Schema.Number
}))

const ClaimedRow = Schema.Struct({
  id: JobId,
  attempts: Schema.Number,
  kind: Schema.String,
  queue: Schema.String,
  payload: Json,
  priority: Schema.Number,
  partitionKey: Schema.NullOr(Schema.String),
  maxAttempts: Schema.Number,
  availableAt: Schema.Number,
  traceContext: Schema.NullOr(Schema.String),
  failures: Schema.Number,
  lockedAt: Schema.Number,
  lockedUntil: Schema.Number
})
export type ClaimedRow = typeof ClaimedRow.Type
export const claimedRows = rowsOf(ClaimedRow)

const AttemptRow = Schema.Struct({ id: JobId, attempts: Schema.Number, worker: Schema.NullOr(Schema.String) })
/** What tells whose row it is, of a write under leases. */
export type AttemptRow = typeof AttemptRow.Type
export const attemptRows = rowsOf(AttemptRow)

export const extendedRows = rowsOf(Schema.Struct({
  ...AttemptRow.fields,
  locked_until: Schema.Number,
  cancel_requested: Schema.Literal(0, 1)
}))

const SettledRow = Schema.Struct({ ...AttemptRow.fields, status: JobStatus })
export type SettledRow = typeof SettledRow.Type
export const settledRows = rowsOf(SettledRow)

export const staleLeaseRows = rowsOf(Schema.Struct({
  id: JobId,
  attempt: Schema.Number,
  lockedBy: Schema.String,
  lockedUntil: Schema.Number
}))

export const staleRows = rowsOf(Schema.Struct({
  id: JobId,
  attempts: Schema.Number,
  kind: Schema.String,
  locked_by: Schema.String,
  locked_at: Schema.Number,
  locked_until: Schema.Number
}))

export const recordRows = rowsOf(Schema.Struct({
  ...JobRecord.fields,
  id: JobId,
  payload: Json,
  progress: Json,
  result: Json,
  holdsKey: Schema.transformLiterals([0, false], [1, true]),
  errors: Schema.parseJson(JobRecord.fields.errors)
}))

/** The columns that `recordRows` decodes. */
export const recordColumns = (sql: SqlClient.SqlClient) =>
  sql.literal(
    Object.keys(JobRecord.fields).map((field) =>
      `${field.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)} AS "${field}"`
    )
      .join(", ")
  )
