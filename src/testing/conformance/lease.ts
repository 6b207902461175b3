import { Lease } from "../../domain/Lease.ts"
import { JobStore } from "../../store/JobStore.ts"
import type { Promised } from "./StoreUnderTest.ts"
import {
  advance,
  cancel,
  claimOne,
  complete,
  enqueue,
  everyJob,
  expect,
  extend,
  fail,
  get,
  job,
  jobId,
  leaseFor,
  progress,
  promise,
  refusal,
  release,
  releaseStale,
  running,
  start
} from "./StoreUnderTest.ts"

const other = (
  { attempt, failures, jobId, lockedAt, lockedUntil, worker }: Lease,
  change: Partial<Pick<Lease, "attempt" | "jobId" | "worker">>
) => new Lease({ attempt, failures, jobId, lockedAt, lockedUntil, worker, ...change })

/** What a store promises of writes under a lease: that they are fenced, and what they write. */
export const leasePromises: ReadonlyArray<Promised> = [
  promise("extending moves the end of the lease, and nothing of other jobs", function*() {
    const lease = yield* running(1)
    yield* enqueue(job(2))
    yield* claimOne("other")
    const [before] = yield* everyJob
    yield* advance(30_000)
    const now = start + 30_000
    yield* expect(yield* extend(lease), {
      lease: { jobId: jobId(1), worker: "w", attempt: 1, failures: 0, lockedAt: now, lockedUntil: now + leaseFor },
      cancelRequested: false
    })
    yield* expect(yield* everyJob, [before, { lockedAt: now, lockedUntil: now + leaseFor, attempts: 1, lockedBy: "w" }])
  }),

  promise("a lease that is over but that nobody released can still be extended and settled", function*() {
    const lease = yield* running(1)
    yield* advance(leaseFor + 1)
    yield* extend(lease)
    yield* expect(yield* releaseStale, [])
    yield* advance(leaseFor + 1)
    yield* expect(yield* complete(lease), { status: "succeeded" })
  }),

  promise("an extended lease is not stale at its first end", function*() {
    const lease = yield* running(1)
    yield* advance(leaseFor - 1)
    yield* extend(lease)
    yield* advance(leaseFor - 1)
    yield* expect(yield* releaseStale, [])
    yield* advance(1)
    yield* expect(yield* releaseStale, [{ id: jobId(1) }])
  }),

  promise("an extension tells that someone wants the job cancelled", function*() {
    const lease = yield* running(1)
    yield* cancel(jobId(1))
    yield* expect(yield* extend(lease), { cancelRequested: true })
  }),

  promise("progress replaces what was there, and outlives the attempt", function*() {
    const lease = yield* running(1)
    yield* progress(lease, `{"done":1}`)
    yield* progress(lease, `{"done":2}`)
    yield* expect(yield* get(jobId(1)), { progress: { done: 2 } })
    yield* fail(lease)
    yield* expect(yield* get(jobId(1)), { progress: { done: 2 } })
  }),

  promise("no write reaches a job under a lease of another job, worker or attempt", function*() {
    yield* enqueue(job(2))
    const lease = yield* running(1)
    const before = yield* everyJob
    const wrong = [other(lease, { worker: "x" }), other(lease, { attempt: 2 }), other(lease, { jobId: jobId(9) })]
    for (const stranger of wrong) {
      yield* refusal(extend(stranger), "LeaseLost")
      yield* refusal(progress(stranger, "1"), "LeaseLost")
      yield* refusal(complete(stranger), "LeaseLost")
      yield* refusal(fail(stranger), "LeaseLost")
      yield* refusal(release(stranger), "LeaseLost")
    }
    yield* expect(yield* everyJob, before)
  }),

  promise("a released job belongs to the next attempt, and the first may write nothing", function*() {
    const first = yield* running(1)
    yield* advance(leaseFor)
    yield* releaseStale
    yield* refusal(complete(first), "LeaseLost")
    const second = yield* claimOne()
    yield* expect(second, { attempt: 2, failures: 1 })
    const before = yield* everyJob
    yield* refusal(extend(first), "LeaseLost")
    yield* refusal(progress(first, "1"), "LeaseLost")
    yield* refusal(fail(first), "LeaseLost")
    yield* expect(yield* everyJob, before)
    yield* expect(yield* complete(second), { status: "succeeded" })
  }),

  promise("a call for many answers each in the order given, the lost ones as lost", function*() {
    const store = yield* JobStore
    const [a, b, c] = [yield* running(1), yield* running(2), yield* running(3)]
    const items = [c, other(b, { attempt: 7 }), a].map((lease) => ({ lease, result: "1" }))
    yield* expect(yield* store.complete(items), [
      { _tag: "Right", right: { status: "succeeded" } },
      { _tag: "Left", left: { _tag: "LeaseLost", jobId: jobId(2), attempt: 7 } },
      { _tag: "Right", right: { status: "succeeded" } }
    ])
    yield* expect(yield* store.extend([]), [])
  })
]
