import { SqlClient } from "@effect/sql"
import { Effect, Option, TestClock } from "effect"
import { JobId } from "../../src/domain/JobId.ts"
import type { Lease } from "../../src/domain/Lease.ts"
import type { ClaimRequest, Fenced, NewJob, StaleLease } from "../../src/store/JobStore.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import * as SqliteStore from "../../src/store/sqlite/SqliteStore.ts"

/** A store of its own for one test. */
export const memory = SqliteStore.layer({ filename: ":memory:" })

/** Where the clock of a test that names instants starts. */
export const start = Date.UTC(2026, 0, 1)

export const startClock = TestClock.setTime(start)

/** What a claim of these tests holds for, unless one says otherwise: 10 minutes. */
export const leaseFor = 600_000

/** The same id for the same number, rising with it. */
export const jobId = (number: number): JobId =>
  JobId.make(`00000000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`)

/** A job due now that asks for nothing special. */
export const job = (number: number, options: Partial<NewJob> = {}): NewJob => ({
  id: jobId(number),
  queue: "default",
  kind: "email",
  payload: `{"number":${number}}`,
  priority: 0,
  partitionKey: null,
  uniqueKey: null,
  uniqueScope: options.uniqueKey === undefined || options.uniqueKey === null ? null : "pending",
  onConflict: "keep",
  maxWait: null,
  maxAttempts: 3,
  available: { after: 0 },
  traceContext: null,
  ...options
})

export const enqueue = (...jobs: ReadonlyArray<NewJob>) => Effect.flatMap(JobStore, (store) => store.enqueue(jobs))

/** Up to ten jobs of kind "email", of any size and in any queue, for worker "w". */
export const request = (options: Partial<ClaimRequest> = {}): ClaimRequest => ({
  worker: "w",
  limit: 10,
  maxBytes: Infinity,
  queues: Option.none(),
  kinds: [{ kind: "email", leaseFor }],
  ...options
})

export const claim = (options: Partial<ClaimRequest> = {}) =>
  Effect.flatMap(JobStore, (store) => store.claim(request(options)))

/** The lease of the one job there is to claim. */
export const claimOne = (worker = "w") =>
  Effect.flatMap(
    claim({ worker, limit: 1 }),
    ([claimed]) => claimed === undefined ? Effect.dieMessage("nothing to claim") : Effect.succeed(claimed.lease)
  )

/** One job, enqueued and claimed. */
export const running = (number: number, options: Partial<NewJob> = {}) =>
  Effect.zipRight(enqueue(job(number, options)), claimOne())

export const get = (id: JobId) => Effect.flatMap(JobStore, (store) => store.get(id, undefined))

export const complete = (lease: Lease, result = "null") =>
  Effect.flatMap(JobStore, (store) => answer(store.complete([{ lease, result }])))

export const fail = (lease: Lease, options: { readonly error?: string; readonly retryAfter?: number | null } = {}) =>
  Effect.flatMap(JobStore, (store) => answer(store.fail([{ lease, error: "boom", retryAfter: 60_000, ...options }])))

export const release = (lease: Lease, delay = 0) =>
  Effect.flatMap(JobStore, (store) => answer(store.release([{ lease, delay }])))

export const extend = (lease: Lease) => Effect.flatMap(JobStore, (store) => answer(store.extend([{ lease, leaseFor }])))

export const progress = (lease: Lease, json: string) =>
  Effect.flatMap(JobStore, (store) => answer(store.progress([{ lease, progress: json }])))

export const cancel = (id: JobId) => Effect.flatMap(JobStore, (store) => store.cancel(id, undefined))

export const retry = (id: JobId) => Effect.flatMap(JobStore, (store) => store.retry(id, undefined))

export const releaseStale = Effect.flatMap(JobStore, (store) => store.releaseStale({ limit: 100 }))

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
