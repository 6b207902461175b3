import type { Lease } from "../../domain/Lease.ts"
import type { Promised } from "./StoreUnderTest.ts"
import {
  advance,
  cancel,
  claim,
  claimOne,
  complete,
  enqueue,
  everyJob,
  expect,
  fail,
  get,
  job,
  jobId,
  leaseFor,
  promise,
  refusal,
  release,
  releaseStale,
  retry,
  running,
  start
} from "./StoreUnderTest.ts"

const ends = {
  "fails with budget left": (lease: Lease) => fail(lease),
  "fails for good": (lease: Lease) => fail(lease, { retryAfter: null }),
  "snoozes": (lease: Lease) => release(lease, 1000),
  "is handed back": (lease: Lease) => release(lease)
}

/** What a store promises of the end of an attempt. */
export const settlePromises: ReadonlyArray<Promised> = [
  promise("a completed job has succeeded, with its result and the instant, and without its lock", function*() {
    const lease = yield* running(1)
    yield* advance(2000)
    yield* expect(yield* complete(lease, `{"sent":true}`), { status: "succeeded" })
    yield* expect(yield* get(jobId(1)), {
      status: "succeeded",
      finishedAt: start + 2000,
      result: { sent: true },
      lockedAt: null,
      lockedBy: null,
      lockedUntil: null,
      settledBy: "w",
      attempts: 1,
      failures: 0,
      lastError: null
    })
  }),

  promise("a failed attempt is due again after its delay, its error kept and its lock cleared", function*() {
    const first = yield* running(1)
    yield* advance(1000)
    yield* expect(yield* fail(first, { error: "mailbox full", retryAfter: 60_000 }), { status: "pending" })
    yield* expect(yield* get(jobId(1)), {
      availableAt: start + 61_000,
      failures: 1,
      attempts: 1,
      lastError: "mailbox full",
      finishedAt: null,
      lockedBy: null,
      errors: [{ attempt: 1, worker: "w", at: start + 1000, message: "mailbox full" }]
    })
    yield* advance(60_000)
    const second = yield* claimOne()
    yield* expect(second, { attempt: 2, failures: 1 })
    yield* fail(second, { retryAfter: 120_000 })
    yield* expect(yield* get(jobId(1)), { availableAt: start + 61_000 + 120_000 })
  }),

  promise("a failure with the budget spent is final, whatever delay was given", function*() {
    yield* fail(yield* running(1, { maxAttempts: 2 }), { retryAfter: 0 })
    yield* expect(yield* fail(yield* claimOne(), { error: "again", retryAfter: 0 }), { status: "failed" })
    yield* expect(yield* get(jobId(1)), { status: "failed", failures: 2, finishedAt: start, lastError: "again" })
    yield* expect(yield* claim(), [])
  }),

  promise("an error that says never again is final with budget left", function*() {
    yield* expect(yield* fail(yield* running(1), { retryAfter: null }), { status: "failed" })
    yield* expect(yield* get(jobId(1)), { status: "failed", failures: 1, finishedAt: start })
  }),

  promise("a job remembers its last ten failures, oldest first", function*() {
    yield* enqueue(job(1, { maxAttempts: 20 }))
    for (let attempt = 1; attempt <= 12; attempt++) {
      yield* fail(yield* claimOne(), { error: `error ${attempt}`, retryAfter: 0 })
    }
    const { errors, failures } = yield* get(jobId(1))
    yield* expect(failures, 12)
    yield* expect(errors.map(({ message }) => message), Array.from({ length: 10 }, (_, index) => `error ${index + 3}`))
  }),

  promise("a snooze makes the job pending later and spends nothing", function*() {
    yield* expect(yield* release(yield* running(1, { maxAttempts: 1 }), 300_000), { status: "pending" })
    yield* expect(yield* get(jobId(1)), {
      availableAt: start + 300_000,
      attempts: 1,
      failures: 0,
      lastError: null,
      lockedBy: null
    })
  }),

  promise("a job handed back can be claimed at once, and spends nothing however often", function*() {
    yield* enqueue(job(1, { maxAttempts: 1 }))
    for (let attempt = 1; attempt <= 5; attempt++) {
      const lease = yield* claimOne()
      yield* expect(lease.attempt, attempt)
      yield* release(lease)
    }
    yield* expect(yield* get(jobId(1)), { failures: 0 })
  }),

  promise("a job's last settle may be repeated, also once the job is claimed again", function*() {
    const first = yield* running(1)
    yield* expect(yield* fail(first, { retryAfter: 0 }), { status: "pending", kind: "email", isRepeat: false })
    const repeated = { status: "pending", kind: "email", isRepeat: true }
    yield* expect(yield* fail(first, { retryAfter: 0 }), repeated)
    const second = yield* claimOne()
    const before = yield* everyJob
    yield* expect(yield* fail(first, { retryAfter: 0 }), repeated)
    yield* expect(yield* everyJob, before)
    yield* expect(yield* complete(second), { status: "succeeded", kind: "email", isRepeat: false })
    yield* expect(yield* complete(second), { status: "succeeded", kind: "email", isRepeat: true })
    yield* refusal(fail(first, { retryAfter: 0 }), "LeaseLost")
  }),

  promise("a settle is not repeated with another outcome", function*() {
    const lease = yield* running(1)
    yield* release(lease, 1000)
    yield* refusal(complete(lease), "LeaseLost")
    yield* refusal(fail(lease), "LeaseLost")
    yield* advance(1000)
    const next = yield* claimOne()
    yield* fail(next, { retryAfter: 1000 })
    yield* refusal(fail(next, { retryAfter: null }), "LeaseLost")
  }),

  ...Object.entries(ends).map(([end, settle]) =>
    promise(`a job asked to cancel that ${end} ends cancelled`, function*() {
      const lease = yield* running(1)
      yield* cancel(jobId(1))
      yield* advance(1000)
      yield* expect(yield* settle(lease), { status: "cancelled" })
      yield* expect(yield* get(jobId(1)), { status: "cancelled", finishedAt: start + 1000, lockedBy: null })
    })
  ),

  promise("a job asked to cancel that completes has succeeded", function*() {
    const lease = yield* running(1)
    yield* cancel(jobId(1))
    yield* expect(yield* complete(lease), { status: "succeeded" })
  }),

  promise("a job that comes back from an attempt holds its unique key again if that is free", function*() {
    const first = yield* running(1, { uniqueKey: "a" })
    yield* release(first)
    yield* expect(yield* enqueue(job(2, { uniqueKey: "a" })), [{ id: jobId(1), enqueued: false }])
    const second = yield* claimOne()
    yield* enqueue(job(3, { uniqueKey: "a", available: { after: leaseFor } }))
    yield* release(second)
    yield* expect(yield* get(jobId(1)), { status: "pending", holdsKey: false })
    yield* expect(yield* get(jobId(3)), { status: "pending", holdsKey: true })
  }),

  promise(
    "a person's retry makes a failed job pending at once, with a fresh budget and the attempts it had",
    function*() {
      yield* fail(yield* running(1, { maxAttempts: 1 }))
      yield* advance(1000)
      yield* retry(jobId(1))
      yield* expect(yield* get(jobId(1)), {
        status: "pending",
        availableAt: start + 1000,
        failures: 0,
        attempts: 1,
        finishedAt: null,
        settledBy: null
      })
      yield* expect(yield* claimOne(), { attempt: 2 })
    }
  ),

  promise("a settle cannot be repeated once its job went stale in a later attempt and was settled anew", function*() {
    const first = yield* running(1)
    yield* release(first)
    yield* claimOne()
    yield* advance(leaseFor)
    yield* releaseStale
    yield* expect(yield* release(first), { status: "pending" })
    yield* complete(yield* claimOne())
    yield* refusal(release(first), "LeaseLost")
  })
]
