import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"
import { Effect, Option } from "effect"
import type { JobId } from "../../domain/JobId.ts"
import { dialect } from "../dialect.ts"
import type { ClaimRequest } from "../JobStore.ts"
import { makeIds } from "./ids.ts"
import { leaseOf } from "./leased.ts"
import type { ClaimedRow } from "./rows.ts"
import { claimedRows, dueRows, idRows, nextDueRows } from "./rows.ts"

/*
 * The jobs that a claim takes.
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
 *     chosen      1 2 9 10
 *
 * level:     each lane's priorities, best first, until those above have filled
 *            the room of the queue: mail a 0 is never looked at.
 * candidate: the due jobs of each level in the order they became due, and their
 *            place in their queue. A job whose place is beyond the room is left.
 * first:     the best 4 of all queues by priority, then available_at, then id.
 * chosen:    those of the first whose payloads fit into the request together,
 *            but always one.
 *
 * Every step is one seek in the index holdfast_jobs_claim, so jobs that are
 * finished, not due or of other lanes are never walked.
 */

/** The jobs of a request, without who asks. */
type Lanes = Omit<ClaimRequest, "worker">

/** The statements that look for due jobs, and that claim them. Each leaves out the jobs of `except`. */
export const makeClaim = (sql: SqlClient.SqlClient, isOurs: Statement.Fragment) => {
  const { atMost, byId, byIndex, items } = dialect(sql)
  const { idsOf, without } = makeIds(sql)

  const kindsOf = ({ kinds }: Pick<Lanes, "kinds">) =>
    sql`named (kind, lease_for) AS (SELECT kind, lease_for FROM ${
      items({ kind: "text", lease_for: "int" }, kinds.map(({ kind, leaseFor }) => ({ kind, lease_for: leaseFor })))
    })`

  /** The queues of a request, each with its room: those it names, or every queue with pending jobs. */
  const roomOf = ({ limit, queues }: Pick<Lanes, "queues" | "limit">) =>
    Option.match(queues, {
      onSome: (queues) =>
        sql`SELECT queue, slots FROM ${
          items({ queue: "text", slots: "int" }, queues.map(({ limit, queue }) => ({ queue, slots: limit })))
        }`,
      onNone: () =>
        sql`
      SELECT (
        SELECT queue FROM holdfast_jobs ${byIndex("holdfast_jobs_claim")} WHERE status = 'pending'
        ORDER BY queue LIMIT 1
      ), ${limit}
      UNION ALL
      SELECT (
        SELECT j.queue FROM holdfast_jobs AS j ${byIndex("holdfast_jobs_claim")}
        WHERE j.status = 'pending' AND j.queue > room.queue ORDER BY j.queue LIMIT 1
      ), room.slots
      FROM room WHERE room.queue IS NOT NULL`
    })

  const levels = (request: Pick<Lanes, "queues" | "kinds" | "limit">, now: number, except: ReadonlyArray<JobId>) =>
    sql`
    ${kindsOf(request)},
    room (queue, slots) AS (${roomOf(request)}),
    level (queue, kind, slots, priority, found) AS (
      SELECT room.queue, named.kind, room.slots, (
        SELECT j.priority FROM holdfast_jobs AS j ${byIndex("holdfast_jobs_claim")}
        WHERE j.status = 'pending' AND j.queue = room.queue AND j.kind = named.kind
        ORDER BY j.priority DESC LIMIT 1
      ), 0
      FROM room JOIN named ON room.queue IS NOT NULL
      UNION ALL
      SELECT queue, kind, slots, (
        SELECT j.priority FROM holdfast_jobs AS j ${byIndex("holdfast_jobs_claim")}
        WHERE j.status = 'pending' AND j.queue = level.queue AND j.kind = level.kind AND j.priority < level.priority
        ORDER BY j.priority DESC LIMIT 1
      ), found + (
        SELECT count(*) FROM (
          SELECT 1 FROM holdfast_jobs AS j ${byIndex("holdfast_jobs_claim")}
          WHERE j.status = 'pending' AND j.queue = level.queue AND j.kind = level.kind
            AND j.priority = level.priority AND j.available_at <= ${now} ${without("j.id", except)}
          ${atMost(request.limit)}
        )
      )
      FROM level WHERE priority IS NOT NULL AND found < slots
    )`

  const chosen = (request: Lanes, now: number, except: ReadonlyArray<JobId>) =>
    sql`
    ${levels(request, now, except)},
    candidate (id, kind, queue, priority, available_at, bytes, slots, place) AS (
      SELECT j.id, j.kind, j.queue, j.priority, j.available_at, octet_length(j.payload), level.slots,
        row_number() OVER (PARTITION BY j.queue ORDER BY j.priority DESC, j.available_at, j.id)
      FROM level JOIN holdfast_jobs AS j ON j.id IN (
        SELECT due.id FROM holdfast_jobs AS due ${byIndex("holdfast_jobs_claim")}
        WHERE due.status = 'pending' AND due.queue = level.queue AND due.kind = level.kind
          AND due.priority = level.priority AND due.available_at <= ${now} ${without("due.id", except)}
        ORDER BY due.available_at, due.id ${atMost(request.limit)}
      )
    ),
    first (id, kind, queue, priority, available_at, bytes) AS (
      SELECT id, kind, queue, priority, available_at, bytes FROM candidate WHERE place <= slots
      ORDER BY priority DESC, available_at, id ${atMost(request.limit)}
    ),
    chosen (id, kind, queue, priority, available_at) AS (
      SELECT id, kind, queue, priority, available_at FROM (
        SELECT *, sum(bytes) OVER (ORDER BY priority DESC, available_at, id ROWS UNBOUNDED PRECEDING) AS total FROM first
      )
      WHERE total <= ${request.maxBytes} OR total = bytes
    )`

  const nextDue = (request: Pick<Lanes, "queues" | "kinds">, now: number, except: ReadonlyArray<JobId> = []) =>
    Effect.map(
      nextDueRows(sql`
      WITH RECURSIVE ${levels({ ...request, limit: 1 }, now, except)}
      SELECT min((
        SELECT j.available_at FROM holdfast_jobs AS j ${byIndex("holdfast_jobs_claim")}
        WHERE j.status = 'pending' AND j.queue = level.queue AND j.kind = level.kind AND j.priority = level.priority
          ${without("j.id", except)}
        ORDER BY j.available_at LIMIT 1
      )) AS at
      FROM level WHERE level.priority IS NOT NULL AND ${isOurs}`),
      ([next]) => Option.fromNullable(next?.at)
    )

  const due = (request: Lanes, now: number, except: ReadonlyArray<JobId> = []) =>
    dueRows(sql`
      WITH RECURSIVE ${chosen(request, now, except)}
      SELECT id, kind, queue, priority, available_at AS "availableAt" FROM chosen WHERE ${isOurs}
      ORDER BY priority DESC, available_at, id`)

  const claim = (request: ClaimRequest, now: number, except: ReadonlyArray<JobId> = []) =>
    take(request, now, chosen(request, now, except))

  /** The jobs that a claim would take, in claim order, in tables of any version. */
  const claimable = (request: Lanes, now: number, except: ReadonlyArray<JobId> = []) =>
    idRows(sql`
      WITH RECURSIVE ${chosen(request, now, except)}
      SELECT id FROM chosen ORDER BY priority DESC, available_at, id`)

  /** Claims these jobs, which `claimable` has found in the same transaction. */
  const claimThese = (jobs: ReadonlyArray<{ readonly id: JobId }>, request: ClaimRequest, now: number) =>
    take(
      request,
      now,
      sql`
    ${kindsOf(request)},
    chosen (id) AS ${idsOf(jobs)}`
    )

  const take = (request: ClaimRequest, now: number, chosen: Statement.Fragment) =>
    Effect.map(
      claimedRows(sql`
      WITH RECURSIVE ${chosen}
      UPDATE holdfast_jobs ${byId} SET
        status = 'running', attempts = attempts + 1, updated_at = ${now},
        holds_key = CASE unique_scope WHEN 'unfinished' THEN holds_key ELSE 0 END,
        locked_at = ${now}, locked_by = ${request.worker},
        locked_until = ${now} + (SELECT lease_for FROM named WHERE named.kind = holdfast_jobs.kind)
      WHERE holdfast_jobs.id IN (SELECT id FROM chosen) AND holdfast_jobs.status = 'pending' AND ${isOurs}
      RETURNING id, kind, queue, payload, priority, partition_key AS "partitionKey", max_attempts AS "maxAttempts",
        available_at AS "availableAt", created_at AS "createdAt", trace_context AS "traceContext", attempts, failures,
        locked_at AS "lockedAt", locked_until AS "lockedUntil"`),
      (claimed) =>
        // RETURNING has no order of its own.
        claimed.toSorted(inClaimOrder).map(({ attempts, failures, id, lockedAt, lockedUntil, ...job }) => ({
          ...job,
          lease: leaseOf({ jobId: id, worker: request.worker, attempt: attempts, failures }, lockedAt, lockedUntil)
        }))
    )

  return { nextDue, due, claim, claimable, claimThese }
}

const inClaimOrder = (a: ClaimedRow, b: ClaimedRow) =>
  b.priority - a.priority || a.availableAt - b.availableAt || (a.id < b.id ? -1 : 1)
