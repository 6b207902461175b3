import type * as Statement from "@effect/sql/Statement"
import { Effect } from "effect"
import { JobNotFound, JobNotPending, JobNotRetryable, JobRunning, UniqueKeyTaken } from "../../domain/errors.ts"
import type { JobId } from "../../domain/JobId.ts"
import type { JobStatus } from "../../domain/JobRecord.ts"
import type { Dialect } from "../Differences.ts"
import type { Changes, NewJob } from "../JobStore.ts"
import type { OnConnection } from "../Transactions.ts"
import { idRows, recordColumns, recordRows, statusRows } from "./rows.ts"
import { makeUniqueKey } from "./uniqueKey.ts"

/** The statements about one job that somebody asks for by its id. */
export const makeByRequest = (dialect: Dialect) => {
  const { instant, int, jobsTable, later, sql, truth } = dialect
  const { keyHolder } = makeUniqueKey(dialect)

  /** A partition sees its own jobs; no partition given sees them all. */
  const visible = (partitionKey: string | undefined) =>
    partitionKey === undefined ? sql.literal("TRUE") : sql`partition_key = ${partitionKey}`

  const dueAt = (available: NewJob["available"], now: Statement.Fragment) =>
    "at" in available ? instant(available.at) : later(now, int(available.after))

  const get = (id: JobId, partitionKey: string | undefined) =>
    Effect.flatMap(
      recordRows(sql`SELECT ${recordColumns(dialect)} FROM ${jobsTable} WHERE id = ${id} AND ${visible(partitionKey)}`),
      ([job]) => job === undefined ? new JobNotFound({ jobId: id }) : Effect.succeed(job)
    )

  const cancel = Effect.fnUntraced(function*(id: JobId, partitionKey: string | undefined, now: Statement.Fragment) {
    const [changed] = yield* statusRows(sql`
      UPDATE ${jobsTable} SET cancel_requested_at = COALESCE(cancel_requested_at, ${now}), updated_at = ${now},
        status = CASE status WHEN 'pending' THEN 'cancelled' ELSE status END,
        finished_at = CASE status WHEN 'pending' THEN ${now} END,
        holds_key = CASE status WHEN 'pending' THEN 0 ELSE holds_key END
      WHERE id = ${id} AND ${visible(partitionKey)} AND status IN ('pending', 'running')
      RETURNING id, status`)
    return changed?.status ?? (yield* get(id, partitionKey)).status
  })

  const retry: (
    id: JobId,
    partitionKey: string | undefined,
    available: NewJob["available"],
    now: Statement.Fragment,
    tries?: number
  ) => OnConnection<void, JobNotFound | JobNotRetryable | UniqueKeyTaken> = Effect.fnUntraced(function*(
    id,
    partitionKey,
    available,
    now,
    tries = 5
  ) {
    const [retried] = yield* idRows(sql`
      UPDATE ${jobsTable} SET status = 'pending', available_at = ${
      dueAt(available, now)
    }, failures = 0, finished_at = NULL,
        settled_attempt = NULL, settled_by = NULL, settled_as = NULL, settled_to = NULL,
        cancel_requested_at = NULL, updated_at = ${now}, holds_key = ${truth("unique_key IS NOT NULL")}
      WHERE id = ${id} AND ${visible(partitionKey)} AND status IN ('failed', 'cancelled')
        AND NOT EXISTS (${keyHolder})
      RETURNING id`)
    if (retried !== undefined) return
    const job = yield* get(id, partitionKey)
    const [holder] = yield* idRows(
      sql`SELECT (${keyHolder}) AS id FROM ${jobsTable}
          WHERE id = ${id} AND status IN ('failed', 'cancelled') AND EXISTS (${keyHolder})`
    )
    if (holder === undefined) {
      const isRetryable = job.status === "failed" || job.status === "cancelled"
      // Elsewhere than on SQLite it may have become so between two statements, or its key free.
      return isRetryable && tries > 1
        ? yield* retry(id, partitionKey, available, now, tries - 1)
        : yield* new JobNotRetryable({ jobId: id, status: job.status })
    }
    return yield* new UniqueKeyTaken({ jobId: id, uniqueKey: String(job.uniqueKey), heldBy: holder.id })
  })

  /** A job that is to run now and is due already keeps its place before those that became due after it. */
  const noLater = (available: NewJob["available"], due: Statement.Fragment) =>
    "after" in available && available.after === 0
      ? sql`CASE WHEN available_at < ${due} THEN available_at ELSE ${due} END`
      : due

  const edit: (
    id: JobId,
    partitionKey: string | undefined,
    changes: Changes,
    now: Statement.Fragment,
    tries?: number
  ) => OnConnection<void, JobNotFound | JobNotPending> = Effect.fnUntraced(function*(
    id,
    partitionKey,
    changes,
    now,
    tries = 5
  ) {
    const { available, priority } = changes
    const [edited] = yield* idRows(sql`
      UPDATE ${jobsTable} SET available_at = ${
      available === undefined ? sql.literal("available_at") : noLater(available, dueAt(available, now))
    }, updated_at = ${now},
        priority = ${priority === undefined ? sql.literal("priority") : sql`${priority}`}
      WHERE id = ${id} AND ${visible(partitionKey)} AND status = 'pending'
      RETURNING id`)
    if (edited !== undefined) return
    const { status } = yield* get(id, partitionKey)
    // Elsewhere than on SQLite it may have come back between two statements.
    return status === "pending" && tries > 1
      ? yield* edit(id, partitionKey, changes, now, tries - 1)
      : yield* new JobNotPending({ jobId: id, status })
  })

  const remove: (
    id: JobId,
    partitionKey: string | undefined,
    tries?: number
  ) => OnConnection<JobStatus, JobNotFound | JobRunning> = Effect.fnUntraced(function*(id, partitionKey, tries = 5) {
    const [deleted] = yield* statusRows(sql`
      DELETE FROM ${jobsTable} WHERE id = ${id} AND ${visible(partitionKey)} AND status <> 'running'
      RETURNING id, status`)
    if (deleted !== undefined) return deleted.status
    const { status } = yield* get(id, partitionKey)
    return status !== "running" && tries > 1
      ? yield* remove(id, partitionKey, tries - 1)
      : yield* new JobRunning({ jobId: id })
  })

  return { get, cancel, retry, edit, remove }
}
