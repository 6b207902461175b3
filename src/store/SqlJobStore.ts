import type * as SqlError from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Duration } from "effect"
import { Array as Arr, Effect, Either, Layer, Option } from "effect"
import { JobNotFound, JobNotRetryable, LeaseLost, StoreError, UniqueKeyTaken } from "../domain/errors.ts"
import { instantText } from "../domain/instantText.ts"
import type { JobId } from "../domain/JobId.ts"
import { Lease } from "../domain/Lease.ts"
import { readBusyTimeout, setBusyTimeout } from "./sqlite/busyTimeout.ts"
import { currentMillis } from "./currentMillis.ts"
import { dialect } from "./dialect.ts"
import { makeEnqueue } from "./statements/enqueue.ts"
import { guardTelemetry } from "./guardTelemetry.ts"
import { makeJobSignals } from "./JobSignals.ts"
import type { ClaimRequest, Fenced, StaleChoice, StaleJob, StaleLease, StoreFailure } from "./JobStore.ts"
import { JobStore } from "./JobStore.ts"
import { makeLanes } from "./statements/lanes.ts"
import { makeList } from "./statements/list.ts"
import { warnOfAborts } from "./sqlite/loadedDriver.ts"
import { checkMigrated, migrate } from "./sqlite/migrations/migrate.ts"
import { makeNewerSchema } from "./newerSchema.ts"
import { nameForOneClaim } from "./nameForOneClaim.ts"
import { inHalves, isOfARow, makeRefusedRows } from "./oddRows.ts"
import type { RefusedRows } from "./oddRows.ts"
import { shareInProcess } from "./sqlite/processSignals.ts"
import type { AttemptRow, ClaimedRow, SettledRow, StaleRow } from "./statements/rows.ts"
import {
  attemptRows,
  claimedRows,
  dueRows,
  execute,
  extendedRows,
  idRows,
  nextDueRows,
  recordColumns,
  recordRows,
  settledRows,
  staleLeaseRows,
  staleRows,
  statusRows
} from "./statements/rows.ts"
import { refuseUnsupported } from "./sqlite/supportedClient.ts"
import * as Transactions from "./sqlite/transaction/transactions.ts"
import { tidyWal } from "./sqlite/wal/walCheckpoint.ts"

/**
 * The statements, in the order a job meets them; those of an enqueue are in enqueue.ts, the looks at whole
 * lanes in lanes.ts. Each takes its items as one JSON
 * parameter. None has a span: the trace is about the work of whoever calls.
 */
