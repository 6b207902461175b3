import { assert, describe, it } from "@effect/vitest"
import { SqlClient } from "@effect/sql"
import { Deferred, Effect, Exit, Fiber, TestClock } from "effect"
import { Lease } from "../../src/domain/Lease.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import {
  allRows,
  cancel,
  claim,
  claimOne,
  complete,
  enqueue,
  extend,
  fail,
  get,
  job,
  jobId,
  leaseFor,
  memory,
  progress,
  release,
  releaseStale,
  request,
  retry,
  running,
  start,
  startClock
} from "./someJobs.ts"

const one = jobId(1)

const test = (
  name: string,
  effect: () => Effect.Effect<void, unknown, JobStore | SqlClient.SqlClient>
) => it.effect(name, () => Effect.provide(Effect.zipRight(startClock, Effect.suspend(effect)), memory))

describe("enqueue", () => {
  test("an enqueued job is pending, with no attempts and a budget of three", () =>
    Effect.gen(function*() {
      const [enqueued] = yield* enqueue(job(1))
      assert.deepStrictEqual(enqueued, { id: one, enqueued: true, outcome: "enqueued" })
      const { attempts, availableAt, createdAt, failures, finishedAt, lockedBy, maxAttempts, status } = yield* get(one)
      assert.deepStrictEqual({ attempts, failures, finishedAt, lockedBy, maxAttempts, status }, {
        attempts: 0,
        failures: 0,
        finishedAt: null,
        lockedBy: null,
        maxAttempts: 3,
        status: "pending"
      })
      assert.deepStrictEqual([availableAt, createdAt], [start, start])
    }))

  test("a job keeps everything it was enqueued with", () =>
    Effect.gen(function*() {
      const payload = { url: "https://example.org/🔥", quote: `"'\\`, nested: [1, null, { a: true }], nul: "\u0000" }
      yield* enqueue(job(1, {
        kind: "crawl",
        queue: "slow",
        payload: JSON.stringify(payload),
        priority: -7,
        partitionKey: "tenant",
        uniqueKey: "brand-5",
        maxAttempts: 9
      }))
      const stored = yield* get(one)
      assert.deepStrictEqual(stored.payload, payload)
      assert.deepStrictEqual(
        [stored.kind, stored.queue, stored.priority, stored.partitionKey, stored.uniqueKey, stored.maxAttempts],
        ["crawl", "slow", -7, "tenant", "brand-5", 9]
      )
    }))

  test("a job may be enqueued for later, by a delay or by an instant", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1, { available: { after: 5000 } }), job(2, { available: { at: start + 9000 } }))
      assert.strictEqual((yield* get(one)).availableAt, start + 5000)
      assert.strictEqual((yield* get(jobId(2))).availableAt, start + 9000)
    }))
})

describe("claim", () => {
  test("a claim returns a due job, running, with its worker, the instant and attempt 1", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1, { payload: `{"to":"a"}`, traceContext: "00-1-2-01" }))
      yield* TestClock.adjust(5000)
      const [claimed] = yield* claim()
      assert.deepStrictEqual(claimed, {
        kind: "email",
        queue: "default",
        payload: { to: "a" },
        priority: 0,
        partitionKey: null,
        maxAttempts: 3,
        availableAt: start,
        createdAt: start,
        traceContext: "00-1-2-01",
        lease: new Lease({
          jobId: one,
          worker: "w",
          attempt: 1,
          failures: 0,
          lockedAt: start + 5000,
          lockedUntil: start + 5000 + leaseFor
        })
      })
      const { attempts, lockedAt, lockedBy, lockedUntil, status } = yield* get(one)
      assert.deepStrictEqual([status, attempts, lockedBy, lockedAt, lockedUntil], [
        "running",
        1,
        "w",
        start + 5000,
        start + 5000 + leaseFor
      ])
    }))

  test("a claim of nothing returns nothing", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* claim(), [])
    }))

  test("a job is not claimed before it is due, and is claimed the instant it is", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1, { available: { after: 1000 } }))
      yield* TestClock.adjust(999)
      assert.deepStrictEqual(yield* claim(), [])
      yield* TestClock.adjust(1)
      assert.lengthOf(yield* claim(), 1)
    }))

  test("of two claims for one job, one wins", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1))
      const claims = yield* Effect.all([claim({ worker: "a" }), claim({ worker: "b" })], { concurrency: "unbounded" })
      assert.strictEqual(claims.flat().length, 1)
    }))

  test("a running job cannot be claimed, not even once its lease is over", () =>
    Effect.gen(function*() {
      yield* running(1)
      assert.deepStrictEqual(yield* claim({ worker: "other" }), [])
      yield* TestClock.adjust(leaseFor * 2)
      assert.deepStrictEqual(yield* claim({ worker: "other" }), [])
    }))
})

