import type * as Statement from "@effect/sql/Statement"
import type { Item } from "../Differences.ts"
import type { Dialect } from "../Differences.ts"
import type { NewJob } from "../JobStore.ts"
import type { HolderChange } from "../conflicts.ts"
import { execute } from "./execute.ts"
import { makeIds } from "./ids.ts"
import { idRows, inTheWayRows, keptRows } from "./rows.ts"

const jobColumns = {
  id: "id",
  queue: "text",
  kind: "text",
  payload: "text",
  priority: "int",
  partition_key: "text",
  unique_key: "text",
  unique_scope: "text",
  max_attempts: "int",
  available_at: "int",
  available_after: "int",
  trace_context: "text"
} as const

const jobItem = (job: NewJob): Item<typeof jobColumns> => ({
  id: job.id,
  queue: job.queue,
  kind: job.kind,
  payload: job.payload,
  priority: job.priority,
  partition_key: job.partitionKey,
  unique_key: job.uniqueKey,
  unique_scope: job.uniqueScope,
  max_attempts: job.maxAttempts,
  available_at: "at" in job.available ? job.available.at : null,
  available_after: "after" in job.available ? job.available.after : null,
  trace_context: job.traceContext
})

const sameColumns = { id: "id", kind: "text", payload: "text", partition_key: "text" } as const

const keyColumns = { id: "id", kind: "text", partition_key: "text", unique_key: "text" } as const

const changeColumns = { holder: "id", new_payload: "text", new_context: "text", due_at: "int" } as const

/** The statements that add jobs. */
export const makeEnqueue = (dialect: Dialect) => {
  const {
    among,
    byId,
    byIndex,
    insertsWhole,
    instantIn,
    items,
    jobsTable,
    jsonOf,
    jsonText,
    later,
    locked,
    millis,
    sql,
    truth,
    unindexed
  } = dialect
  const { idsOf } = makeIds(dialect)

  const insertWhere = (condition: Statement.Fragment) => (jobs: ReadonlyArray<NewJob>, now: Statement.Fragment) =>
    idRows(sql`
      INSERT INTO ${jobsTable} (
        id, queue, kind, payload, status, priority, partition_key, unique_key, unique_scope, holds_key,
        max_attempts, available_at, created_at, updated_at, trace_context
      )
      SELECT id, queue, kind, ${jsonOf("payload")}, 'pending', priority, partition_key, unique_key, unique_scope,
        ${truth("unique_key IS NOT NULL")}, max_attempts,
        COALESCE(${instantIn("available_at")}, ${later(now, "available_after")}), ${now}, ${now},
        trace_context
      FROM ${items(jobColumns, jobs.map(jobItem))} WHERE ${condition}
      ON CONFLICT DO NOTHING
      RETURNING id`)

  /** Adds those of the jobs that no other is in the way of. */
  const insert = insertWhere(sql.literal("TRUE"))

  /** The same in a statement that is a transaction by itself: adds nothing where it could fail after it has written something. */
  const insertWhole = insertWhere(insertsWhole)

  /**
   * The job in the way of each that was not inserted. The holder of a unique key
   * cannot be claimed before the transaction ends: otherwise it could run without
   * what else is committed with this, although it is told to be kept. `same` says that it is the
   * same job under the same id, with the payload it was enqueued with: letter by letter where the database keeps it so.
   */
  const findInTheWay = (jobs: ReadonlyArray<NewJob>) => {
    const all = jobs.map(({ id, kind, partitionKey, payload }) => ({ id, kind, payload, partition_key: partitionKey }))
    const keys = jobs.flatMap(({ id, kind, partitionKey, uniqueKey }) =>
      uniqueKey === null ? [] : [{ id, kind, partition_key: partitionKey, unique_key: uniqueKey }]
    )
    return inTheWayRows(sql`
      SELECT item.id, j.id AS found, 1 AS by_id,
        ${
      truth(sql`j.kind = item.kind AND COALESCE(j.first_payload, j.payload) = ${jsonOf("item.payload")}
          AND j.partition_key IS NOT DISTINCT FROM item.partition_key`)
    } AS same,
        j.status, j.attempts, ${millis("j.available_at")} AS available_at, ${millis("j.created_at")} AS created_at
      FROM ${items(sameColumns, all)}
      JOIN ${jobsTable} AS j ${byId} ON j.id = item.id${among("j.id", jobs.map(({ id }) => id))}
      UNION ALL
      ${
      locked((condition) =>
        sql`
      SELECT item.id, j.id AS found, 0 AS by_id, 0 AS same, j.status, j.attempts,
        ${millis("j.available_at")} AS available_at, ${millis("j.created_at")} AS created_at
      FROM ${items(keyColumns, keys)}
      CROSS JOIN ${jobsTable} AS j ${byIndex("holdfast_jobs_unique")}
      WHERE j.kind = item.kind AND j.unique_key = item.unique_key
        AND COALESCE(j.partition_key, '') = COALESCE(item.partition_key, '')
        AND j.holds_key = 1 ${condition}`
      )
    }`)
  }

  /** Gives pending holders of a unique key what later enqueues want them to have. The first payload tells whose id it is. */
  const change = (holders: ReadonlyArray<HolderChange>, now: Statement.Fragment) =>
    execute(sql`
      UPDATE ${jobsTable} ${byId} SET
        first_payload = CASE WHEN item.new_payload IS NULL THEN first_payload ELSE COALESCE(first_payload, payload) END,
        payload = COALESCE(${jsonOf("item.new_payload")}, payload),
        trace_context = CASE WHEN item.new_payload IS NULL THEN trace_context ELSE item.new_context END,
        available_at = COALESCE(${instantIn("item.due_at")}, available_at), updated_at = ${now}
      FROM ${
      items(
        changeColumns,
        holders.map(({ availableAt, id, payload, traceContext }) => ({
          holder: id,
          new_payload: payload,
          new_context: traceContext,
          due_at: availableAt
        }))
      )
    }
      WHERE holdfast_jobs.id = item.holder AND ${unindexed("holdfast_jobs.status")} = 'pending'${
      among("holdfast_jobs.id", holders.map(({ id }) => id))
    }`)

  /** The jobs that have the ids of these. */
  const findKept = (jobs: ReadonlyArray<NewJob>) =>
    keptRows(sql`
          SELECT id, kind, partition_key, ${jsonText("COALESCE(first_payload, payload)")} AS payload
          FROM ${jobsTable} ${byId}
          WHERE id IN ${idsOf(jobs)}${among("id", jobs.map(({ id }) => id))}`)

  return { insert, insertWhole, findInTheWay, findKept, change }
}
