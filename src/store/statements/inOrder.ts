import type * as Statement from "@effect/sql/Statement"
import { Option } from "effect"
import type { JobId } from "../../domain/JobId.ts"
import type { Dialect } from "../Differences.ts"
import type { ClaimRequest } from "../JobStore.ts"
import { makeAsked } from "./asked.ts"
import { makeIds } from "./ids.ts"
import { makePauses } from "./pauses.ts"

/*
 * The first due jobs of the whole table in claim order, whatever their lanes:
 * as many as a request asks for and some more, in case some are of other lanes.
 * They are nearly always enough, and then the number of lanes does not matter.
 * Where they are not, the lanes are asked one by one by another statement
 * (byLane.ts): one statement that knows both ways takes twice as long.
 *
 * band:    the priorities of pending jobs, best first, until those above have
 *          enough due jobs. Each is one seek in the index holdfast_jobs_order.
 * scanned: their due jobs, with none left out between two. Jobs that are not due
 *          yet are never walked.
 * early:   the jobs of the request among them, each queue within its room.
 * enough:  true if `early` is what a claim is to take: all that was asked for,
 *          or all that is due, and its payloads fit together.
 */

/** The number of due jobs to look at. Those beyond the limit take some tens of microseconds where none of them fits. */
const scanLimit = ({ limit }: Pick<ClaimRequest, "limit">) => limit + (limit === 1 ? 10 : 50)

/** The tables `band`, `scanned` and `early` of a request, behind one of the kinds that it names. */
export const makeInOrder = (dialect: Dialect) => {
  const { atMost, byId, byIndex, count, int, jobsTable, jsonBytes, sql, withJobsOfEach } = dialect
  const asked = makeAsked(dialect)
  const { without } = makeIds(dialect)
  const { isNotPaused } = makePauses(dialect)
  const inOrder = byIndex("holdfast_jobs_order")

  const early = (
    request: Pick<ClaimRequest, "queues" | "limit">,
    now: Statement.Fragment,
    except: ReadonlyArray<JobId>
  ): Statement.Fragment => {
    const most = scanLimit(request)
    return sql`
    ${asked(request)}
    band (priority, found) AS (
      SELECT (
        SELECT j.priority FROM ${jobsTable} AS j ${inOrder} WHERE j.status = 'pending'
        ORDER BY j.priority DESC LIMIT 1
      ), 0
      UNION ALL
      SELECT (
        SELECT j.priority FROM ${jobsTable} AS j ${inOrder} WHERE j.status = 'pending' AND j.priority < band.priority
        ORDER BY j.priority DESC LIMIT 1
      ), found + (
        SELECT ${count()} FROM (
          SELECT 1 FROM ${jobsTable} AS j ${inOrder}
          WHERE j.status = 'pending' AND j.priority = band.priority AND j.available_at <= ${now}
            ${without("j.id", except)}
          ${atMost(most)}
        ) AS counted
      )
      FROM band WHERE priority IS NOT NULL AND found < ${most}
    ),
    scanned (id) AS MATERIALIZED (
      SELECT j.id FROM ${
      withJobsOfEach(
        "band",
        sql`band.found < ${most} AND `,
        sql`
        SELECT due.id FROM ${jobsTable} AS due ${inOrder}
        WHERE due.status = 'pending' AND due.priority = band.priority AND due.available_at <= ${now}
          ${without("due.id", except)}
        ORDER BY due.available_at, due.id ${atMost(most)}
      `
      )
    }
    ),
    early (id, kind, queue, priority, available_at, bytes) AS MATERIALIZED (
      ${Option.isNone(request.queues) ? anyQueue : withinRoom}
      ORDER BY priority DESC, available_at, id ${atMost(request.limit)}
    )`
  }

  const anyQueue = sql`
      SELECT j.id AS id, j.kind, j.queue, j.priority AS priority, j.available_at AS available_at, ${
    jsonBytes("j.payload")
  }
      FROM scanned CROSS JOIN ${jobsTable} AS j ${byId}
      WHERE j.id = scanned.id AND j.kind IN (SELECT kind FROM named) AND ${isNotPaused("queue", "j.queue")}`

  const withinRoom = sql`
      SELECT id, kind, queue, priority, available_at, bytes FROM (
        SELECT j.id, j.kind, j.queue, j.priority, j.available_at, ${jsonBytes("j.payload")} AS bytes, asked.slots,
          row_number() OVER (PARTITION BY j.queue ORDER BY j.priority DESC, j.available_at, j.id) AS place
        FROM scanned CROSS JOIN ${jobsTable} AS j ${byId} CROSS JOIN asked
        WHERE j.id = scanned.id AND asked.queue = j.queue AND j.kind IN (SELECT kind FROM named)
      ) AS placed
      WHERE place <= slots`

  /** True if every due job was looked at. */
  const isAll = (request: Pick<ClaimRequest, "limit">) => sql`(SELECT count(*) FROM scanned) < ${scanLimit(request)}`

  const enough = (request: Pick<ClaimRequest, "limit" | "maxBytes">) =>
    sql`enough (yes) AS MATERIALIZED (
      SELECT (count(*) = ${request.limit} OR ${isAll(request)}) AND COALESCE(sum(bytes), 0) <= ${
      int(Math.min(request.maxBytes, Number.MAX_SAFE_INTEGER))
    } FROM early
    )`

  /**
   * The table `next`, with the earliest due time of any job of the request, if
   * that can be told from the first job of each band; and `enough`, true if it can.
   */
  const next = (request: Pick<ClaimRequest, "queues" | "limit">, except: ReadonlyArray<JobId>) => {
    const isAsked = Option.isNone(request.queues)
      ? isNotPaused("queue", "j.queue")
      : sql.literal("j.queue IN (SELECT queue FROM asked)")
    return sql`
    head (available_at, fits) AS MATERIALIZED (
      SELECT j.available_at, j.kind IN (SELECT kind FROM named) AND ${isAsked}
      FROM band CROSS JOIN ${jobsTable} AS j ${byId} WHERE j.id = (
        SELECT due.id FROM ${jobsTable} AS due ${inOrder}
        WHERE due.status = 'pending' AND due.priority = band.priority ${without("due.id", except)}
        ORDER BY due.available_at, due.id LIMIT 1
      )
    ),
    next (at) AS MATERIALIZED (
      SELECT COALESCE((SELECT min(available_at) FROM early), (SELECT min(available_at) FROM head))
    ),
    enough (yes) AS MATERIALIZED (
      SELECT EXISTS (SELECT 1 FROM early) OR ${isAll(request)} AND NOT EXISTS (SELECT 1 FROM head WHERE NOT fits)
    )`
  }

  return { early, enough, next }
}
