import { Effect, Option } from "effect"
import { JobStore } from "../../store/JobStore.ts"
import type { Promised } from "./StoreUnderTest.ts"
import {
  advance,
  cancel,
  claim,
  claimed,
  claimOne,
  enqueue,
  everyJob,
  expect,
  get,
  job,
  jobId,
  leaseFor,
  promise,
  request,
  running,
  start
} from "./StoreUnderTest.ts"

/** What a store promises of claims, and of looks at what may be claimed. */
export const claimPromises: ReadonlyArray<Promised> = [
  promise("a claim answers a due job with its lease, and the job is running", function*() {
    yield* enqueue(job(1, { payload: `{"to":"a"}`, traceContext: "00-1-2-01" }))
    yield* advance(5000)
    const lease = { worker: "w", attempt: 1, failures: 0, lockedAt: start + 5000, lockedUntil: start + 5000 + leaseFor }
    yield* expect(yield* claim(), [{
      lease: { jobId: jobId(1), ...lease },
      kind: "email",
      queue: "default",
      payload: { to: "a" },
      priority: 0,
      partitionKey: null,
      maxAttempts: 3,
      availableAt: start,
      createdAt: start,
      traceContext: "00-1-2-01"
    }])
    yield* expect(yield* get(jobId(1)), {
      status: "running",
      attempts: 1,
      lockedBy: "w",
      lockedAt: start + 5000,
      lockedUntil: start + 5000 + leaseFor
    })
  }),

  promise("a claim of nothing answers nothing", function*() {
    yield* expect(yield* claim(), [])
  }),

  promise("a job is not claimed before it is due, and is claimed the instant it is", function*() {
    yield* enqueue(job(1, { available: { after: 1000 } }))
    yield* advance(999)
    yield* expect(yield* claim(), [])
    yield* advance(1)
    yield* expect(yield* claimed(), [jobId(1)])
  }),

  promise("jobs are claimed by priority, then by when they are due, then by id", function*() {
    yield* enqueue(
      job(5),
      job(4),
      job(3, { available: { at: start - 1000 } }),
      job(2, { priority: -1, available: { at: start - 9000 } }),
      job(1, { priority: 5 })
    )
    yield* expect(yield* claimed({ limit: 4 }), [jobId(1), jobId(3), jobId(4), jobId(5)])
    yield* expect(yield* claimed(), [jobId(2)])
  }),

  promise("a claim keeps to the room of each queue, to its limit, and to its kinds", function*() {
    yield* enqueue(
      job(1, { queue: "a" }),
      job(2, { queue: "a" }),
      job(3, { queue: "b" }),
      job(4, { queue: "b" }),
      job(5, { queue: "c" }),
      job(6, { queue: "b", kind: "sms", priority: 9 })
    )
    const queues = Option.some([{ queue: "a", limit: 1 }, { queue: "b", limit: 5 }])
    yield* expect(yield* claimed({ queues, limit: 2 }), [jobId(1), jobId(3)])
    yield* expect(yield* claimed({ queues }), [jobId(2), jobId(4)])
    yield* expect(yield* claimed({ kinds: [{ kind: "sms", leaseFor: 1000 }] }), [jobId(6)])
    yield* expect(yield* get(jobId(6)), { lockedUntil: start + 1000 })
  }),

  promise("a claim takes no more bytes of payloads than it asks for, but always one job", function*() {
    const payload = JSON.stringify("x".repeat(98))
    yield* enqueue(...[1, 2, 3, 4].map((number) => job(number, { payload })))
    yield* expect(yield* claimed({ maxBytes: 200 }), [jobId(1), jobId(2)])
    yield* expect(yield* claimed({ maxBytes: 99 }), [jobId(3)])
  }),

  promise("of two claims for one job, one wins", function*() {
    yield* enqueue(job(1))
    const claims = yield* Effect.all([claim({ worker: "a" }), claim({ worker: "b" })], { concurrency: "unbounded" })
    yield* expect(claims.flat().length, 1)
  }),

  promise("a running job cannot be claimed, not even once its lease is over", function*() {
    yield* running(1)
    yield* expect(yield* claim({ worker: "other" }), [])
    yield* advance(leaseFor * 2)
    yield* expect(yield* claim({ worker: "other" }), [])
  }),

  promise("each look shows what a claim would take, and changes nothing", function*() {
    const store = yield* JobStore
    yield* enqueue(job(1, { available: { after: 1000 } }), job(2, { kind: "sms" }))
    const before = yield* everyJob
    yield* expect(yield* store.due(request()), [])
    yield* expect(Option.getOrNull(yield* store.nextDue(request())), start + 1000)
    yield* advance(1000)
    yield* expect(yield* store.due(request()), [
      { id: jobId(1), kind: "email", queue: "default", priority: 0, availableAt: start + 1000 }
    ])
    yield* expect(Option.getOrNull(yield* store.nextDue(request({ kinds: [{ kind: "none", leaseFor }] }))), null)
    yield* expect(yield* everyJob, before)
  }),

  promise("the first in line of every lane and priority is told, page by page", function*() {
    const store = yield* JobStore
    yield* enqueue(
      job(1, { queue: "b" }),
      job(2, { queue: "b", priority: 3, available: { after: 5000 } }),
      job(3, { queue: "a", kind: "sms" }),
      job(4, { queue: "b" })
    )
    const heads = [
      { queue: "a", kind: "sms", priority: 0, id: jobId(3), attempts: 0, availableAt: start },
      { queue: "b", kind: "email", priority: 3, id: jobId(2), attempts: 0, availableAt: start + 5000 },
      { queue: "b", kind: "email", priority: 0, id: jobId(1), attempts: 0, availableAt: start }
    ]
    yield* expect(yield* store.laneHeads({ limit: 10 }), heads)
    const page = yield* store.laneHeads({ limit: 2 })
    yield* expect(page, heads.slice(0, 2))
    yield* expect(yield* store.laneHeads({ limit: 2, after: page[1] }), heads.slice(2))
  }),

  promise("the holders of leases that are not over are told by lane", function*() {
    const store = yield* JobStore
    yield* enqueue(job(1), job(2), job(3))
    yield* claim({ limit: 2 })
    yield* advance(1000)
    yield* claimOne("other")
    const holders = yield* store.laneHolders({ limit: 10 })
    yield* expect(holders.toSorted((a, b) => a.jobs - b.jobs), [
      {
        queue: "default",
        kind: "email",
        lockedBy: "other",
        jobs: 1,
        lockedAt: start + 1000,
        lockedUntil: start + 1000 + leaseFor
      },
      { queue: "default", kind: "email", lockedBy: "w", jobs: 2, lockedAt: start, lockedUntil: start + leaseFor }
    ])
    yield* advance(leaseFor - 1000)
    yield* expect((yield* store.laneHolders({ limit: 10 })).map(({ lockedBy }) => lockedBy), ["other"])
  }),

  promise("a cancelled job is not claimed", function*() {
    yield* enqueue(job(1))
    yield* cancel(jobId(1))
    yield* expect(yield* claim(), [])
  })
]
