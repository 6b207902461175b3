import { Effect } from "effect"
import { JobStore } from "../../store/JobStore.ts"
import type { Promised } from "./StoreUnderTest.ts"
import {
  advance,
  cancel,
  claimed,
  complete,
  enqueue,
  everyJob,
  expect,
  get,
  job,
  jobId,
  promise,
  refusal,
  running,
  start
} from "./StoreUnderTest.ts"

/** What a store promises of jobs that are added. */
export const enqueuePromises: ReadonlyArray<Promised> = [
  promise("an enqueued job is pending, with no attempts and its budget", function*() {
    yield* expect(yield* enqueue(job(1)), [{ id: jobId(1), enqueued: true, outcome: "enqueued" }])
    yield* expect(yield* get(jobId(1)), {
      status: "pending",
      attempts: 0,
      failures: 0,
      maxAttempts: 3,
      availableAt: start,
      createdAt: start,
      lockedBy: null,
      finishedAt: null
    })
  }),

  promise("what is added is told of once and wakes workers, unless it was there", function*() {
    const { events, signals } = yield* JobStore
    const told: Array<unknown> = []
    let wakes = 0
    events.listen("conformance", (event) => void told.push(event._tag === "Enqueued" ? event.jobIds : event._tag))
    const listening = signals.listen({ wake: Effect.sync(() => void wakes++), cancel: () => Effect.void })
    const enqueues = Effect.zipRight(enqueue(job(1), job(2)), enqueue(job(2)))
    yield* Effect.scoped(Effect.zipRight(listening, enqueues))
    // A wake-up is a hint, and may be given twice.
    yield* expect([told, wakes > 0], [[[jobId(1), jobId(2)]], true])
  }),

  promise("a job keeps everything it was enqueued with", function*() {
    const payload = { url: "https://example.org/🔥", quote: `"'\\`, nested: [1, null, { a: true }] }
    const options = {
      kind: "crawl",
      queue: "slow",
      priority: -7,
      partitionKey: "tenant",
      uniqueKey: "brand-5",
      maxAttempts: 9
    }
    yield* enqueue(job(1, { ...options, payload: JSON.stringify(payload) }))
    yield* expect(yield* get(jobId(1)), { ...options, payload })
  }),

  promise("a job may be enqueued for later, by a delay or by an instant", function*() {
    yield* enqueue(job(1, { available: { after: 5000 } }), job(2, { available: { at: start + 9000 } }))
    yield* expect(yield* get(jobId(1)), { availableAt: start + 5000 })
    yield* expect(yield* get(jobId(2)), { availableAt: start + 9000 })
  }),

  promise("an enqueue may be repeated under the same id, and adds nothing", function*() {
    yield* enqueue(job(1))
    const before = yield* everyJob
    yield* advance(1000)
    yield* expect(yield* enqueue(job(1)), [{ id: jobId(1), enqueued: false, outcome: "kept" }])
    yield* expect(yield* everyJob, before)
  }),

  promise("an id that another job has is refused, and nothing of the call is added", function*() {
    yield* enqueue(job(1))
    for (const other of [{ kind: "sms" }, { payload: `"other"` }, { partitionKey: "acme" }]) {
      yield* refusal(enqueue(job(2), job(1, other)), "JobIdConflict")
    }
    yield* expect((yield* everyJob).map(({ id }) => id), [jobId(1)])
  }),

  promise("a unique key that a pending job holds keeps that job, in its kind and partition alone", function*() {
    yield* enqueue(job(1, { uniqueKey: "a" }))
    yield* expect(
      yield* enqueue(
        job(2, { uniqueKey: "a" }),
        job(3, { uniqueKey: "a", kind: "sms" }),
        job(4, { uniqueKey: "a", partitionKey: "acme" }),
        job(5, { uniqueKey: "b" })
      ),
      [
        { id: jobId(1), enqueued: false, outcome: "kept" },
        { id: jobId(3), enqueued: true },
        { id: jobId(4), enqueued: true },
        { id: jobId(5), enqueued: true }
      ]
    )
  }),

  promise("of two jobs with one unique key in one call, the second finds the first", function*() {
    yield* expect(yield* enqueue(job(1, { uniqueKey: "a" }), job(2, { uniqueKey: "a" })), [
      { id: jobId(1), enqueued: true },
      { id: jobId(1), enqueued: false, outcome: "kept" }
    ])
  }),

  promise("a replaced job has the new payload, and a moved one the new instant", function*() {
    yield* enqueue(job(1, { uniqueKey: "a" }))
    yield* expect(yield* enqueue(job(2, { uniqueKey: "a", onConflict: "replace", payload: `"new"` })), [
      { id: jobId(1), enqueued: false, outcome: "replaced" }
    ])
    yield* expect(
      yield* enqueue(job(3, { uniqueKey: "a", onConflict: "move", available: { after: 7000 } })),
      [{ id: jobId(1), enqueued: false, outcome: "moved" }]
    )
    yield* expect(yield* get(jobId(1)), { payload: "new", availableAt: start + 7000 })
  }),

  promise("a moved job is due at the latest when it has waited for the longest wait", function*() {
    yield* enqueue(job(1, { uniqueKey: "a", available: { after: 5000 } }))
    yield* advance(4000)
    yield* enqueue(job(2, { uniqueKey: "a", onConflict: "move", maxWait: 6000, available: { after: 5000 } }))
    yield* expect(yield* get(jobId(1)), { availableAt: start + 6000 })
  }),

  promise("a claim gives up a key of scope pending, and keeps one of scope unfinished", function*() {
    yield* running(1, { uniqueKey: "a" })
    yield* expect(yield* enqueue(job(2, { uniqueKey: "a" })), [{ id: jobId(2), enqueued: true }])
    yield* cancel(jobId(2))
    const lease = yield* running(3, { uniqueKey: "b", uniqueScope: "unfinished" })
    const again = job(4, { uniqueKey: "b", uniqueScope: "unfinished" })
    yield* expect(yield* enqueue(again), [{ id: jobId(3), enqueued: false, outcome: "kept" }])
    yield* complete(lease)
    yield* expect(yield* enqueue(again), [{ id: jobId(4), enqueued: true }])
  }),

  promise("no jobs are no jobs", function*() {
    yield* expect(yield* enqueue(), [])
    yield* expect(yield* claimed(), [])
  }),

  promise("of two enqueues at once with one unique key, one adds its job", function*() {
    const both = [enqueue(job(1, { uniqueKey: "a" })), enqueue(job(2, { uniqueKey: "a" }))]
    const answers = (yield* Effect.all(both, { concurrency: "unbounded" })).flat()
    yield* expect(answers.filter(({ enqueued }) => enqueued).length, 1)
    yield* expect(answers[0]?.id, answers[1]?.id)
  })
]
