import type * as Statement from "@effect/sql/Statement"
import { Effect, Option } from "effect"
import type { JobId } from "../../domain/JobId.ts"
import type { Dialect } from "../Differences.ts"
import type { ClaimRequest } from "../JobStore.ts"
import { makeByLane } from "./byLane.ts"
import { makeIds } from "./ids.ts"
import { makeInOrder } from "./inOrder.ts"
import { leaseOf } from "./leased.ts"
import { makePauses } from "./pauses.ts"
import type { ClaimedRow } from "./rows.ts"
import { claimedRows, dueRows, enoughRows, idRows, nextDueRows, nextInOrderRows } from "./rows.ts"

/*
 * A claim takes the first due jobs by priority, then available_at, then id, of
 * the lanes that it asks for, each queue within its room, whose payloads fit into
 * it together, but always one. Queues and kinds that are paused count as if they
 * were not asked for.
 *
 * They are found in claim order by a first statement (inOrder.ts). Where that does
 * not come far enough, or the payloads do not fit, it finds nothing, and another
 * goes lane by lane (byLane.ts). In each `chosen` are the jobs to take.
 */

/** The jobs of a request, without who asks. */
type Lanes = Omit<ClaimRequest, "worker">

/** The statements that look for due jobs, and that claim them. Each leaves out the jobs of `except`. */
export const makeClaim = (dialect: Dialect, isOurs: Statement.Fragment) => {
  const { byId, free, int, items, jobsTable, jsonText, later, millis, sql, truth, unindexed } = dialect
  const { idsOf } = makeIds(dialect)
  const inOrder = makeInOrder(dialect)
  const byLane = makeByLane(dialect)
  const { isNotPaused } = makePauses(dialect)

  /** The kinds of a request with the lease of each. */
  const allKinds = ({ kinds }: Pick<Lanes, "kinds">) =>
    sql`SELECT kind, lease_for FROM ${
      items({ kind: "text", lease_for: "int" }, kinds.map(({ kind, leaseFor }) => ({ kind, lease_for: leaseFor })))
    }`

  /** Those of them from which jobs are claimed now. */
  const kindsOf = (request: Pick<Lanes, "kinds">) =>
    sql`named (kind, lease_for) AS (${allKinds(request)} WHERE ${isNotPaused("kind", "kind")})`

  /** The first jobs in claim order, and whether they are enough. */
  const inOrderOf = (request: Lanes, now: Statement.Fragment, except: ReadonlyArray<JobId>) =>
    sql`
    ${kindsOf(request)},
    ${inOrder.early(request, now, except)},
    ${inOrder.enough(request)}`

  const chosenInOrder = (request: Lanes, now: Statement.Fragment, except: ReadonlyArray<JobId>) =>
    sql`
    ${inOrderOf(request, now, except)},
    chosen (id, kind, queue, priority, available_at) AS (
      SELECT id, kind, queue, priority, available_at FROM early WHERE (SELECT yes FROM enough)
    )`

  const chosenByLane = (request: Lanes, now: Statement.Fragment, except: ReadonlyArray<JobId>) =>
    sql`
    ${kindsOf(request)},
    ${byLane.level(request, now, except)},
    ${byLane.candidate(request, now, except)},
    ${byLane.first(request)},
    chosen (id, kind, queue, priority, available_at) AS (
      SELECT id, kind, queue, priority, available_at FROM (
        SELECT *, sum(bytes) OVER (ORDER BY priority DESC, available_at, id ROWS UNBOUNDED PRECEDING) AS total FROM first
      ) AS summed
      WHERE total <= ${int(Math.min(request.maxBytes, Number.MAX_SAFE_INTEGER))} OR total = bytes
    )`

  const wasEnough = (request: Lanes, now: Statement.Fragment, except: ReadonlyArray<JobId>) =>
    enoughRows(sql`
      WITH RECURSIVE ${inOrderOf(request, now, except)}
      SELECT ${truth("yes AND NOT EXISTS (SELECT 1 FROM early)")} AS yes FROM enough`)

  /** Runs a statement with the table `chosen`: found in claim order, or else by lane. */
  const findingFirst = <A, E, R>(
    request: Lanes,
    now: Statement.Fragment,
    except: ReadonlyArray<JobId>,
    run: (chosen: Statement.Fragment) => Effect.Effect<ReadonlyArray<A>, E, R>
  ) =>
    Effect.filterOrElse(
      run(chosenInOrder(request, now, except)),
      (found) => found.length > 0,
      (none) =>
        Effect.flatMap(wasEnough(request, now, except), ([enough]) =>
          // Nothing is due, or what is due is not asked for, and was all seen.
          enough?.yes === 1 ? Effect.succeed(none) : run(chosenByLane(request, now, except)))
    )

  const nextDue = (
    lanes: Pick<Lanes, "queues" | "kinds">,
    now: Statement.Fragment,
    except: ReadonlyArray<JobId> = []
  ) => {
    const request = { ...lanes, limit: 1 }
    return Effect.flatMap(
      nextInOrderRows(sql`
      WITH RECURSIVE
      ${kindsOf(request)},
      ${inOrder.early(request, now, except)},
      ${inOrder.next(request, except)}
      SELECT ${truth("(SELECT yes FROM enough)")} AS enough, ${millis("(SELECT at FROM next)")} AS at WHERE ${isOurs}`),
      ([next]) =>
        next === undefined || next.enough === 1 ? Effect.succeed(Option.fromNullable(next?.at)) : Effect.map(
          nextDueRows(sql`
          WITH RECURSIVE
          ${kindsOf(request)},
          ${byLane.level(request, now, except)}
          SELECT ${millis(sql`(${byLane.next(except)})`)} AS at WHERE ${isOurs}`),
          ([next]) => Option.fromNullable(next?.at)
        )
    )
  }

  const due = (request: Lanes, now: Statement.Fragment, except: ReadonlyArray<JobId> = []) =>
    findingFirst(request, now, except, (chosen) =>
      dueRows(sql`
      WITH RECURSIVE ${chosen}
      SELECT id, kind, queue, priority, ${millis("available_at")} AS "availableAt" FROM chosen WHERE ${isOurs}
      ORDER BY priority DESC, available_at, id`))

  const claim = (request: ClaimRequest, now: Statement.Fragment, except: ReadonlyArray<JobId> = []) =>
    findingFirst(request, now, except, (chosen) => take(request, now, chosen))

  /** The jobs that a claim would take, in claim order, in tables of any version. */
  const claimable = (request: Lanes, now: Statement.Fragment, except: ReadonlyArray<JobId> = []) =>
    findingFirst(request, now, except, (chosen) =>
      idRows(sql`
      WITH RECURSIVE ${chosen}
      SELECT id FROM chosen ORDER BY priority DESC, available_at, id`))

  /** Claims these jobs, which `claimable` has found in the same transaction. */
  const claimThese = (jobs: ReadonlyArray<{ readonly id: JobId }>, request: ClaimRequest, now: Statement.Fragment) =>
    take(
      request,
      now,
      // One that was paused since then needs its lease all the same (test/store/pausedMeanwhile.test.ts).
      sql`
    named (kind, lease_for) AS (${allKinds(request)}),
    chosen (id) AS ${idsOf(jobs)}`,
      jobs.map(({ id }) => id)
    )

  /** Claims what is in the table `chosen`, which has no ids but these where they are known. */
  const take = (
    request: ClaimRequest,
    now: Statement.Fragment,
    chosen: Statement.Fragment,
    ids?: ReadonlyArray<JobId>
  ) =>
    Effect.map(
      claimedRows(sql`
      WITH RECURSIVE ${chosen}${free.behindChosen(now, ids)}
      UPDATE ${jobsTable} ${byId} SET
        status = 'running', attempts = attempts + 1, updated_at = ${now},
        holds_key = CASE unique_scope WHEN 'unfinished' THEN holds_key ELSE 0 END,
        locked_at = ${now}, locked_by = ${request.worker},
        locked_until = ${later(now, "(SELECT lease_for FROM named WHERE named.kind = holdfast_jobs.kind)")}
      WHERE holdfast_jobs.id IN (SELECT id FROM ${free.name}) AND ${
        unindexed("holdfast_jobs.status")
      } = 'pending' AND ${isOurs}
      RETURNING id, kind, queue, ${
        jsonText("payload")
      } AS payload, priority, partition_key AS "partitionKey", max_attempts AS "maxAttempts",
        ${millis("available_at")} AS "availableAt", ${
        millis("created_at")
      } AS "createdAt", trace_context AS "traceContext", attempts, failures,
        ${millis("locked_at")} AS "lockedAt", ${millis("locked_until")} AS "lockedUntil"`),
      (claimed) =>
        // RETURNING has no order of its own.
        claimed.toSorted(inClaimOrder).map(({ attempts, failures, id, lockedAt, lockedUntil, ...job }) => ({
          lease: leaseOf({ jobId: id, worker: request.worker, attempt: attempts, failures }, lockedAt, lockedUntil),
          ...job
        }))
    )

  return { nextDue, due, claim, claimable, claimThese }
}

const inClaimOrder = (a: ClaimedRow, b: ClaimedRow) =>
  b.priority - a.priority || a.availableAt - b.availableAt || (a.id < b.id ? -1 : 1)
