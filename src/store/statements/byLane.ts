import type * as Statement from "@effect/sql/Statement"
import { Option } from "effect"
import type { JobId } from "../../domain/JobId.ts"
import type { Dialect } from "../Differences.ts"
import type { ClaimRequest } from "../JobStore.ts"
import { makeAsked } from "./asked.ts"
import { makeIds } from "./ids.ts"
import { makePauses } from "./pauses.ts"

/*
 * The jobs that a claim takes where those of other lanes stand before them.
 *
 * A lane is a queue and a kind, and the jobs of one priority in it are a level.
 * Below, a worker asks for 4 jobs of kinds a and b: it has room for 2 of queue
 * mail and 3 of queue web. Numbers are pending jobs; those in brackets are not
 * due yet.
 *
 *     lane        priority 9    priority 5    priority 0
 *     mail a       1  2          3             4
 *     mail b                     5  6         (7)
 *     web  a      (8)            9            10
 *     web  b                                  11 12
 *
 *     level       mail a 9, 5   mail b 5, 0   web a 9, 5, 0   web b 0
 *     candidate   mail: 1 2 3 5 6             web: 9 10 11 12
 *     first       1 2 9 10
 *
 * level:     each lane's priorities, best first, until those above have filled
 *            the room of the queue: mail a 0 is never looked at.
 * candidate: the due jobs of each level in the order they became due, and their
 *            place in their queue. A job whose place is beyond the room is left.
 * first:     the best 4 of all queues by priority, then available_at, then id.
 *
 * Every step is one seek in the index holdfast_jobs_claim, so jobs that are
 * finished, not due or of other lanes are never walked.
 */

/** The tables `level`, `candidate` and `first` of a request, behind `named` with its kinds. */
export const makeByLane = (dialect: Dialect) => {
  const { atMost, byIndex, count, int, jobsTable, jsonBytes, sql, withJobsOfEach } = dialect
  const asked = makeAsked(dialect)
  const { without } = makeIds(dialect)
  const { isNotPaused } = makePauses(dialect)
  const inLane = byIndex("holdfast_jobs_claim")

  /** The queues of a request, each with its room: those it names, or every queue with pending jobs, also one that is paused. */
  const roomOf = ({ limit, queues }: Pick<ClaimRequest, "queues" | "limit">) =>
    Option.match(queues, {
      onSome: () => sql`SELECT queue, slots FROM asked`,
      onNone: () =>
        sql`
      SELECT (SELECT queue FROM ${jobsTable} ${inLane} WHERE status = 'pending' ORDER BY queue LIMIT 1), ${int(limit)}
      UNION ALL
      SELECT (
        SELECT j.queue FROM ${jobsTable} AS j ${inLane}
        WHERE j.status = 'pending' AND j.queue > room.queue ORDER BY j.queue LIMIT 1
      ), room.slots
      FROM room WHERE room.queue IS NOT NULL`
    })

  const level = (
    request: Pick<ClaimRequest, "queues" | "limit">,
    now: Statement.Fragment,
    except: ReadonlyArray<JobId>
  ): Statement.Fragment =>
    sql`
    ${asked(request)}
    room (queue, slots) AS (${roomOf(request)}),
    level (queue, kind, slots, priority, found) AS (
      SELECT room.queue, named.kind, room.slots, (
        SELECT j.priority FROM ${jobsTable} AS j ${inLane}
        WHERE j.status = 'pending' AND j.queue = room.queue AND j.kind = named.kind
        ORDER BY j.priority DESC LIMIT 1
      ), 0
      FROM room JOIN named ON room.queue IS NOT NULL AND ${isNotPaused("queue", "room.queue")}
      UNION ALL
      SELECT queue, kind, slots, (
        SELECT j.priority FROM ${jobsTable} AS j ${inLane}
        WHERE j.status = 'pending' AND j.queue = level.queue AND j.kind = level.kind AND j.priority < level.priority
        ORDER BY j.priority DESC LIMIT 1
      ), found + (
        SELECT ${count()} FROM (
          SELECT 1 FROM ${jobsTable} AS j ${inLane}
          WHERE j.status = 'pending' AND j.queue = level.queue AND j.kind = level.kind
            AND j.priority = level.priority AND j.available_at <= ${now} ${without("j.id", except)}
          ${atMost(request.limit)}
        ) AS counted
      )
      FROM level WHERE priority IS NOT NULL AND found < slots
    )`

  const candidate = (request: Pick<ClaimRequest, "limit">, now: Statement.Fragment, except: ReadonlyArray<JobId>) =>
    sql`
    candidate (id, kind, queue, priority, available_at, bytes, slots, place) AS (
      SELECT j.id, j.kind, j.queue, j.priority, j.available_at, ${jsonBytes("j.payload")}, level.slots,
        row_number() OVER (PARTITION BY j.queue ORDER BY j.priority DESC, j.available_at, j.id)
      FROM ${
      withJobsOfEach(
        "level",
        sql.literal(""),
        sql`
        SELECT due.id FROM ${jobsTable} AS due ${inLane}
        WHERE due.status = 'pending' AND due.queue = level.queue AND due.kind = level.kind
          AND due.priority = level.priority AND due.available_at <= ${now} ${without("due.id", except)}
        ORDER BY due.available_at, due.id ${atMost(request.limit)}
      `
      )
    }
    )`

  const first = (request: Pick<ClaimRequest, "limit">) =>
    sql`
    first (id, kind, queue, priority, available_at, bytes) AS (
      SELECT id, kind, queue, priority, available_at, bytes FROM candidate WHERE place <= slots
      ORDER BY priority DESC, available_at, id ${atMost(request.limit)}
    )`

  /** The earliest due time of a job of any level. */
  const next = (except: ReadonlyArray<JobId>) =>
    sql`
    SELECT min((
      SELECT j.available_at FROM ${jobsTable} AS j ${inLane}
      WHERE j.status = 'pending' AND j.queue = level.queue AND j.kind = level.kind AND j.priority = level.priority
        ${without("j.id", except)}
      ORDER BY j.available_at LIMIT 1
    )) FROM level WHERE level.priority IS NOT NULL`

  return { level, candidate, first, next }
}
