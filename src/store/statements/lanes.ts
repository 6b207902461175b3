import type * as Statement from "@effect/sql/Statement"
import type { Dialect } from "../Differences.ts"
import type { LaneHead } from "../JobStore.ts"
import { laneHeadRows, laneHolderRows } from "./rows.ts"

/** Looks at the lanes of the whole database: what waits in each, and who works on it. Neither grows with the backlog. */
export const makeLanes = (dialect: Dialect) => {
  const { atMost, byId, byIndex, count, int, jobsTable, millis, safeCount, sql } = dialect

  // An app's SQL may have set what JavaScript would round, and a lane would seem to move.
  const columns = sql`job.queue, job.kind, job.priority, job.id, ${safeCount("job.attempts")}, job.available_at`

  /** The id of the first pending job in the claim index of those that `which` leaves. */
  const first = (which: Statement.Fragment, order: string) =>
    sql`
      SELECT j.id FROM ${jobsTable} AS j ${byIndex("holdfast_jobs_claim")} WHERE j.status = 'pending' AND ${which}
      ORDER BY ${sql.literal(order)} LIMIT 1`

  /** The first job of the next priority, or else kind, or else queue: at most three seeks, each in the claim index. */
  const behind = (queue: Statement.Fragment, kind: Statement.Fragment, priority: Statement.Fragment) =>
    sql`COALESCE(
      (${
      first(
        sql`j.queue = ${queue} AND j.kind = ${kind} AND j.priority < ${priority}`,
        "j.priority DESC, j.available_at, j.id"
      )
    }),
      (${first(sql`j.queue = ${queue} AND j.kind > ${kind}`, "j.kind, j.priority DESC, j.available_at, j.id")}),
      (${first(sql`j.queue > ${queue}`, "j.queue, j.kind, j.priority DESC, j.available_at, j.id")})
    )`

  const laneHeads = ({ after, limit }: { readonly limit: number; readonly after?: LaneHead | undefined }) =>
    laneHeadRows(sql`
      WITH RECURSIVE head (queue, kind, priority, id, attempts, available_at, place) AS (
        SELECT ${columns}, 1 FROM ${jobsTable} AS job ${byId} WHERE job.id = ${
      after === undefined
        ? sql`(${first(sql`TRUE`, "j.queue, j.kind, j.priority DESC, j.available_at, j.id")})`
        : behind(sql`${after.queue}`, sql`${after.kind}`, sql`${after.priority}`)
    }
        UNION ALL
        SELECT ${columns}, place + 1 FROM head CROSS JOIN ${jobsTable} AS job ${byId}
          WHERE place < ${int(limit)} AND job.id = ${behind(sql`head.queue`, sql`head.kind`, sql`head.priority`)}
      )
      SELECT queue, kind, priority, id, attempts, ${millis("available_at")} AS "availableAt" FROM head
      ORDER BY queue, kind, priority DESC`)

  const laneHolders = ({ limit }: { readonly limit: number }, now: Statement.Fragment) =>
    laneHolderRows(sql`
      SELECT queue, kind, locked_by AS "lockedBy", ${count()} AS jobs,
        ${millis("max(locked_at)")} AS "lockedAt", ${millis("max(locked_until)")} AS "lockedUntil"
      FROM (
        SELECT queue, kind, locked_by, locked_at, locked_until
        FROM ${jobsTable} ${byIndex("holdfast_jobs_lease")}
        WHERE status = 'running' AND locked_until > ${now}
        ORDER BY locked_until ${atMost(limit)}
      ) AS held
      GROUP BY queue, kind, locked_by`)

  return { laneHeads, laneHolders }
}