describe("extend", () => {
  test("extending moves the lease of the running job's owner, and nothing else", () =>
    Effect.gen(function*() {
      const lease = yield* running(1)
      yield* enqueue(job(2))
      const other = yield* claimOne("other")
      const before = yield* allRows
      yield* TestClock.adjust(30_000)
      const extended = yield* extend(lease)

      const now = start + 30_000
      assert.deepStrictEqual(
        extended.lease,
        new Lease({ jobId: one, worker: "w", attempt: 1, failures: 0, lockedAt: now, lockedUntil: now + leaseFor })
      )
      assert.isFalse(extended.cancelRequested)
      const row = { ...before[0], locked_at: now, locked_until: now + leaseFor, updated_at: now }
      assert.deepStrictEqual<ReadonlyArray<unknown>>(yield* allRows, [row, before[1]])
      assert.strictEqual((yield* get(jobId(2))).lockedAt, other.lockedAt)
    }))

  test("a lease that is over but that nobody released can still be extended and settled", () =>
    Effect.gen(function*() {
      const lease = yield* running(1)
      yield* TestClock.adjust(leaseFor + 1)
      yield* extend(lease)
      assert.deepStrictEqual(yield* releaseStale, [])
      yield* TestClock.adjust(leaseFor + 1)
      assert.strictEqual((yield* complete(lease)).status, "succeeded")
    }))

  test("an extended lease is not stale at its first end", () =>
    Effect.gen(function*() {
      const lease = yield* running(1)
      yield* TestClock.adjust(leaseFor - 1)
      yield* extend(lease)
      yield* TestClock.adjust(leaseFor - 1)
      assert.deepStrictEqual(yield* releaseStale, [])
      yield* TestClock.adjust(1)
      assert.lengthOf(yield* releaseStale, 1)
    }))

  test("an extension tells the worker that someone wants the job cancelled", () =>
    Effect.gen(function*() {
      const lease = yield* running(1)
      yield* cancel(one)
      assert.isTrue((yield* extend(lease)).cancelRequested)
    }))
})

describe("progress", () => {
  test("progress replaces what was there, and outlives the attempt", () =>
    Effect.gen(function*() {
      const lease = yield* running(1)
      yield* progress(lease, `{"done":1}`)
      yield* progress(lease, `{"done":2}`)
      assert.deepStrictEqual((yield* get(one)).progress, { done: 2 })
      yield* fail(lease)
      assert.deepStrictEqual((yield* get(one)).progress, { done: 2 })
    }))
})

describe("complete", () => {
  test("completing a running job marks it succeeded, says when, keeps the result and clears the lock", () =>
    Effect.gen(function*() {
      const lease = yield* running(1)
      yield* TestClock.adjust(2000)
      assert.deepStrictEqual(yield* complete(lease, `{"sent":true}`), { status: "succeeded" })
      const done = yield* get(one)
      assert.deepStrictEqual(
        [done.status, done.finishedAt, done.result, done.lockedAt, done.lockedBy, done.lockedUntil, done.settledBy],
        ["succeeded", start + 2000, { sent: true }, null, null, null, "w"]
      )
      assert.deepStrictEqual([done.attempts, done.failures, done.lastError], [1, 0, null])
    }))
})

