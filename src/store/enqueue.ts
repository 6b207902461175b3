import type { SqlClient } from "@effect/sql"
import { Array as Arr, Effect } from "effect"
import { JobIdConflict } from "../domain/errors.ts"
import { eachInTurn, inChunks } from "./chunks.ts"
import { currentMillis } from "./currentMillis.ts"
import { dialect } from "./dialect.ts"
import type { Enqueued, NewJob } from "./JobStore.ts"
import { execute, idRows, inTheWayRows } from "./rows.ts"

/** The statements that add jobs. */
export const makeEnqueue = (sql: SqlClient.SqlClient) => {
  const { byId, byIndex, each } = dialect(sql)

  const insert = (jobs: ReadonlyArray<NewJob>, now: number) =>
    idRows(sql`
      INSERT INTO holdfast_jobs (
        id, queue, kind, payload, status, priority, partition_key, unique_key,
        max_attempts, available_at, created_at, updated_at, trace_context
      )
      SELECT value ->> 'id', value ->> 'queue', value ->> 'kind', value ->> 'payload', 'pending', value ->> 'priority',
        value ->> 'partitionKey', value ->> 'uniqueKey', value ->> 'maxAttempts',
        COALESCE(value ->> '$.available.at', ${now} + (value ->> '$.available.after')),
        ${now}, ${now}, value ->> 'traceContext'
      FROM ${each(jobs)} WHERE TRUE
      ON CONFLICT DO NOTHING
      RETURNING id`)

  /** For each job that was not inserted: the one in its way, and whether it is the same job under the same id. */
  const findInTheWay = (jobs: ReadonlyArray<NewJob>) =>
    inTheWayRows(sql`
      SELECT value ->> 'id' AS id, j.id AS found, j.id = value ->> 'id' AS by_id,
        j.kind = value ->> 'kind' AND j.payload = value ->> 'payload'
          AND j.partition_key IS value ->> 'partitionKey' AS same
      FROM ${each(jobs)}
      JOIN holdfast_jobs AS j ${byId} ON j.id = value ->> 'id'
      UNION ALL
      SELECT value ->> 'id', j.id, 0, 0
      FROM ${each(jobs.filter((job) => job.uniqueKey !== null))}
      CROSS JOIN holdfast_jobs AS j ${byIndex("holdfast_jobs_unique")}
      WHERE j.kind = value ->> 'kind' AND j.unique_key = value ->> 'uniqueKey'
        AND COALESCE(j.partition_key, '') = COALESCE(value ->> 'partitionKey', '')
        AND j.unique_key IS NOT NULL AND j.status IN ('pending', 'running')`)

  return Effect.fnUntraced(function*(jobs: ReadonlyArray<NewJob>) {
    const now = yield* currentMillis
    const added = yield* eachInTurn(inChunks(jobs), (chunk) => insert(chunk, now))
    const inserted = new Set(added.flat().map(({ id }) => id))
    // An id given twice in one call is inserted once; the second is compared with the first.
    const place = new Map(jobs.map(({ id }, index) => [id, index] as const).toReversed())
    const isNew = (job: NewJob, index: number) => inserted.has(job.id) && place.get(job.id) === index
    const others = jobs.filter((job, index) => !isNew(job, index))
    if (others.length === 0) return jobs.map(({ id }): Enqueued => ({ id, enqueued: true }))

    const inTheWay = (yield* eachInTurn(inChunks(others), findInTheWay)).flat()
    const conflict = inTheWay.find((found) => found.by_id === 1 && found.same === 0)
    if (conflict !== undefined) {
      // The caller's transaction may go on after this error, so it must hold none of this call.
      yield* eachInTurn(
        added,
        (rows) => execute(sql`DELETE FROM holdfast_jobs WHERE id IN (SELECT value ->> 'id' FROM ${each(rows)})`)
      )
      return yield* new JobIdConflict({ jobId: conflict.id })
    }
    const found = new Map(Arr.reverse(inTheWay).map((one) => [one.id, one.found]))
    return jobs.map((job, index): Enqueued => ({ id: found.get(job.id) ?? job.id, enqueued: isNew(job, index) }))
  })
}
