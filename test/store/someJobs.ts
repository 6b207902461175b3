import { SqlClient } from "@effect/sql"
import { Effect, Layer, TestClock } from "effect"
import type { Lease } from "../../src/domain/Lease.ts"
import type { Fenced, NewJob, StaleLease } from "../../src/store/JobStore.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import * as SqliteStore from "../../src/store/sqlite/SqliteStore.ts"
import {
  cancel,
  claim,
  enqueue,
  get,
  job,
  jobId,
  leaseFor,
  releaseStale,
  request,
  retry,
  start,
  workerBeat
} from "../../src/testing/conformance/StoreUnderTest.ts"

/** A store of its own for one test. */
export const memory = SqliteStore.layer({ filename: ":memory:" })

/** The same, with more due jobs of a kind that nobody asks for, before all others, than a claim looks at in claim order. */
const crowded = Layer.provideMerge(
  Layer.effectDiscard(Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql`
    WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 300)
    INSERT INTO holdfast_jobs (
      id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at
    )
    SELECT printf('crowd-%d', i), 'default', 'crowd', '{}', 'pending', 1000, 3, 0, 0, 0 FROM number`)),
  memory
)

/** A claim looks for its jobs in claim order, and in the crowd for those of its lanes. */
export const withAndWithoutCrowd = [
  { where: "alone", memory },
  { where: "behind a crowd of another kind", memory: crowded }
] as const

export { cancel, claim, enqueue, get, job, jobId, leaseFor, releaseStale, request, retry, start, workerBeat }

/** The clock of a test that names instants starts where those of the promises do. */
export const startClock = TestClock.setTime(start)

/** The lease of the one job there is to claim. */
export const claimOne = (worker = "w") =>
  Effect.flatMap(
    claim({ worker, limit: 1 }),
    ([claimed]) => claimed === undefined ? Effect.dieMessage("nothing to claim") : Effect.succeed(claimed.lease)
  )

/** One job, enqueued and claimed. */
export const running = (number: number, options: Partial<NewJob> = {}) =>
  Effect.zipRight(enqueue(job(number, options)), claimOne())

export const complete = (lease: Lease, result = "null") =>
  Effect.flatMap(JobStore, (store) => answer(store.complete([{ lease, result }])))

export const fail = (lease: Lease, options: { readonly error?: string; readonly retryAfter?: number | null } = {}) =>
  Effect.flatMap(JobStore, (store) => answer(store.fail([{ lease, error: "boom", retryAfter: 60_000, ...options }])))

export const release = (lease: Lease, delay = 0) =>
  Effect.flatMap(JobStore, (store) => answer(store.release([{ lease, delay }])))

export const extend = (lease: Lease) => Effect.flatMap(JobStore, (store) => answer(store.extend([{ lease, leaseFor }])))

export const progress = (lease: Lease, json: string) =>
  Effect.flatMap(JobStore, (store) => answer(store.progress([{ lease, progress: json }])))

export const staleLeases = Effect.flatMap(JobStore, (store) => store.staleLeases({ limit: 100 }))

/** Frees the holders of these leases, as they were seen. */
export const releaseSeen = (leases: ReadonlyArray<StaleLease>) =>
  Effect.flatMap(JobStore, (store) => store.releaseStale({ leases }))

/** The single answer of a call about a single lease, a lost lease in the error channel. */
export const answer = <A, E, R>(answers: Effect.Effect<ReadonlyArray<Fenced<A>>, E, R>) =>
  Effect.flatMap(answers, ([first]) => first ?? Effect.dieMessage("no answer"))

/** Every column of every job, to see that nothing has changed. */
export const allRows = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT * FROM holdfast_jobs ORDER BY id`)

/** Rows that this connection has inserted, updated or deleted since it was opened. */
export const totalChanges = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => Effect.map(sql<{ readonly changes: number }>`SELECT total_changes() AS changes`, ([row]) => row?.changes)
)