describe("fail", () => {
  test("a failed attempt is scheduled again after its delay, its error kept and its lock cleared", () =>
    Effect.gen(function*() {
      const first = yield* running(1)
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(yield* fail(first, { error: "mailbox full", retryAfter: 60_000 }), { status: "pending" })
      const failed = yield* get(one)
      assert.deepStrictEqual(
        [failed.availableAt, failed.failures, failed.attempts, failed.lastError, failed.finishedAt, failed.lockedBy],
        [start + 61_000, 1, 1, "mailbox full", null, null]
      )
      assert.deepStrictEqual(failed.errors, [{ attempt: 1, worker: "w", at: start + 1000, message: "mailbox full" }])

      yield* TestClock.adjust(60_000)
      const second = yield* claimOne()
      assert.deepStrictEqual([second.attempt, second.failures], [2, 1])
      yield* fail(second, { retryAfter: 120_000 })
      assert.strictEqual((yield* get(one)).availableAt, start + 61_000 + 120_000)
    }))

  test("a failure with the budget spent is final, whatever delay was given", () =>
    Effect.gen(function*() {
      const first = yield* running(1, { maxAttempts: 2 })
      yield* fail(first, { retryAfter: 0 })
      const second = yield* claimOne()
      assert.deepStrictEqual(yield* fail(second, { error: "again", retryAfter: 0 }), { status: "failed" })
      const failed = yield* get(one)
      assert.deepStrictEqual([failed.status, failed.failures, failed.finishedAt, failed.lastError], [
        "failed",
        2,
        start,
        "again"
      ])
      assert.deepStrictEqual(yield* claim(), [])
    }))

  test("an error that says never again is final with budget left", () =>
    Effect.gen(function*() {
      const lease = yield* running(1)
      assert.deepStrictEqual(yield* fail(lease, { retryAfter: null }), { status: "failed" })
      const failed = yield* get(one)
      assert.deepStrictEqual([failed.status, failed.failures, failed.finishedAt], ["failed", 1, start])
    }))

  test("a job remembers its last ten failures, oldest first", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1, { maxAttempts: 20 }))
      for (let attempt = 1; attempt <= 12; attempt++) {
        yield* fail(yield* claimOne(), { error: `error ${attempt}`, retryAfter: 0 })
      }
      const { errors, failures } = yield* get(one)
      assert.strictEqual(failures, 12)
      assert.deepStrictEqual(errors.map((each) => each.attempt), [3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
      assert.deepStrictEqual(errors.at(-1)?.message, "error 12")
    }))
})

describe("release", () => {
  test("a snooze makes the job pending later and spends nothing", () =>
    Effect.gen(function*() {
      const lease = yield* running(1, { maxAttempts: 1 })
      assert.deepStrictEqual(yield* release(lease, 300_000), { status: "pending" })
      const snoozed = yield* get(one)
      assert.deepStrictEqual(
        [snoozed.availableAt, snoozed.attempts, snoozed.failures, snoozed.lastError, snoozed.lockedBy],
        [start + 300_000, 1, 0, null, null]
      )
    }))

  test("a job handed back at shutdown can be claimed at once, and spends nothing however often", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1, { maxAttempts: 1 }))
      for (let attempt = 1; attempt <= 5; attempt++) {
        const lease = yield* claimOne()
        assert.strictEqual(lease.attempt, attempt)
        yield* release(lease)
      }
      assert.strictEqual((yield* get(one)).failures, 0)
    }))
})