const make = Effect.gen(function*() {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const { afterTransaction, allOrNone, interruptibleUntilRun, isInside, statement, transaction } = yield* Transactions
    .make(sql)
  const enqueue = makeEnqueue(sql)
  const list = makeList(sql)
  const { laneHeads, laneHolders } = makeLanes(sql)
  const { atMost, byId, byIndex, each, remember } = dialect(sql)
  const { explained, isOurs } = makeNewerSchema(sql)
  const refusedRows = yield* makeRefusedRows
  const signals = yield* shareInProcess(makeJobSignals(), sql)

  // -- claim

  const kindsOf = ({ kinds }: Pick<ClaimRequest, "kinds">) =>
    sql`named (kind, lease_for) AS (SELECT value ->> 'kind', value ->> 'leaseFor' FROM ${each(kinds)})`

  /**
   * The lanes of a request, and below each its priorities, best first, for as
   * long as better ones leave room. Every step is one seek in the claim index,
   * so rows that are not due, finished or of other kinds are never walked.
   */
  const levels = (request: Pick<ClaimRequest, "queues" | "kinds" | "limit">, now: number, leftOut: LeftOut) =>
    sql`
    ${kindsOf(request)},
    room (queue, slots) AS (${
      Option.match(request.queues, {
        onSome: (queues) => sql`SELECT value ->> 'queue', value ->> 'limit' FROM ${each(queues)}`,
        onNone: () =>
          sql`
      SELECT (
        SELECT queue FROM holdfast_jobs ${byIndex("holdfast_jobs_claim")} WHERE status = 'pending'
        ORDER BY queue LIMIT 1
      ), ${request.limit}
      UNION ALL
      SELECT (
        SELECT j.queue FROM holdfast_jobs AS j ${byIndex("holdfast_jobs_claim")}
        WHERE j.status = 'pending' AND j.queue > room.queue ORDER BY j.queue LIMIT 1
      ), room.slots
      FROM room WHERE room.queue IS NOT NULL`
      })
    }),
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
            AND j.priority = level.priority AND j.available_at <= ${now} ${leftOut("j.id")}
          ${atMost(request.limit)}
        )
      )
      FROM level WHERE priority IS NOT NULL AND found < slots
    )`

  /** The due jobs that a claim takes: within each queue's room and the request's limits, in claim order. */
  const chosen = (request: Omit<ClaimRequest, "worker">, now: number, leftOut: LeftOut) =>
    sql`
    ${levels(request, now, leftOut)},
    candidate (id, kind, queue, priority, available_at, bytes, slots, place) AS (
      SELECT j.id, j.kind, j.queue, j.priority, j.available_at, octet_length(j.payload), level.slots,
        row_number() OVER (PARTITION BY j.queue ORDER BY j.priority DESC, j.available_at, j.id)
      FROM level JOIN holdfast_jobs AS j ON j.id IN (
        SELECT due.id FROM holdfast_jobs AS due ${byIndex("holdfast_jobs_claim")}
        WHERE due.status = 'pending' AND due.queue = level.queue AND due.kind = level.kind
          AND due.priority = level.priority AND due.available_at <= ${now} ${leftOut("due.id")}
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

  const nextDue = Effect.fnUntraced(function*(request: Pick<ClaimRequest, "queues" | "kinds">) {
    const now = yield* currentMillis
    const leftOut = yield* refusedRows.leftOut
    const [next] = yield* nextDueRows(sql`
      WITH RECURSIVE ${levels({ ...request, limit: 1 }, now, leftOut)}
      SELECT min((
        SELECT j.available_at FROM holdfast_jobs AS j ${byIndex("holdfast_jobs_claim")}
        WHERE j.status = 'pending' AND j.queue = level.queue AND j.kind = level.kind AND j.priority = level.priority
          ${leftOut("j.id")}
        ORDER BY j.available_at LIMIT 1
      )) AS at
      FROM level WHERE level.priority IS NOT NULL AND ${isOurs}`)
    return Option.fromNullable(next?.at)
  })

  const due = Effect.fnUntraced(function*(request: Omit<ClaimRequest, "worker">) {
    const now = yield* currentMillis
    return yield* dueRows(sql`
      WITH RECURSIVE ${chosen(request, now, yield* refusedRows.leftOut)}
      SELECT id, kind, queue, priority, available_at AS "availableAt" FROM chosen WHERE ${isOurs}
      ORDER BY priority DESC, available_at, id`)
  })

  const claim = Effect.fnUntraced(function*(request: ClaimRequest) {
    const now = yield* currentMillis
    return yield* take(request, now, chosen(request, now, yield* refusedRows.leftOut))
  })

  /** A claim after one that a row has refused: takes the same jobs without such rows. */
  const claimInHalves = Effect.fnUntraced(function*(request: ClaimRequest) {
    const now = yield* currentMillis
    const first = yield* idRows(sql`
      WITH RECURSIVE ${chosen(request, now, yield* refusedRows.leftOut)}
      SELECT id FROM chosen ORDER BY priority DESC, available_at, id`)
    return yield* inHalves(
      first,
      (jobs) =>
        take(
          request,
          now,
          sql`
    ${kindsOf(request)},
    chosen (id) AS (SELECT value ->> 'id' FROM ${each(jobs)})`
        ),
      ({ id }, error) => Effect.as(refusedRows.add("claim", id, error), [])
    )
  })

  /**
   * A claim inside the caller's transaction holds its leases in a name of its own. A rollback gives the attempt's number
   * back, and the next claim of the same worker takes it: by attempt and worker alone, the lease that was rolled back could
   * settle that. A claim by itself has committed before it is answered.
   */
  const inItsName = (request: ClaimRequest) =>
    Effect.flatMap(isInside, (isInside) =>
      isInside
        ? Effect.map(nameForOneClaim(request.worker), (worker) => ({ ...request, worker }))
        : Effect.succeed(request))

  const take = Effect.fnUntraced(function*(request: ClaimRequest, now: number, chosen: Statement.Fragment) {
    const claimed = yield* claimedRows(sql`
      WITH RECURSIVE ${chosen}
      UPDATE holdfast_jobs ${byId} SET
        status = 'running', attempts = attempts + 1, updated_at = ${now},
        holds_key = CASE unique_scope WHEN 'unfinished' THEN holds_key ELSE 0 END,
        locked_at = ${now}, locked_by = ${request.worker},
        locked_until = ${now} + (SELECT lease_for FROM named WHERE named.kind = holdfast_jobs.kind)
      WHERE holdfast_jobs.id IN (SELECT id FROM chosen) AND holdfast_jobs.status = 'pending' AND ${isOurs}
      RETURNING id, kind, queue, payload, priority, partition_key AS "partitionKey", max_attempts AS "maxAttempts",
        available_at AS "availableAt", created_at AS "createdAt", trace_context AS "traceContext", attempts, failures,
        locked_at AS "lockedAt", locked_until AS "lockedUntil"`)
    // RETURNING has no order of its own.
    return claimed.toSorted(inClaimOrder).map(({ attempts, failures, id, lockedAt, lockedUntil, ...job }) => ({
      ...job,
      lease: leaseOf({ jobId: id, worker: request.worker, attempt: attempts, failures }, lockedAt, lockedUntil)
    }))
  })

  // -- run: every write from here on names its lease

  /** The row is this lease's and running. It is the whole of exclusivity. */
  const held = sql.literal(`holdfast_jobs.id = item.id AND holdfast_jobs.status = 'running'
        AND holdfast_jobs.locked_by = item.worker AND holdfast_jobs.attempts = item.attempt`)

  /** The items of a write under leases, each with the lease's three names and one or more columns of its own. */
  const leased = <A extends { readonly lease: Lease }>(
    items: ReadonlyArray<A>,
    columns: Readonly<Record<string, (item: A) => unknown>>
  ) => {
    const values = items.map((item) => ({
      id: item.lease.jobId,
      worker: item.lease.worker,
      attempt: item.lease.attempt,
      ...Object.fromEntries(Object.entries(columns).map(([name, of]) => [name, of(item)]))
    }))
    const names = ["id", "worker", "attempt", ...Object.keys(columns)]
    return sql`(SELECT ${sql.literal(names.map((name) => `value ->> '${name}' AS ${name}`).join(", "))}
        FROM ${each(values)}) AS item`
  }

  const extend = Effect.fnUntraced(
    function*(items: ReadonlyArray<{ readonly lease: Lease; readonly leaseFor: number }>) {
      const now = yield* currentMillis
      const extended = yield* extendedRows(sql`
        UPDATE holdfast_jobs ${byId} SET
          locked_at = ${now}, locked_until = ${now} + item.lease_for, updated_at = ${now}
        FROM ${leased(items, { lease_for: (item) => item.leaseFor })}
        WHERE ${held}
        RETURNING id, attempts, locked_by AS worker, locked_until, cancel_requested_at IS NOT NULL AS cancel_requested`)
      return answers(items, extended, ({ cancel_requested, locked_until }, lease) => ({
        lease: leaseOf(lease, now, locked_until),
        cancelRequested: cancel_requested === 1
      }))
    }
  )

  const progress = Effect.fnUntraced(
    function*(items: ReadonlyArray<{ readonly lease: Lease; readonly progress: string }>) {
      const now = yield* currentMillis
      const written = yield* attemptRows(sql`
        UPDATE holdfast_jobs ${byId} SET progress = item.progress, updated_at = ${now}
        FROM ${leased(items, { progress: (item) => item.progress })}
        WHERE ${held}
        RETURNING id, attempts, locked_by AS worker`)
      return answers(items, written, () => undefined)
    }
  )

  // -- settle

  /** The one row that holds the unique key of this one. */
  const keyHolder = sql`
        SELECT other.id FROM holdfast_jobs AS other ${byIndex("holdfast_jobs_unique")}
        WHERE other.kind = holdfast_jobs.kind AND other.unique_key = holdfast_jobs.unique_key
          AND COALESCE(other.partition_key, '') = COALESCE(holdfast_jobs.partition_key, '') AND other.holds_key = 1`

  /**
   * Whether a row that goes back to pending then holds its key: one that has it
   * keeps it, and another takes it if it is free, of those of one statement the
   * first. `rivals` are the statement's items with their rows as `rival`, which
   * go back, too. Every key is looked up before any row is written.
   */
  const keyAfter = (goesBack: Statement.Fragment, rivals: Statement.Fragment) =>
    sql`CASE WHEN unique_key IS NULL OR NOT (${goesBack}) THEN 0 WHEN holds_key = 1 THEN 1
          ELSE NOT EXISTS (${keyHolder}) AND NOT EXISTS (
            SELECT 1 FROM ${rivals} AND ${goesBack} AND rival.kind = holdfast_jobs.kind
              AND rival.unique_key = holdfast_jobs.unique_key AND rival.id < holdfast_jobs.id
              AND COALESCE(rival.partition_key, '') = COALESCE(holdfast_jobs.partition_key, '')
          ) END`

  /** The items of a statement that takes locks off, with the rows whose lock it takes off. */
  const rivalsOf = (items: Statement.Fragment) =>
    sql`${items} JOIN holdfast_jobs AS rival ${byId} ON rival.id = item.id
            WHERE rival.status = 'running' AND rival.locked_by = item.worker AND rival.attempts = item.attempt`

  /** Takes the lock off a row, and keeps who settled which attempt, as what and to what, until the next settle. */
  const settle = (as: "complete" | "fail" | "release", status: Statement.Fragment) =>
    sql`status = ${status}, settled_attempt = attempts, settled_by = locked_by, settled_as = ${sql.literal(`'${as}'`)},
          settled_to = ${status}, locked_at = NULL, locked_by = NULL, locked_until = NULL`

  const lastSettle = sql.literal(
    "holdfast_jobs.id, settled_attempt AS attempts, settled_by AS worker, settled_to AS status"
  )

  const complete = Effect.fnUntraced(
    function*(items: ReadonlyArray<{ readonly lease: Lease; readonly result: string }>) {
      const now = yield* currentMillis
      const settled = yield* settledRows(sql`
        UPDATE holdfast_jobs ${byId} SET
          ${settle("complete", sql`'succeeded'`)},
          result = item.result, finished_at = ${now}, updated_at = ${now}, holds_key = 0
        FROM ${leased(items, { result: (item) => item.result })}
        WHERE ${held}
        RETURNING ${lastSettle}`)
      return yield* settledOr(leased(items, {}), items, settled, sql`settled_as = 'complete'`)
    }
  )

  /** The failures of a job with this one more. A parameter comes as a float, and JSON would keep it as one. */
  const remembering = (at: number, message: Statement.Fragment) =>
    remember(
      sql`json_object('attempt', attempts, 'worker', locked_by, 'at', CAST(${at} AS INTEGER), 'message', ${message})`
    )

  /** A cancel request turns every end but success into `cancelled`. */
  const fail = Effect.fnUntraced(
    function*(
      items: ReadonlyArray<{ readonly lease: Lease; readonly error: string; readonly retryAfter: number | null }>
    ) {
      const now = yield* currentMillis
      const over = sql`cancel_requested_at IS NOT NULL OR item.retry_after IS NULL OR failures + 1 >= max_attempts`
      const status =
        sql`CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled' WHEN ${over} THEN 'failed' ELSE 'pending' END`
      const leases = leased(items, { retry_after: (item) => item.retryAfter })
      const settled = yield* settledRows(sql`
        UPDATE holdfast_jobs ${byId} SET
          ${settle("fail", status)},
          finished_at = CASE WHEN ${over} THEN ${now} END,
          available_at = CASE WHEN ${over} THEN available_at ELSE ${now} + item.retry_after END,
          failures = failures + 1, last_error = item.error,
          errors = ${remembering(now, sql`item.error`)}, updated_at = ${now},
          holds_key = ${keyAfter(sql`NOT (${over})`, rivalsOf(leases))}
        FROM ${leased(items, { error: (item) => item.error, retry_after: (item) => item.retryAfter })}
        WHERE ${held}
        RETURNING ${lastSettle}`)
      return yield* settledOr(
        leases,
        items,
        settled,
        // "Never again" is another outcome than a failure that is tried again.
        sql`settled_as = 'fail' AND (settled_to <> 'pending' OR item.retry_after IS NOT NULL)`
      )
    }
  )

  const release = Effect.fnUntraced(
    function*(items: ReadonlyArray<{ readonly lease: Lease; readonly delay: number }>) {
      const now = yield* currentMillis
      const settled = yield* settledRows(sql`
        UPDATE holdfast_jobs ${byId} SET
          ${settle("release", sql`CASE WHEN cancel_requested_at IS NULL THEN 'pending' ELSE 'cancelled' END`)},
          finished_at = CASE WHEN cancel_requested_at IS NULL THEN NULL ELSE ${now} END,
          available_at = CASE WHEN cancel_requested_at IS NULL THEN ${now} + item.delay ELSE available_at END,
          updated_at = ${now}, holds_key = ${keyAfter(sql`cancel_requested_at IS NULL`, rivalsOf(leased(items, {})))}
        FROM ${leased(items, { delay: (item) => item.delay })}
        WHERE ${held}
        RETURNING ${lastSettle}`)
      return yield* settledOr(leased(items, {}), items, settled, sql`settled_as = 'release'`)
    }
  )

  /**
   * Items that matched no row were settled before, or are no longer ours. The
   * last settle of a job may be repeated, since its answer may have been lost:
   * the same attempt, worker and outcome is answered like the first, also where
   * the job was claimed again since.
   */
  const settledOr = (
    leases: Statement.Fragment,
    items: ReadonlyArray<{ readonly lease: Lease }>,
    settled: ReadonlyArray<SettledRow>,
    sameOutcome: Statement.Fragment
  ) =>
    Effect.gen(function*() {
      if (settled.length === items.length) return answers(items, settled, ({ status }) => ({ status }))
      const before = yield* settledRows(sql`
        SELECT ${lastSettle}
        FROM ${leases} JOIN holdfast_jobs ${byId} ON holdfast_jobs.id = item.id
        WHERE settled_attempt = item.attempt AND settled_by = item.worker AND ${sameOutcome}`)
      return answers(items, settled.concat(before), ({ status }) => ({ status }))
    })

  // An app's SQL may have set what JavaScript would round, and a fence would miss.
  const attempt = sql.literal(`min(holdfast_jobs.attempts, ${Number.MAX_SAFE_INTEGER})`)
  const lockedUntil = sql.literal(`max(holdfast_jobs.locked_until, ${Number.MIN_SAFE_INTEGER})`)

  const staleLeases = Effect.fnUntraced(
    function*({ after, limit }: { readonly limit: number; readonly after?: StaleLease | undefined }) {
      const now = yield* currentMillis
      const isBehind = after === undefined
        ? sql.literal("TRUE")
        : sql`(locked_until, id) > (${after.lockedUntil}, ${after.id})`
      return yield* staleLeaseRows(sql`
        SELECT id, ${attempt} AS attempt, locked_by AS "lockedBy", ${lockedUntil} AS "lockedUntil"
        FROM holdfast_jobs ${byIndex("holdfast_jobs_lease")}
        WHERE status = 'running' AND locked_until <= ${now} AND ${isBehind} ${(yield* refusedRows.leftOut)("id")}
        ORDER BY locked_until, id ${atMost(limit)}`)
    }
  )

  const staleOf = (which: StaleChoice, now: number, leftOut: LeftOut) =>
    "leases" in which
      ? sql`
      SELECT holdfast_jobs.id, kind, ${attempt} AS attempts, locked_by, locked_at, ${lockedUntil} AS locked_until
      FROM ${each(which.leases)} JOIN holdfast_jobs ${byId} ON holdfast_jobs.id = value ->> 'id'
      WHERE status = 'running' AND holdfast_jobs.locked_until <= ${now} AND ${attempt} = value ->> 'attempt'
        AND locked_by = value ->> 'lockedBy' AND ${lockedUntil} = value ->> 'lockedUntil'
      ORDER BY holdfast_jobs.locked_until, holdfast_jobs.id`
      : sql`
      SELECT id, kind, ${attempt} AS attempts, locked_by, locked_at, ${lockedUntil} AS locked_until
      FROM holdfast_jobs ${byIndex("holdfast_jobs_lease")}
      WHERE status = 'running' AND holdfast_jobs.locked_until <= ${now} ${leftOut("id")}
      ORDER BY holdfast_jobs.locked_until, id ${atMost(which.limit)}`

  /**
   * RETURNING cannot give the old holder, so who held the lock is read first; the
   * update is fenced by what was read, and a lease extended since keeps its job.
   */
  const releaseStale = Effect.fnUntraced(function*(which: StaleChoice) {
    const now = yield* currentMillis
    const stale = yield* staleRows(staleOf(which, now, yield* refusedRows.leftOut))
    return yield* inHalves(
      stale,
      (jobs) => free(jobs, now),
      ({ id }, error) => Effect.as(refusedRows.add("releaseStale", id, error), [])
    )
  })

  const free = Effect.fnUntraced(function*(stale: ReadonlyArray<StaleRow>, now: number) {
    const over = sql`cancel_requested_at IS NOT NULL OR failures + 1 >= max_attempts`
    const rivals = rivalsOf(sql`(
              SELECT value ->> 'id' AS id, value ->> 'attempts' AS attempt, value ->> 'locked_by' AS worker,
                value ->> 'locked_until' AS locked_until
              FROM ${each(stale)}
            ) AS item`)
    const message = sql`CASE WHEN failures + 1 >= max_attempts THEN item.spent ELSE item.released END`
    const released = yield* statusRows(sql`
      UPDATE holdfast_jobs ${byId} SET
        status = CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'
          WHEN failures + 1 >= max_attempts THEN 'failed' ELSE 'pending' END,
        finished_at = CASE WHEN ${over} THEN ${now} END,
        available_at = CASE WHEN ${over} THEN available_at ELSE ${now} END,
        failures = failures + 1, last_error = ${message},
        errors = ${remembering(now, message)},
        updated_at = ${now}, locked_at = NULL, locked_by = NULL, locked_until = NULL,
        holds_key = ${keyAfter(sql`NOT (${over})`, sql`${rivals} AND rival.locked_until = item.locked_until`)}
      FROM (
        SELECT value ->> 'id' AS id, value ->> 'attempts' AS attempt, value ->> 'locked_by' AS worker,
          value ->> 'locked_until' AS locked_until, value ->> 'released' AS released, value ->> 'spent' AS spent
        FROM ${
      each(stale.map((job) => {
        const holder = `was locked by ${job.locked_by} since ${instantText(job.locked_at)}`
        return {
          ...job,
          released: `Released from stale lock (${holder})`,
          spent: `Stale lock after ${job.attempts} attempts (${holder})`
        }
      }))
    }
      ) AS item
      WHERE holdfast_jobs.id = item.id AND holdfast_jobs.status = 'running' AND holdfast_jobs.locked_by = item.worker
        AND ${attempt} = item.attempt AND ${lockedUntil} = item.locked_until
      RETURNING id, status`)
    const statusOf = new Map(released.map(({ id, status }) => [id, status]))
    return Arr.filterMap(stale, (job) =>
      Option.map(Option.fromNullable(statusOf.get(job.id)), (status): StaleJob => ({
        id: job.id,
        kind: job.kind,
        attempt: job.attempts,
        lockedBy: job.locked_by,
        lockedAt: job.locked_at,
        status
      })))
  })

  const anyStale = Effect.gen(function*() {
    const now = yield* currentMillis
    const found = yield* execute(sql`
      SELECT 1 FROM holdfast_jobs ${byIndex("holdfast_jobs_lease")}
      WHERE status = 'running' AND locked_until <= ${now} ${(yield* refusedRows.leftOut)("id")} LIMIT 1`)
    return found.length > 0
  })

  // -- observe

  /** A partition sees its own jobs; no partition given sees them all. */
  const visible = (partitionKey: string | undefined) =>
    partitionKey === undefined ? sql.literal("TRUE") : sql`partition_key = ${partitionKey}`

  const get = Effect.fnUntraced(function*(id: JobId, partitionKey: string | undefined) {
    const [job] = yield* recordRows(
      sql`SELECT ${recordColumns(sql)} FROM holdfast_jobs WHERE id = ${id} AND ${visible(partitionKey)}`
    )
    return job ?? (yield* new JobNotFound({ jobId: id }))
  })

  // -- by request

  const cancel = Effect.fnUntraced(function*(id: JobId, partitionKey: string | undefined) {
    const now = yield* currentMillis
    const [changed] = yield* statusRows(sql`
      UPDATE holdfast_jobs SET cancel_requested_at = COALESCE(cancel_requested_at, ${now}), updated_at = ${now},
        status = CASE status WHEN 'pending' THEN 'cancelled' ELSE status END,
        finished_at = CASE status WHEN 'pending' THEN ${now} END,
        holds_key = CASE status WHEN 'pending' THEN 0 ELSE holds_key END
      WHERE id = ${id} AND ${visible(partitionKey)} AND status IN ('pending', 'running')
      RETURNING id, status`)
    return changed?.status ?? (yield* get(id, partitionKey)).status
  })

  const retry = Effect.fnUntraced(function*(id: JobId, partitionKey: string | undefined) {
    const now = yield* currentMillis
    const [retried] = yield* idRows(sql`
      UPDATE holdfast_jobs SET status = 'pending', available_at = ${now}, failures = 0, finished_at = NULL,
        settled_attempt = NULL, settled_by = NULL, settled_as = NULL, settled_to = NULL,
        cancel_requested_at = NULL, updated_at = ${now}, holds_key = unique_key IS NOT NULL
      WHERE id = ${id} AND ${visible(partitionKey)} AND status IN ('failed', 'cancelled')
        AND NOT EXISTS (${keyHolder})
      RETURNING id`)
    if (retried !== undefined) return
    const job = yield* get(id, partitionKey)
    const [holder] = yield* idRows(
      sql`SELECT (${keyHolder}) AS id FROM holdfast_jobs WHERE id = ${id} AND status IN ('failed', 'cancelled')`
    )
    if (holder === undefined) return yield* new JobNotRetryable({ jobId: id, status: job.status })
    return yield* new UniqueKeyTaken({ jobId: id, uniqueKey: String(job.uniqueKey), heldBy: holder.id })
  })

  /** Each half of a batch that a row refuses is a transaction by itself, since a commit may be what refuses. */
  const prune = Effect.fnUntraced(function*({ limit, retention, skip = 0, status }: Pruning) {
    const since = (yield* currentMillis) - retention
    const isOld = sql`status = ${status} AND finished_at IS NOT NULL AND finished_at <= ${since}`
    const jobs = yield* statement(
      "prune",
      idRows(sql`
        SELECT id FROM holdfast_jobs ${byIndex("holdfast_jobs_finished")} WHERE ${isOld}
        ORDER BY finished_at ${atMost(limit)} OFFSET ${skip} + 0`)
    )
    // A table with nothing to prune is only read.
    if (jobs.length === 0) return { deleted: 0, refused: 0 }
    // One of them may have been retried since.
    const remove = (jobs: ReadonlyArray<{ readonly id: JobId }>) =>
      execute(sql`
        DELETE FROM holdfast_jobs ${byId} WHERE id IN (SELECT value ->> 'id' FROM ${each(jobs)}) AND ${isOld}
        RETURNING id`)
    const refused: Array<JobId> = []
    let why: StoreFailure | undefined
    const deleted = yield* inHalves(jobs, (some) => statement("prune", remove(some)), ({ id }, error) => {
      refused.push(id)
      why = error
      return Effect.succeed([])
    })
    if (why !== undefined) yield* refusedRows.notDeleted(refused, why)
    return { deleted: deleted.length, refused: refused.length }
  })

  /** A write under leases. Where a row refuses its item, the others are answered all the same. */
  const underLeases = <Item, A>(
    operation: string,
    write: (
      items: ReadonlyArray<Item>
    ) => Effect.Effect<ReadonlyArray<Fenced<A>>, SqlError.SqlError, SqlClient.TransactionConnection>
  ) =>
  (items: ReadonlyArray<Item>) =>
    statement(
      operation,
      items.length === 1 ? write(items) : inHalves<Item, Fenced<A>, SqlError.SqlError, SqlClient.TransactionConnection>(
        items,
        write,
        (_, cause) => Effect.succeed([Either.left(new StoreError({ operation, cause }))])
      )
    )

  return JobStore.of({
    enqueue: (jobs) => (jobs.length === 1 ? transaction : allOrNone)("enqueue", enqueue(jobs)),
    afterTransaction,
    signals,
    nextDue: (request) => statement("nextDue", explained("nextDue", nextDue(request), Option.isNone)),
    due: (request) => statement("due", explained("due", due(request), isEmpty)),
    laneHeads: (options) => statement("laneHeads", laneHeads(options)),
    claim: (asked) =>
      Effect.flatMap(inItsName(asked), (request) =>
        Effect.catchIf(
          interruptibleUntilRun("claim", explained("claim", claim(request), isEmpty)),
          isOfARow,
          () => allOrNone("claim", explained("claim", claimInHalves(request), isEmpty))
        )),
    extend: underLeases("extend", extend),
    progress: underLeases("progress", progress),
    complete: underLeases("complete", complete),
    fail: underLeases("fail", fail),
    release: underLeases("release", release),
    laneHolders: (options) => statement("laneHolders", laneHolders(options)),
    staleLeases: (options) => statement("staleLeases", staleLeases(options)),
    releaseStale: (which) =>
      "leases" in which
        ? allOrNone("releaseStale", releaseStale(which))
        : statement("releaseStale", anyStale).pipe(
          // A sweep that finds nothing, which is nearly every one, writes nothing.
          Effect.flatMap((any) => any ? allOrNone("releaseStale", releaseStale(which)) : Effect.succeed([]))
        ),
    get: (id, partitionKey) => statement("get", get(id, partitionKey)),
    list: (listing) => statement("list", list(listing)),
    cancel: (id, partitionKey) => transaction("cancel", cancel(id, partitionKey)),
    retry: (id, partitionKey) => transaction("retry", retry(id, partitionKey)),
    prune,
    tidy: tidyWal(sql)
  })
})

