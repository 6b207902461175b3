import type * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { JobIdConflict } from "../../domain/errors.ts"
import { isSameJson } from "../../domain/sameJson.ts"
import { eachInTurn, inChunks } from "../chunks.ts"
import { currentMillis } from "../currentMillis.ts"
import { dialect } from "../dialect.ts"
import { afterConflicts, type HolderChange } from "./conflicts.ts"
import type { Enqueued, NewJob } from "../JobStore.ts"
import { execute, idRows, inTheWayRows, keptRows } from "./rows.ts"

/** The statements that add jobs. */
export const makeEnqueue = (sql: SqlClient.SqlClient) => {
  const { byId, byIndex, each } = dialect(sql)

  const insert = (jobs: ReadonlyArray<NewJob>, now: number) =>
    idRows(sql`
      INSERT INTO holdfast_jobs (
        id, queue, kind, payload, status, priority, partition_key, unique_key, unique_scope, holds_key,
        max_attempts, available_at, created_at, updated_at, trace_context
      )
      SELECT value ->> 'id', value ->> 'queue', value ->> 'kind', value ->> 'payload', 'pending', value ->> 'priority',
        value ->> 'partitionKey', value ->> 'uniqueKey', value ->> 'uniqueScope', value ->> 'uniqueKey' IS NOT NULL,
        value ->> 'maxAttempts', COALESCE(value ->> '$.available.at', ${now} + (value ->> '$.available.after')),
        ${now}, ${now}, value ->> 'traceContext'
      FROM ${each(jobs)} WHERE TRUE
      ON CONFLICT DO NOTHING
      RETURNING id`)

  /**
   * For each job that was not inserted: the one in its way, and whether it is the
   * same job under the same id, with the payload that it was enqueued with, letter by letter.
   */
  const findInTheWay = (jobs: ReadonlyArray<NewJob>) =>
    inTheWayRows(sql`
      SELECT value ->> 'id' AS id, j.id AS found, j.id = value ->> 'id' AS by_id,
        j.kind = value ->> 'kind' AND COALESCE(j.first_payload, j.payload) = value ->> 'payload'
          AND j.partition_key IS value ->> 'partitionKey' AS same,
        j.status, j.attempts, j.available_at, j.created_at
      FROM ${each(jobs)}
      JOIN holdfast_jobs AS j ${byId} ON j.id = value ->> 'id'
      UNION ALL
      SELECT value ->> 'id', j.id, 0, 0, j.status, j.attempts, j.available_at, j.created_at
      FROM ${each(jobs.filter((job) => job.uniqueKey !== null))}
      CROSS JOIN holdfast_jobs AS j ${byIndex("holdfast_jobs_unique")}
      WHERE j.kind = value ->> 'kind' AND j.unique_key = value ->> 'uniqueKey'
        AND COALESCE(j.partition_key, '') = COALESCE(value ->> 'partitionKey', '')
        AND j.holds_key = 1`)

  /** Gives pending holders of a unique key what later enqueues want them to have. The first payload tells whose id it is. */
  const change = (holders: ReadonlyArray<HolderChange>, now: number) =>
    execute(sql`
      UPDATE holdfast_jobs ${byId} SET
        first_payload = CASE WHEN item.new_payload IS NULL THEN first_payload ELSE COALESCE(first_payload, payload) END,
        payload = COALESCE(item.new_payload, payload),
        trace_context = CASE WHEN item.new_payload IS NULL THEN trace_context ELSE item.new_context END,
        available_at = item.due_at, updated_at = ${now}
      FROM (
        SELECT value ->> 'id' AS holder, value ->> 'payload' AS new_payload, value ->> 'traceContext' AS new_context,
          value ->> 'availableAt' AS due_at
        FROM ${each(holders)}
      ) AS item
      WHERE holdfast_jobs.id = item.holder AND holdfast_jobs.status = 'pending'`)

  /** The first of these whose id another job has: one of another kind or partition, or with a payload that is another value. */
  const findConflict = (jobs: ReadonlyArray<NewJob>) =>
    Effect.gen(function*() {
      const kept = yield* eachInTurn(
        inChunks(jobs),
        (some) =>
          keptRows(sql`
          SELECT id, kind, partition_key, COALESCE(first_payload, payload) AS payload
          FROM holdfast_jobs ${byId} WHERE id IN (SELECT value ->> 'id' FROM ${each(some)})`)
      )
      const byItsId = new Map(kept.flat().map((one) => [one.id, one]))
      return jobs.find((job) => {
        const one = byItsId.get(job.id)
        return one === undefined || one.kind !== job.kind || one.partition_key !== job.partitionKey
          || !isSameJson(one.payload, job.payload)
      })
    })

  return Effect.fnUntraced(function*(jobs: ReadonlyArray<NewJob>) {
    const now = yield* currentMillis
    const added = yield* eachInTurn(inChunks(jobs), (chunk) => insert(chunk, now))
    const inserted = new Set(added.flat().map(({ id }) => id))
    // An id given twice in one call is inserted once; the second is compared with the first.
    const place = new Map(jobs.map(({ id }, index) => [id, index] as const).toReversed())
    const isNew = (job: NewJob, index: number) => inserted.has(job.id) && place.get(job.id) === index
    const enqueued = ({ id }: NewJob): Enqueued => ({ id, enqueued: true, outcome: "enqueued" })
    const others = jobs.filter((job, index) => !isNew(job, index))
    if (others.length === 0) return jobs.map(enqueued)

    const inTheWay = (yield* eachInTurn(inChunks(others), findInTheWay)).flat()
    // Nearly all that are the same are so letter by letter.
    const perhaps = new Set(inTheWay.flatMap(({ by_id, id, same }) => by_id === 1 && same === 0 ? [id] : []))
    const conflict = yield* findConflict(others.filter(({ id }) => perhaps.has(id)))
    if (conflict !== undefined) return yield* new JobIdConflict({ jobId: conflict.id })
    // All that is inserted comes first: what an enqueue changes of a holder frees no key.
    const { answers, changes } = afterConflicts(others, inTheWay, now)
    yield* eachInTurn(inChunks(changes), (chunk) => change(chunk, now))
    return jobs.map((job, index) => (isNew(job, index) ? undefined : answers.get(job)) ?? enqueued(job))
  })
}
