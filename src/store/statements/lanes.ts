import type * as Statement from "@effect/sql/Statement"
import { Effect } from "effect"
import type { Dialect } from "../Differences.ts"
import type { Ended, LaneDepth, LaneHead } from "../JobStore.ts"
import type { OnConnection } from "../Transactions.ts"
import { countRows, endedRows, laneDepthRows, laneHeadRows, laneHolderRows } from "./rows.ts"

/** Looks at the lanes of the whole database: what waits in each, and who works on it. Neither grows with the backlog. */
export const makeLanes = (dialect: Dialect) => {
  const { atMost, byId, byIndex, count, instant, int, items, jobsTable, later, millis, safeCount, sql } = dialect

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

  const laneHolders = (
    { areOver = false, limit }: { readonly areOver?: boolean | undefined; readonly limit: number },
    now: Statement.Fragment
  ) =>
    laneHolderRows(sql`
      SELECT queue, kind, locked_by AS "lockedBy", ${count()} AS jobs,
        ${millis("max(locked_at)")} AS "lockedAt", ${millis("max(locked_until)")} AS "lockedUntil"
      FROM (
        SELECT queue, kind, locked_by, locked_at, locked_until
        FROM ${jobsTable} ${byIndex("holdfast_jobs_lease")}
        WHERE status = 'running' AND locked_until ${sql.literal(areOver ? "<=" : ">")} ${now}
        ORDER BY locked_until ${atMost(limit)}
      ) AS held
      GROUP BY queue, kind, locked_by`)

  /** Jobs of a queue, kind and priority, counted up to `limit`. */
  const depth = (limit: number, condition: Statement.Fragment) =>
    sql`
      (SELECT ${count()} FROM (
        SELECT 1 FROM ${jobsTable} AS j ${byIndex("holdfast_jobs_claim")}
        WHERE j.status = 'pending' AND j.queue = item.queue AND j.kind = item.kind AND j.priority = item.priority
          AND ${condition}
        ${atMost(limit)}
      ) AS counted)`

  const laneDepths = (
    { heads, limit }: {
      readonly heads: ReadonlyArray<Pick<LaneHead, "queue" | "kind" | "priority">>
      readonly limit: number
    },
    now: Statement.Fragment
  ): OnConnection<ReadonlyArray<LaneDepth>> =>
    laneDepthRows(sql`
      SELECT queue, kind, CAST(priority AS integer) AS priority, ${depth(limit, sql`TRUE`)} AS pending,
        ${depth(limit, sql`j.available_at <= ${now}`)} AS due
      FROM ${
      items(
        { queue: "text", kind: "text", priority: "int" },
        heads.map(({ kind, priority, queue }) => ({ queue, kind, priority }))
      )
    }`)

  const countAhead = (
    { availableAt, id, kind, priority, queue }: Pick<LaneHead, "queue" | "kind" | "priority" | "availableAt" | "id">,
    { limit }: { readonly limit: number },
    now: Statement.Fragment
  ): OnConnection<number> =>
    Effect.map(
      countRows(sql`
      SELECT ${count()} AS jobs FROM (
        SELECT 1 FROM ${jobsTable} AS j ${byIndex("holdfast_jobs_claim")}
        WHERE j.status = 'pending' AND j.queue = ${queue} AND j.kind = ${kind} AND j.priority = ${int(priority)}
          AND j.available_at <= ${now} AND (j.available_at, j.id) < (${instant(availableAt)}, ${id})
        ${atMost(limit)}
      ) AS ahead`),
      ([row]) => row?.jobs ?? 0
    )

  /** Jobs that ended with `status` in the last `within` milliseconds, counting the last `limit`. */
  const endedLately = (
    { limit, status, within }: { readonly status: Ended["status"]; readonly within: number; readonly limit: number },
    now: Statement.Fragment
  ): OnConnection<ReadonlyArray<Ended>> =>
    endedRows(sql`
      SELECT queue, kind, ${sql.literal(`'${status}'`)} AS status, ${count()} AS jobs FROM (
        SELECT queue, kind FROM ${jobsTable} ${byIndex("holdfast_jobs_finished")}
        WHERE status = ${status} AND finished_at IS NOT NULL AND finished_at > ${later(now, int(-within))}
        ORDER BY finished_at DESC ${atMost(limit)}
      ) AS ended
      GROUP BY queue, kind`)

  return { laneHeads, laneHolders, laneDepths, countAhead, endedLately }
}
