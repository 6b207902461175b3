import { Effect } from "effect"
import type { JobId } from "../../domain/JobId.ts"
import type { JobStatus } from "../../domain/JobRecord.ts"
import type { Changes } from "../../store/JobStore.ts"
import { JobStore } from "../../store/JobStore.ts"
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
  extend,
  fail,
  get,
  job,
  jobId,
  promise,
  refusal,
  release,
  request,
  retry,
  running,
  start
} from "./StoreUnderTest.ts"

const pruned = (status: JobStatus, limit = 10) =>
  Effect.flatMap(JobStore, (store) => store.prune({ status, retention: 10_000, limit }))

const edit = (id: JobId, changes: Changes) => Effect.flatMap(JobStore, (store) => store.edit(id, undefined, changes))

const remove = (id: JobId) => Effect.flatMap(JobStore, (store) => store.delete(id, undefined))

/** Promises about what people ask for: reads, cancels, retries, edits, prunings. */
export const requestPromises: ReadonlyArray<Promised> = [
  promise("cancelling a pending job ends it", function*() {
    yield* enqueue(job(1))
    yield* advance(1000)
    yield* expect(yield* cancel(jobId(1)), "cancelled")
    yield* expect(yield* get(jobId(1)), { status: "cancelled", finishedAt: start + 1000 })
    yield* expect(yield* claim(), [])
  }),

  promise("cancelling a running job is a request, and the first one's instant stays", function*() {
    yield* running(1)
    yield* expect(yield* cancel(jobId(1)), "running")
    yield* advance(1000)
    yield* expect(yield* cancel(jobId(1)), "running")
    yield* expect(yield* get(jobId(1)), { status: "running", cancelRequestedAt: start, lockedBy: "w" })
  }),

  promise("cancelling a finished job changes nothing and answers its status", function*() {
    yield* complete(yield* running(1))
    yield* fail(yield* running(2), { retryAfter: null })
    const before = yield* everyJob
    yield* advance(1000)
    yield* expect([yield* cancel(jobId(1)), yield* cancel(jobId(2))], ["succeeded", "failed"])
    yield* expect(yield* everyJob, before)
  }),

  promise("an edit changes when a pending job is due, and its priority, and nothing else", function*() {
    yield* enqueue(job(1), job(2, { available: { after: 60_000 } }))
    const { payload, queue } = yield* get(jobId(2))
    yield* advance(1000)
    yield* edit(jobId(2), { available: { after: 0 }, priority: 7 })
    yield* expect(yield* get(jobId(2)), {
      payload,
      queue,
      status: "pending",
      attempts: 0,
      createdAt: start,
      availableAt: start + 1000,
      priority: 7,
      updatedAt: start + 1000
    })
    yield* expect(yield* claim({ limit: 1 }), [{ lease: { jobId: jobId(2) } }])
    yield* edit(jobId(1), { available: { at: start + 5000 } })
    yield* expect(yield* get(jobId(1)), { availableAt: start + 5000, priority: 0 })
    yield* edit(jobId(1), { priority: -3 })
    yield* expect(yield* get(jobId(1)), { availableAt: start + 5000, priority: -3 })
  }),

  promise("only a pending job is edited, also one that waits for its next attempt", function*() {
    yield* fail(yield* running(1), { retryAfter: 60_000 })
    yield* edit(jobId(1), { available: { after: 0 } })
    yield* expect(yield* get(jobId(1)), { availableAt: start, failures: 1 })
    const lease = yield* claimOne()
    yield* refusal(edit(jobId(1), { priority: 1 }), "JobNotPending")
    yield* complete(lease)
    const before = yield* everyJob
    yield* expect(yield* refusal(edit(jobId(1), { priority: 1 }), "JobNotPending"), { status: "succeeded" })
    yield* expect(yield* everyJob, before)
    yield* refusal(edit(jobId(2), { priority: 1 }), "JobNotFound")
  }),

  promise("a job that does not run is deleted, and one that runs is not", function*() {
    yield* complete(yield* running(1))
    yield* fail(yield* running(2), { retryAfter: null })
    const lease = yield* running(3)
    yield* enqueue(job(4, { uniqueKey: "k" }))
    yield* refusal(remove(jobId(3)), "JobRunning")
    yield* expect(
      [yield* remove(jobId(1)), yield* remove(jobId(2)), yield* remove(jobId(4))],
      ["succeeded", "failed", "pending"]
    )
    yield* expect((yield* everyJob).map(({ id }) => id), [jobId(3)])
    yield* complete(lease)
    yield* refusal(remove(jobId(4)), "JobNotFound")
    yield* expect(yield* enqueue(job(5, { uniqueKey: "k" })), [{ outcome: "enqueued" }])
  }),

  promise("a job that is not there is not found", function*() {
    yield* refusal(get(jobId(1)), "JobNotFound")
    yield* refusal(cancel(jobId(1)), "JobNotFound")
    yield* refusal(retry(jobId(1)), "JobNotFound")
  }),

  promise("a retry of a cancelled job forgets the cancel request", function*() {
    const lease = yield* running(1)
    yield* cancel(jobId(1))
    yield* release(lease)
    yield* retry(jobId(1))
    yield* expect(yield* get(jobId(1)), { cancelRequestedAt: null })
    yield* expect(yield* extend(yield* claimOne()), { cancelRequested: false })
  }),

  promise("a job that did not fail and was not cancelled cannot be retried", function*() {
    yield* complete(yield* running(1))
    yield* running(2)
    yield* enqueue(job(3))
    const before = yield* everyJob
    for (const [number, status] of [[1, "succeeded"], [2, "running"], [3, "pending"]] as const) {
      yield* expect(yield* refusal(retry(jobId(number)), "JobNotRetryable"), { status })
    }
    yield* expect(yield* everyJob, before)
  }),

  promise("a retry is refused while another job holds the unique key, and names that job", function*() {
    yield* fail(yield* running(1, { uniqueKey: "brand" }), { retryAfter: null })
    yield* enqueue(job(2, { uniqueKey: "brand" }))
    const before = yield* everyJob
    yield* expect(yield* refusal(retry(jobId(1)), "UniqueKeyTaken"), {
      jobId: jobId(1),
      uniqueKey: "brand",
      heldBy: jobId(2)
    })
    yield* expect(yield* everyJob, before)
    yield* cancel(jobId(2))
    yield* retry(jobId(1))
    yield* expect(yield* get(jobId(1)), { status: "pending", holdsKey: true })
  }),

  promise("another tenant's job looks exactly like no job", function*() {
    const store = yield* JobStore
    yield* fail(yield* running(1, { partitionKey: "acme" }), { retryAfter: null })
    const before = yield* everyJob
    for (const call of [store.get, store.cancel, store.retry]) {
      const theirs = yield* refusal(Effect.asVoid<unknown, unknown, never>(call(jobId(1), "globex")), "JobNotFound")
      const nobodys = yield* refusal(Effect.asVoid<unknown, unknown, never>(call(jobId(9), "globex")), "JobNotFound")
      yield* expect(
        JSON.stringify(theirs).replaceAll(jobId(1), "an id"),
        JSON.stringify(nobodys).replaceAll(jobId(9), "an id")
      )
    }
    yield* expect(yield* store.list({ partitionKey: "globex", limit: 10 }), { jobs: [] })
    yield* expect(yield* everyJob, before)
    yield* expect(yield* store.get(jobId(1), "acme"), { id: jobId(1) })
    yield* store.retry(jobId(1), "acme")
    yield* expect(yield* store.cancel(jobId(1), "acme"), "cancelled")
  }),

  promise("a job without a partition is seen by nobody who names one", function*() {
    const store = yield* JobStore
    yield* enqueue(job(1))
    yield* refusal(store.get(jobId(1), "acme"), "JobNotFound")
    yield* expect(yield* store.due(request()), [{ id: jobId(1) }])
  }),

  promise("a list shows the jobs that fit its filters, newest id first", function*() {
    const store = yield* JobStore
    yield* enqueue(
      job(1, { kind: "sms" }),
      job(2, { queue: "slow" }),
      job(3, { partitionKey: "acme" }),
      job(4),
      job(5, { kind: "sms", queue: "slow" })
    )
    yield* cancel(jobId(4))
    const ids = (listing: Partial<Parameters<typeof store.list>[0]>) =>
      Effect.map(store.list({ limit: 10, ...listing }), ({ jobs }) => jobs.map(({ id }) => id))
    yield* expect(yield* ids({}), [5, 4, 3, 2, 1].map(jobId))
    yield* expect(yield* ids({ limit: 2 }), [5, 4].map(jobId))
    yield* expect(yield* ids({ kind: "sms" }), [5, 1].map(jobId))
    yield* expect(yield* ids({ queue: "slow", kind: "email" }), [2].map(jobId))
    yield* expect(yield* ids({ partitionKey: "acme" }), [3].map(jobId))
    yield* expect(yield* ids({ status: "cancelled" }), [4].map(jobId))
  }),

  promise("finished jobs are deleted after the retention of their status, oldest first, and no others", function*() {
    for (const number of [1, 2, 3]) {
      yield* complete(yield* running(number))
      yield* advance(1000)
    }
    yield* fail(yield* running(4), { retryAfter: null })
    yield* enqueue(job(5))
    yield* cancel(jobId(5))
    yield* running(6)
    yield* enqueue(job(7))
    // Job 2 finished exactly 10 s ago, job 3 a second later.
    yield* advance(8000)
    yield* expect(yield* pruned("succeeded", 1), { deleted: 1, refused: 0 })
    yield* refusal(get(jobId(1)), "JobNotFound")
    yield* expect(yield* pruned("succeeded"), { deleted: 1, refused: 0 })
    yield* expect(yield* pruned("succeeded"), { deleted: 0, refused: 0 })
    yield* expect(yield* pruned("failed"), { deleted: 0 })
    yield* advance(10_000)
    yield* expect([yield* pruned("failed"), yield* pruned("cancelled")], [{ deleted: 1 }, { deleted: 1 }])
    yield* expect((yield* everyJob).map(({ id }) => id), [7, 6, 3].map(jobId))
  })
]