describe("releaseStale", () => {
  test("a stale job is released for retry, and its error names the holder and since when", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1))
      yield* claimOne("host-7")
      yield* TestClock.adjust(leaseFor)
      assert.deepStrictEqual(yield* releaseStale, [{
        id: one,
        kind: "email",
        attempt: 1,
        lockedBy: "host-7",
        lockedAt: start,
        status: "pending"
      }])
      const message = "Released from stale lock (was locked by host-7 since 2026-01-01T00:00:00.000Z)"
      const released = yield* get(one)
      assert.deepStrictEqual(
        [
          released.status,
          released.availableAt,
          released.failures,
          released.lastError,
          released.lockedBy,
          released.settledBy
        ],
        ["pending", start + leaseFor, 1, message, null, null]
      )
      assert.deepStrictEqual(released.errors, [{ attempt: 1, worker: "host-7", at: start + leaseFor, message }])
    }))

  test("a stale job with its budget spent has failed, and its error says after how many attempts", () =>
    Effect.gen(function*() {
      const first = yield* running(1, { maxAttempts: 2 })
      yield* release(first)
      yield* claimOne()
      yield* TestClock.adjust(leaseFor)
      assert.strictEqual((yield* releaseStale)[0]?.status, "pending")
      yield* claimOne()
      yield* TestClock.adjust(leaseFor)
      assert.strictEqual((yield* releaseStale)[0]?.status, "failed")
      const failed = yield* get(one)
      assert.deepStrictEqual([failed.status, failed.failures, failed.finishedAt], ["failed", 2, start + 2 * leaseFor])
      assert.match(failed.lastError ?? "", /^Stale lock after 3 attempts \(was locked by w since /)
    }))

  test("a job whose lease still runs is not released", () =>
    Effect.gen(function*() {
      yield* running(1)
      yield* TestClock.adjust(leaseFor - 1)
      assert.deepStrictEqual(yield* releaseStale, [])
      assert.strictEqual((yield* get(one)).status, "running")
    }))

  test("those longest over are released first, as many as asked for", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      for (const number of [3, 1, 2]) {
        yield* running(number)
        yield* TestClock.adjust(1000)
      }
      yield* TestClock.adjust(leaseFor)
      assert.deepStrictEqual((yield* store.releaseStale({ limit: 2 })).map(({ id }) => id), [jobId(3), jobId(1)])
      assert.deepStrictEqual((yield* store.releaseStale({ limit: 2 })).map(({ id }) => id), [jobId(2)])
    }))

  test("two sweeps at once release a job once", () =>
    Effect.gen(function*() {
      yield* running(1)
      yield* TestClock.adjust(leaseFor)
      const sweeps = yield* Effect.all([releaseStale, releaseStale], { concurrency: "unbounded" })
      assert.strictEqual(sweeps.flat().length, 1)
      assert.strictEqual((yield* get(one)).failures, 1)
    }))
})