const isEmpty = (found: ReadonlyArray<unknown>) => found.length === 0

type LeftOut = Effect.Effect.Success<RefusedRows["leftOut"]>

type Pruning = Parameters<(typeof JobStore.Service)["prune"]>[0]

const inClaimOrder = (a: ClaimedRow, b: ClaimedRow) =>
  b.priority - a.priority || a.availableAt - b.availableAt || (a.id < b.id ? -1 : 1)

const leaseOf = (
  { attempt, failures, jobId, worker }: Pick<Lease, "jobId" | "worker" | "attempt" | "failures">,
  lockedAt: number,
  lockedUntil: number
) =>
  // Checked already, as a row. Checking it again costs more than the statement.
  new Lease({ jobId, worker, attempt, failures, lockedAt, lockedUntil }, { disableValidation: true })

/** The answer for each item, in the items' order: from the row of its attempt, or LeaseLost when there is none. */
const answers = <Row extends AttemptRow, A>(
  items: ReadonlyArray<{ readonly lease: Lease }>,
  matched: ReadonlyArray<Row>,
  answer: (row: Row, lease: Lease) => A
): ReadonlyArray<Fenced<A>> => {
  const rowOf = new Map(matched.map((row) => [`${row.id} ${row.attempts} ${row.worker}`, row]))
  return items.map(({ lease }) => {
    const row = rowOf.get(`${lease.jobId} ${lease.attempt} ${lease.worker}`)
    return row === undefined
      ? Either.left(new LeaseLost({ jobId: lease.jobId, attempt: lease.attempt }))
      : Either.right(answer(row, lease))
  })
}

