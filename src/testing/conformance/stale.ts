import { Effect } from "effect"
import { JobStore } from "../../store/JobStore.ts"
import type { Promised } from "./StoreUnderTest.ts"
import {
  advance,
  cancel,
  claim,
  claimOne,
  enqueue,
  everyJob,
  expect,
  extend,
  fail,
  get,
  job,
  jobId,
  leaseFor,
  promise,
  release,
  releaseStale,
  running,
  start
} from "./StoreUnderTest.ts"

/** What a store promises of leases that are over. */
export const stalePromises: ReadonlyArray<Promised> = [
  promise("a stale job is released for retry, and its error names the holder and since when", function*() {
    yield* enqueue(job(1))
    yield* claimOne("host-7")
    yield* advance(leaseFor)
    yield* expect(yield* releaseStale, [
      { id: jobId(1), kind: "email", attempt: 1, lockedBy: "host-7", lockedAt: start, status: "pending" }
    ])
    const message = "Released from stale lock (was locked by host-7 since 2026-01-01T00:00:00.000Z)"
    yield* expect(yield* get(jobId(1)), {
      status: "pending",
      availableAt: start + leaseFor,
      failures: 1,
      lastError: message,
      lockedBy: null,
      settledBy: null,
      errors: [{ attempt: 1, worker: "host-7", at: start + leaseFor, message }]
    })
  }),

  promise("a stale job with its budget spent has failed, and its error says after how many attempts", function*() {
    yield* release(yield* running(1, { maxAttempts: 2 }))
    yield* claimOne()
    yield* advance(leaseFor)
    yield* expect(yield* releaseStale, [{ status: "pending" }])
    yield* claimOne()
    yield* advance(leaseFor)
    yield* expect(yield* releaseStale, [{ status: "failed" }])
    yield* expect(yield* get(jobId(1)), {
      status: "failed",
      failures: 2,
      finishedAt: start + 2 * leaseFor,
      lastError: "Stale lock after 3 attempts (was locked by w since 2026-01-01T00:10:00.000Z)"
    })
  }),

  promise("a job whose lease still runs is not released", function*() {
    yield* running(1)
    yield* advance(leaseFor - 1)
    yield* expect(yield* releaseStale, [])
    yield* expect(yield* get(jobId(1)), { status: "running" })
  }),

  promise("those longest over are released first, as many as asked for, and no other", function*() {
    const store = yield* JobStore
    for (const number of [3, 1, 2]) {
      yield* running(number)
      yield* advance(1000)
    }
    yield* advance(leaseFor - 1000)
    yield* expect((yield* store.releaseStale({ limit: 1 })).map(({ id }) => id), [jobId(3)])
    yield* expect((yield* store.releaseStale({ limit: 5 })).map(({ id }) => id), [jobId(1), jobId(2)])
  }),

  promise("two sweeps at once release a job once", function*() {
    yield* running(1)
    yield* advance(leaseFor)
    const sweeps = yield* Effect.all([releaseStale, releaseStale], { concurrency: "unbounded" })
    yield* expect(sweeps.flat().length, 1)
    yield* expect(yield* get(jobId(1)), { failures: 1 })
  }),

  promise("leases that are over are told, those longest over first, page by page, and nothing is written", function*() {
    const store = yield* JobStore
    for (const number of [2, 1, 3]) {
      yield* running(number)
      if (number === 2) yield* advance(1000)
    }
    yield* advance(leaseFor - 1000)
    const before = yield* everyJob
    const first = { id: jobId(2), attempt: 1, lockedBy: "w", lockedUntil: start + leaseFor }
    yield* expect(yield* store.staleLeases({ limit: 5 }), [first])
    yield* advance(1000)
    const page = yield* store.staleLeases({ limit: 2 })
    yield* expect(page, [first, { id: jobId(1), lockedUntil: start + leaseFor + 1000 }])
    yield* expect(yield* store.staleLeases({ limit: 2, after: page[1] }), [{ id: jobId(3) }])
    yield* expect(yield* everyJob, before)
  }),

  promise("of leases that were seen, only those are released that are still as they were", function*() {
    const store = yield* JobStore
    const lease = yield* running(1)
    yield* running(2)
    yield* advance(leaseFor)
    const seen = yield* store.staleLeases({ limit: 5 })
    yield* extend(lease, 1000)
    yield* advance(1000)
    for (const change of [{ attempt: 2 }, { lockedBy: "x" }, { lockedUntil: start }]) {
      yield* expect(yield* store.releaseStale({ leases: seen.map((each) => ({ ...each, ...change })) }), [])
    }
    yield* expect(yield* store.releaseStale({ leases: seen }), [{ id: jobId(2), status: "pending" }])
    yield* expect(yield* get(jobId(1)), { status: "running" })
  }),

  promise("leases of named workers are told, over or not, and of no others", function*() {
    const store = yield* JobStore
    for (const [number, worker] of [[1, "dead"], [2, "alive"], [3, "dead"]] as const) {
      yield* enqueue(job(number))
      yield* claimOne(worker)
    }
    const lease = { attempt: 1, lockedBy: "dead", lockedUntil: start + leaseFor }
    yield* expect(yield* store.staleLeases({ limit: 5, heldBy: ["dead", "nobody"] }), [
      { id: jobId(1), ...lease },
      { id: jobId(3), ...lease }
    ])
    yield* expect(yield* store.staleLeases({ limit: 1, heldBy: ["dead"] }), [{ id: jobId(1), ...lease }])
    yield* advance(2 * leaseFor)
    yield* expect(yield* store.staleLeases({ limit: 5, heldBy: ["alive"] }), [{ id: jobId(2) }])
    yield* expect(yield* store.staleLeases({ limit: 5, heldBy: [] }), [])
  }),

  promise(
    "jobs of a worker that is gone are released before their leases are over, as failed attempts that say why",
    function*() {
      const store = yield* JobStore
      yield* enqueue(job(1), job(2, { maxAttempts: 1 }))
      yield* claim({ worker: "dead", limit: 2 })
      const leases = yield* store.staleLeases({ limit: 5, heldBy: ["dead"] })
      yield* expect(yield* store.releaseStale({ leases }), [])
      yield* advance(1000)
      yield* expect(yield* store.releaseStale({ leases, holderIsGone: true }), [
        { id: jobId(1), lockedBy: "dead", lockedAt: start, holderIsGone: true, status: "pending" },
        { id: jobId(2), lockedBy: "dead", lockedAt: start, holderIsGone: true, status: "failed" }
      ])
      const holder = "(was locked by dead since 2026-01-01T00:00:00.000Z)"
      yield* expect(yield* get(jobId(1)), {
        failures: 1,
        availableAt: start + 1000,
        lastError: `Released from a dead worker ${holder}`
      })
      yield* expect(yield* get(jobId(2)), { failures: 1, lastError: `Dead worker after 1 attempts ${holder}` })
    }
  ),

  promise(
    "a job whose worker dies a second time in a row is due later, and no later than its lease was over",
    function*() {
      const store = yield* JobStore
      const dies = (leaseFor: number) =>
        Effect.gen(function*() {
          yield* claim({ worker: "dead", kinds: [{ kind: "email", leaseFor }] })
          const leases = yield* store.staleLeases({ limit: 5, heldBy: ["dead"] })
          yield* store.releaseStale({ leases, holderIsGone: true })
        })
      yield* enqueue(job(1, { maxAttempts: 9 }))
      yield* fail(yield* claimOne(), { retryAfter: 0 })
      yield* dies(600_000)
      yield* expect(yield* get(jobId(1)), { failures: 2, availableAt: start })
      yield* dies(600_000)
      yield* expect(yield* get(jobId(1)), { failures: 3, availableAt: start + 120_000 })
      yield* advance(120_000)
      yield* dies(30_000)
      yield* expect(yield* get(jobId(1)), { failures: 4, availableAt: start + 150_000 })
    }
  ),

  promise("of a worker that is gone, only leases are released that are still as they were seen", function*() {
    const store = yield* JobStore
    const lease = yield* running(1)
    const leases = yield* store.staleLeases({ limit: 5, heldBy: ["w"] })
    yield* advance(1000)
    yield* extend(lease)
    yield* expect(yield* store.releaseStale({ leases, holderIsGone: true }), [])
    yield* expect(yield* get(jobId(1)), { status: "running", failures: 0 })
  }),

  promise("a job asked to cancel that goes stale ends cancelled", function*() {
    yield* running(1)
    yield* cancel(jobId(1))
    yield* advance(leaseFor)
    yield* expect(yield* releaseStale, [{ status: "cancelled" }])
    yield* expect(yield* get(jobId(1)), { status: "cancelled", finishedAt: start + leaseFor })
  })
]