describe("cancel", () => {
  test("cancelling a pending job ends it", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1))
      yield* TestClock.adjust(1000)
      assert.strictEqual(yield* cancel(one), "cancelled")
      const cancelled = yield* get(one)
      assert.deepStrictEqual([cancelled.status, cancelled.finishedAt], ["cancelled", start + 1000])
      assert.deepStrictEqual(yield* claim(), [])
    }))

  test("cancelling a running job is a request, and the first one's instant stays", () =>
    Effect.gen(function*() {
      yield* running(1)
      assert.strictEqual(yield* cancel(one), "running")
      yield* TestClock.adjust(1000)
      assert.strictEqual(yield* cancel(one), "running")
      const asked = yield* get(one)
      assert.deepStrictEqual([asked.status, asked.cancelRequestedAt, asked.lockedBy], ["running", start, "w"])
    }))

  test("a job asked to cancel that completes has succeeded", () =>
    Effect.gen(function*() {
      const lease = yield* running(1)
      yield* cancel(one)
      assert.deepStrictEqual(yield* complete(lease), { status: "succeeded" })
    }))

  const ends = {
    "fails with budget left": fail,
    "fails for good": (lease: Parameters<typeof fail>[0]) => fail(lease, { retryAfter: null }),
    "snoozes": (lease: Parameters<typeof fail>[0]) => release(lease, 1000),
    "is handed back": (lease: Parameters<typeof fail>[0]) => release(lease)
  }
  for (const [end, settle] of Object.entries(ends)) {
    test(`a job asked to cancel that ${end} ends cancelled`, () =>
      Effect.gen(function*() {
        const lease = yield* running(1)
        yield* cancel(one)
        yield* TestClock.adjust(1000)
        assert.deepStrictEqual(yield* settle(lease), { status: "cancelled" })
        const ended = yield* get(one)
        assert.deepStrictEqual([ended.status, ended.finishedAt, ended.lockedBy], ["cancelled", start + 1000, null])
      }))
  }

  test("a job asked to cancel that goes stale ends cancelled", () =>
    Effect.gen(function*() {
      yield* running(1)
      yield* cancel(one)
      yield* TestClock.adjust(leaseFor)
      assert.strictEqual((yield* releaseStale)[0]?.status, "cancelled")
      const ended = yield* get(one)
      assert.deepStrictEqual([ended.status, ended.finishedAt], ["cancelled", start + leaseFor])
    }))

  test("cancelling a finished job changes nothing and answers what it is", () =>
    Effect.gen(function*() {
      yield* complete(yield* running(1))
      yield* fail(yield* running(2), { retryAfter: null })
      const before = yield* allRows
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual([yield* cancel(one), yield* cancel(jobId(2))], ["succeeded", "failed"])
      assert.deepStrictEqual(yield* allRows, before)
    }))

  test("cancelling no job says that there is none", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(cancel(one)))._tag, "JobNotFound")
    }))
})

describe("retry", () => {
  test("a person's retry makes a failed job pending at once, with a fresh budget and the attempts it had", () =>
    Effect.gen(function*() {
      const lease = yield* running(1, { maxAttempts: 1 })
      yield* fail(lease)
      yield* TestClock.adjust(1000)
      yield* retry(one)
      const again = yield* get(one)
      assert.deepStrictEqual(
        [again.status, again.availableAt, again.failures, again.attempts, again.finishedAt, again.settledBy],
        ["pending", start + 1000, 0, 1, null, null]
      )
      assert.strictEqual((yield* claimOne()).attempt, 2)
    }))

  test("a person's retry of a cancelled job forgets the cancel request", () =>
    Effect.gen(function*() {
      const lease = yield* running(1)
      yield* cancel(one)
      yield* release(lease)
      yield* retry(one)
      assert.deepStrictEqual((yield* get(one)).cancelRequestedAt, null)
      assert.isFalse((yield* extend(yield* claimOne())).cancelRequested)
    }))

  test("a job that did not fail and was not cancelled cannot be retried", () =>
    Effect.gen(function*() {
      yield* complete(yield* running(1))
      yield* running(2)
      yield* enqueue(job(3))
      const before = yield* allRows
      for (const [number, status] of [[1, "succeeded"], [2, "running"], [3, "pending"]] as const) {
        const error = yield* Effect.flip(retry(jobId(number)))
        assert(error._tag === "JobNotRetryable")
        assert.strictEqual(error.status, status)
      }
      assert.strictEqual((yield* Effect.flip(retry(jobId(4))))._tag, "JobNotFound")
      assert.deepStrictEqual(yield* allRows, before)
    }))

  test("a retry is refused while an unfinished job holds the unique key, and names that job", () =>
    Effect.gen(function*() {
      yield* fail(yield* running(1, { uniqueKey: "brand" }), { retryAfter: null })
      yield* enqueue(job(2, { uniqueKey: "brand" }))
      const before = yield* allRows
      const error = yield* Effect.flip(retry(one))
      assert(error._tag === "UniqueKeyTaken")
      assert.deepStrictEqual([error.jobId, error.uniqueKey, error.heldBy], [one, "brand", jobId(2)])
      assert.deepStrictEqual(yield* allRows, before)

      yield* cancel(jobId(2))
      yield* retry(one)
      assert.strictEqual((yield* get(one)).status, "pending")
    }))
})

