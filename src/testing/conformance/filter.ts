import { Effect, Either, Struct } from "effect"
import type { JobId } from "../../domain/JobId.ts"
import type { Acted, ActRequest, Filter } from "../../store/JobStore.ts"
import { JobStore } from "../../store/JobStore.ts"
import type { Promised } from "./StoreUnderTest.ts"
import {
  advance,
  cancel,
  claim,
  complete,
  enqueue,
  everyJob,
  expect,
  extend,
  fail,
  get,
  job,
  jobId,
  progress,
  promise,
  refusal,
  running,
  start
} from "./StoreUnderTest.ts"

const search = (filter: Filter) =>
  Effect.flatMap(JobStore, (store) => Effect.map(store.search({ limit: 100, ...filter }), ({ jobs }) => jobs))

const found = (filter: Filter) => Effect.map(search(filter), (jobs) => jobs.map(({ id }) => id))

const act = (
  action: ActRequest["action"],
  numbers: ReadonlyArray<number>,
  filter: Filter = {},
  available?: ActRequest["available"]
) =>
  Effect.flatMap(
    JobStore,
    (store) => Effect.map(store.act({ action, ids: numbers.map(jobId), filter, available }), (acted) => acted.map(told))
  )

/** The status of a job that was changed, or the tag of the reason why not. */
const told = (acted: Acted) => Either.match(acted, { onLeft: ({ _tag }) => _tag, onRight: (status) => status })

/** A job that failed for good with this text. */
const failed = (number: number, error: string, options: Parameters<typeof job>[1] = {}) =>
  Effect.flatMap(running(number, options), (lease) => fail(lease, { error, retryAfter: null }))

const inOrder = (numbers: ReadonlyArray<number>): ReadonlyArray<JobId> => numbers.map(jobId)