/**
 * How much of the disk's word a commit waits for. `full`: a commit that returned
 * survives a power cut. `normal`: it survives the death of the process, and a
 * power cut may undo the last ones. Less than that is not offered.
 */
export type Synchronous = "full" | "normal"

/**
 * The jobs in the database that the app's SqlClient talks to; its tables are
 * brought up to date first.
 *
 * The client's one connection is set to `synchronous=FULL` unless told
 * otherwise, because SQLite gives it to no later open of a WAL file by itself;
 * and to `temp_store=MEMORY`, without which a claim takes 2.5 to 12 times as
 * long, for the ephemeral tables of RETURNING and IN.
 *
 * While a transaction is open on the connection that no fiber is in, as after a
 * COMMIT that failed, operations fail and leave it alone. The README, "Your own
 * client", says what such a client lacks that `SqliteStore.layer` mends.
 */
export const layer = (options?: {
  readonly synchronous?: Synchronous | undefined
  /** The longest wait for a lock that another process holds; 30 seconds unless given. */
  readonly busyTimeout?: Duration.DurationInput | undefined
  /** Leaves the tables as they are, for a client that cannot write. */
  readonly readonly?: boolean | undefined
}): Layer.Layer<JobStore, StoreError, SqlClient.SqlClient> =>
  Layer.scoped(
    JobStore,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      setBusyTimeout(sql, yield* readBusyTimeout(options?.busyTimeout))
      yield* refuseUnsupported(sql)
      yield* warnOfAborts
      yield* sql`PRAGMA synchronous = ${sql.literal(options?.synchronous ?? "full")}`
      yield* sql`PRAGMA temp_store = MEMORY`
      yield* options?.readonly === true ? checkMigrated : migrate
      return yield* make
    }).pipe(
      Effect.catchTag("SqlError", (cause) => new StoreError({ operation: "open", cause })),
      // The tables are nobody's transaction. One of this very client holds the connection and must end first.
      Transactions.outsideTransaction,
      guardTelemetry
    )
  )