describe("prune", () => {
  test("finished jobs are deleted after the retention of their status, oldest first, and no others", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      for (const number of [1, 2, 3]) {
        yield* complete(yield* running(number))
        yield* TestClock.adjust(1000)
      }
      yield* fail(yield* running(4), { retryAfter: null })
      yield* cancel((yield* enqueue(job(5)))[0]?.id ?? one)
      yield* running(6)
      yield* enqueue(job(7))
      // Job 2 finished exactly 10 s ago, job 3 a second later.
      yield* TestClock.adjust(8000)
      const prune = (status: "succeeded" | "failed" | "cancelled", limit: number) =>
        Effect.map(store.prune({ status, retention: 10_000, limit }), ({ deleted }) => deleted)
      assert.strictEqual(yield* prune("succeeded", 1), 1)
      assert.strictEqual((yield* Effect.flip(get(one)))._tag, "JobNotFound")
      assert.strictEqual(yield* prune("succeeded", 10), 1)
      assert.strictEqual(yield* prune("succeeded", 10), 0)
      assert.strictEqual(yield* prune("failed", 10), 0)
      yield* TestClock.adjust(10_000)
      assert.deepStrictEqual([yield* prune("failed", 10), yield* prune("cancelled", 10)], [1, 1])
      assert.deepStrictEqual((yield* allRows).map((row) => row["id"]), [jobId(3), jobId(6), jobId(7)])
    }))
})

describe("prune, beside others", () => {
  test("a job that is retried while it is about to be deleted is kept", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { prune } = yield* JobStore
      for (const number of [1, 2]) yield* fail(yield* running(number), { retryAfter: null })
      // While the connection is taken the two line up for it, the pruning first.
      const open = yield* Deferred.make<void>()
      const holder = yield* Effect.fork(sql.withTransaction(Deferred.await(open)))
      yield* Effect.yieldNow()
      const pruning = yield* Effect.fork(prune({ status: "failed", retention: 0, limit: 10 }))
      yield* Effect.yieldNow()
      const retrying = yield* Effect.fork(retry(jobId(2)))
      yield* Effect.yieldNow()
      yield* Deferred.succeed(open, undefined)
      yield* Fiber.join(holder)
      yield* Fiber.join(retrying)
      assert.deepStrictEqual(yield* Fiber.join(pruning), { deleted: 1, refused: 0 })
      assert.strictEqual((yield* get(jobId(2))).status, "pending")
    }))
})

describe("partitions", () => {
  test("another tenant's job looks exactly like no job", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* fail(yield* running(1, { partitionKey: "acme" }), { retryAfter: null })
      const before = yield* allRows
      for (const call of [store.get, store.cancel, store.retry]) {
        const theirs = yield* Effect.exit<unknown, unknown, never>(call(one, "globex"))
        const nobodys = yield* Effect.exit<unknown, unknown, never>(call(jobId(9), "globex"))
        assert.isTrue(Exit.isFailure(theirs))
        assert.strictEqual(
          JSON.stringify(theirs).replaceAll(one, "an id"),
          JSON.stringify(nobodys).replaceAll(jobId(9), "an id")
        )
      }
      assert.deepStrictEqual(yield* store.list({ partitionKey: "globex", limit: 10 }), { jobs: [], cursor: null })
      assert.deepStrictEqual(yield* allRows, before)
      assert.strictEqual((yield* store.get(one, "acme")).id, one)
      yield* store.retry(one, "acme")
      assert.strictEqual(yield* store.cancel(one, "acme"), "cancelled")
    }))

  test("a job without a partition is seen by nobody who names one", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1))
      assert.strictEqual((yield* Effect.flip(store.get(one, "acme")))._tag, "JobNotFound")
      assert.lengthOf(yield* store.due(request()), 1)
    }))
})