/** Promises about jobs that are found, counted and changed by a filter. */
export const filterPromises: ReadonlyArray<Promised> = [
  promise("a search shows a job as it is, without its JSON", function*() {
    const lease = yield* running(1, { uniqueKey: "k", partitionKey: "acme", payload: "\"a secret\"" })
    yield* progress(lease, "\"half\"")
    yield* fail(lease, { error: "boom", retryAfter: 60_000 })
    const [summary] = yield* search({})
    const whole = Struct.omit(
      yield* get(jobId(1)),
      "errors",
      "lastErrorValue",
      "payload",
      "progress",
      "result",
      "unreadable"
    )
    yield* expect(summary, whole)
    yield* expect(Object.keys(summary ?? {}).toSorted(), Object.keys(whole).toSorted())
  }),

  promise("of a long error a search shows the first 500 characters", function*() {
    yield* failed(1, `${"é".repeat(499)}→and more`)
    yield* expect((yield* search({})).map(({ lastError }) => lastError), [`${"é".repeat(499)}→`])
  }),

  promise("a search finds jobs by unique key, also those that do not hold it any more", function*() {
    yield* complete(yield* running(1, { uniqueKey: "brand" }))
    yield* enqueue(
      job(2, { uniqueKey: "brand" }),
      job(3, { uniqueKey: "brand", partitionKey: "acme" }),
      job(4, { uniqueKey: "brands" }),
      job(5)
    )
    yield* expect(yield* found({ uniqueKey: "brand" }), inOrder([3, 2, 1]))
    yield* expect(yield* found({ uniqueKey: "brand", partitionKey: "acme" }), inOrder([3]))
    yield* expect(yield* found({ uniqueKey: "brand", status: "pending" }), inOrder([3, 2]))
    yield* expect(yield* found({ uniqueKey: "BRAND" }), [])
  }),

  promise("a search finds jobs by a part of their error, whatever the case of its ASCII letters", function*() {
    yield* failed(1, "Error: Connection refused by 10.0.0.1")
    yield* failed(2, "connection REFUSED")
    yield* failed(3, "100% of_all\\")
    yield* failed(4, "1000 of all")
    yield* failed(5, "ÄRGER")
    yield* enqueue(job(6))
    yield* expect(yield* found({ error: "connection refused" }), inOrder([2, 1]))
    yield* expect(yield* found({ error: "CONNECTION" }), inOrder([2, 1]))
    // What LIKE takes for a pattern is text like any other.
    yield* expect(yield* found({ error: "0%" }), inOrder([3]))
    yield* expect(yield* found({ error: "f_a" }), inOrder([3]))
    yield* expect(yield* found({ error: "\\" }), inOrder([3]))
    yield* expect(yield* found({ error: "ärger" }), [])
    yield* expect(yield* found({ error: "ÄRger" }), inOrder([5]))
    yield* expect(yield* found({ error: "connection", status: "failed", kind: "sms" }), [])
  }),

  promise("a search takes one of several statuses, and all conditions hold at once", function*() {
    yield* failed(1, "boom", { queue: "slow" })
    yield* complete(yield* running(2))
    yield* running(3)
    yield* enqueue(job(4), job(5))
    yield* cancel(jobId(5))
    yield* expect(yield* found({ status: ["failed", "cancelled"] }), inOrder([5, 1]))
    yield* expect(yield* found({ status: ["running", "pending"] }), inOrder([4, 3]))
    yield* expect(yield* found({ status: ["failed", "cancelled"], queue: "slow" }), inOrder([1]))
    yield* expect(yield* found({ status: ["succeeded"] }), inOrder([2]))
    yield* expect(yield* found({ status: [] }), [])
  }),

  promise("pages of a search follow one another, and a count comes to the same jobs", function*() {
    const store = yield* JobStore
    yield* enqueue(...Array.from({ length: 7 }, (_, index) => job(index, { kind: index % 2 === 0 ? "email" : "sms" })))
    const first = yield* store.search({ kind: "email", limit: 3 })
    yield* expect([first.jobs.map(({ id }) => id), first.cursor], [inOrder([6, 4, 2]), jobId(2)])
    const rest = yield* store.search({ kind: "email", limit: 3, cursor: jobId(2) })
    yield* expect([rest.jobs.map(({ id }) => id), rest.cursor], [inOrder([0]), null])
    yield* expect(yield* store.count({ kind: "email" }), { jobs: 4, cursor: null })
    yield* expect(yield* store.count({ kind: "email", cursor: jobId(4) }), { jobs: 2, cursor: null })
    yield* expect(yield* store.count({ kind: "email", cursor: jobId(4), isInclusive: true }), { jobs: 3, cursor: null })
    const from = yield* store.search({ kind: "email", limit: 1, cursor: jobId(4), isInclusive: true })
    yield* expect([from.jobs.map(({ id }) => id), from.cursor], [inOrder([4]), jobId(4)])
    const small = yield* store.search({ kind: "email", limit: 3, mostBytes: 1 })
    yield* expect([small.jobs.map(({ id }) => id), small.cursor], [inOrder([6]), jobId(6)])
    const large = yield* store.search({ kind: "email", limit: 3, mostBytes: 1_000_000 })
    yield* expect([large.jobs.map(({ id }) => id), large.cursor], [inOrder([6, 4, 2]), jobId(2)])
    yield* expect(yield* store.count({}), { jobs: 7, cursor: null })
    yield* expect(yield* store.count({ uniqueKey: "none" }), { jobs: 0, cursor: null })
  }),

  promise("a name that no job can have finds none", function*() {
    const store = yield* JobStore
    yield* enqueue(job(1))
    for (const filter of [{ uniqueKey: "\0" }, { error: "\0" }, { partitionKey: "\0" }]) {
      yield* expect(yield* search(filter), [])
      yield* expect(yield* store.count(filter), { jobs: 0, cursor: null })
      yield* expect(yield* act("cancel", [1], filter), ["JobNotMatching"])
    }
  }),

  promise("a retry can say when the job is due, and it is not due before", function*() {
    const store = yield* JobStore
    yield* failed(1, "boom")
    yield* failed(2, "boom")
    yield* advance(1000)
    yield* store.retry(jobId(1), undefined, { after: 60_000 })
    yield* store.retry(jobId(2), undefined, { at: start + 30_000 })
    yield* expect(yield* get(jobId(1)), { status: "pending", failures: 0, availableAt: start + 61_000 })
    yield* expect(yield* get(jobId(2)), { status: "pending", availableAt: start + 30_000, updatedAt: start + 1000 })
    yield* expect(yield* claim(), [])
    yield* advance(29_000)
    yield* expect((yield* claim()).map(({ lease }) => lease.jobId), inOrder([2]))
  }),

  promise("an action on many cancels those that wait and asks for those that run, in the order given", function*() {
    yield* complete(yield* running(1))
    const lease = yield* running(2)
    yield* enqueue(job(3))
    yield* advance(1000)
    yield* expect(yield* act("cancel", [3, 2, 1]), ["cancelled", "running", "succeeded"])
    yield* expect(yield* get(jobId(3)), { status: "cancelled", finishedAt: start + 1000 })
    yield* expect(yield* get(jobId(1)), { status: "succeeded", cancelRequestedAt: null, updatedAt: start })
    yield* expect(yield* extend(lease), { cancelRequested: true })
  }),

  promise("a retry of many leaves those that refuse it as they are", function*() {
    yield* failed(1, "boom", { uniqueKey: "k" })
    yield* failed(3, "boom")
    yield* running(4)
    yield* enqueue(job(2, { uniqueKey: "k" }))
    const before = yield* everyJob
    yield* advance(1000)
    yield* expect(
      yield* act("retry", [4, 3, 2, 1], {}, { after: 5000 }),
      ["JobNotRetryable", "pending", "JobNotRetryable", "UniqueKeyTaken"]
    )
    yield* expect(yield* get(jobId(3)), { failures: 0, availableAt: start + 6000 })
    yield* expect((yield* everyJob).filter(({ id }) => id !== jobId(3)), before.filter(({ id }) => id !== jobId(3)))
  }),

  promise("many are run now or deleted, but none that runs", function*() {
    const lease = yield* running(1)
    yield* enqueue(job(2, { available: { after: 60_000 } }), job(3, { available: { after: 60_000 } }))
    yield* expect(yield* act("run-now", [3, 1]), ["pending", "JobNotPending"])
    yield* expect(yield* get(jobId(3)), { availableAt: start })
    yield* expect(yield* act("delete", [3, 2, 1, 9]), ["pending", "pending", "JobRunning", "JobNotMatching"])
    yield* expect((yield* everyJob).map(({ id }) => id), inOrder([1]))
    yield* complete(lease)
    yield* refusal(get(jobId(2)), "JobNotFound")
  }),

  promise("an action leaves a job that does not fit its filter when its turn comes", function*() {
    yield* enqueue(
      job(1, { partitionKey: "acme" }),
      job(2, { partitionKey: "globex" }),
      job(3, { partitionKey: "acme", kind: "sms" }),
      job(4, { partitionKey: "acme", queue: "slow" }),
      job(5, { partitionKey: "acme", uniqueKey: "k" })
    )
    const all = [1, 2, 3, 4, 5]
    const not = "JobNotMatching"
    const before = yield* everyJob
    yield* expect(yield* act("cancel", all, { status: "failed" }), all.map(() => not))
    yield* expect(yield* act("cancel", all, { error: "boom" }), all.map(() => not))
    yield* expect(yield* everyJob, before)
    const filter = { partitionKey: "acme", kind: "email", queue: "default", uniqueKey: "k" }
    yield* expect(yield* act("cancel", all, filter), [not, not, not, not, "cancelled"])
    yield* expect(yield* act("delete", all, { partitionKey: "acme", status: ["pending", "failed"] }), [
      "pending",
      not,
      "pending",
      "pending",
      not
    ])
    yield* expect((yield* everyJob).map(({ id }) => id), inOrder([5, 2]))
  })
]
