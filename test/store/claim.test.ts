import { assert, describe, it } from "@effect/vitest"
import { assertNone } from "@effect/vitest/utils"
import { Array as Arr, Effect, FastCheck, Option, TestClock } from "effect"
import type { ClaimRequest, NewJob } from "../../src/store/JobStore.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import {
  cancel,
  claim,
  complete,
  enqueue,
  get,
  job,
  jobId,
  release,
  request,
  running,
  start,
  startClock,
  totalChanges,
  withAndWithoutCrowd
} from "./someJobs.ts"

const numbers = (claimed: ReadonlyArray<{ readonly payload: unknown }>) =>
  claimed.map(({ payload }) => (payload as { readonly number: number }).number)

const kinds = (...names: ReadonlyArray<string>) => names.map((kind) => ({ kind, leaseFor: 1000 }))

const lanes = (limits: Record<string, number>) =>
  Option.some(Object.entries(limits).map(([queue, limit]) => ({ queue, limit })))

describe.each(withAndWithoutCrowd)("$where", ({ memory }) => {
  describe("claim order", () => {
    it.effect("a claim takes by priority, then by when the job was due, then by id, across kinds and queues", () =>
      Effect.gen(function*() {
        yield* startClock
        yield* enqueue(
          job(1, { priority: -5 }),
          job(2, { available: { at: start } }),
          job(3, { available: { at: start - 1 }, queue: "slow" }),
          job(4, { priority: 5, kind: "crawl" }),
          job(5, { priority: 5, available: { at: start - 1 }, queue: "slow" }),
          job(6, { available: { at: start - 1 }, kind: "crawl" })
        )
        const claimed = yield* claim({ kinds: kinds("email", "crawl") })
        assert.deepStrictEqual(numbers(claimed), [5, 4, 3, 6, 2, 1])
      }).pipe(Effect.provide(memory)))

    it.effect("what one claim leaves the next one takes, in the same order", () =>
      Effect.gen(function*() {
        yield* enqueue(...[3, 1, 2, 5, 4].map((number) => job(number, { priority: number % 2 })))
        assert.deepStrictEqual(numbers(yield* claim({ limit: 2 })), [1, 3])
        assert.deepStrictEqual(numbers(yield* claim({ limit: 2 })), [5, 2])
        assert.deepStrictEqual(numbers(yield* claim({ limit: 2 })), [4])
      }).pipe(Effect.provide(memory)))

    it.effect("jobs on both sides of a crowd are taken by one claim", () =>
      Effect.gen(function*() {
        yield* startClock
        yield* enqueue(job(1, { priority: 1000, available: { at: -1 } }), job(2))
        assert.deepStrictEqual(numbers(yield* claim({ limit: 2 })), [1, 2])
      }).pipe(Effect.provide(memory)))

    it.effect("a job put back goes where its new instant puts it", () =>
      Effect.gen(function*() {
        const lease = yield* running(1)
        yield* enqueue(job(2), job(3, { available: { after: 2000 } }))
        yield* release(lease, 1000)
        yield* TestClock.adjust(2000)
        assert.deepStrictEqual(numbers(yield* claim()), [2, 1, 3])
      }).pipe(Effect.provide(memory)))

    it.effect.prop(
      "for any jobs and any request, a claim takes exactly the first in order that the limits allow",
      { jobs: FastCheck.array(someJob(), { maxLength: 100, size: "max" }), asked: someRequest() },
      ({ asked, jobs }) =>
        Effect.gen(function*() {
          yield* startClock
          const store = yield* JobStore
          const all = jobs.map((options, index) => job(index, options))
          yield* store.enqueue(all)
          const expected = wouldTake(all, asked)
          const { worker: _, ...unnamed } = asked
          const before = yield* totalChanges
          assert.deepStrictEqual((yield* store.due(unnamed)).map(({ id }) => id), expected)
          // A worker leaves out the queues that it has no room for.
          const open = Option.map(asked.queues, (lanes) => lanes.filter(({ limit }) => limit > 0))
          const next = yield* store.nextDue({ kinds: asked.kinds, queues: open })
          assert.strictEqual(yield* totalChanges, before)
          assert.deepStrictEqual((yield* store.claim(asked)).map(({ lease }) => lease.jobId), expected)
          const earliest = Math.min(
            ...all.filter((one) => isAskedFor(one, { kinds: asked.kinds, queues: open })).map(dueAt)
          )
          // Of several that are due, any will do.
          assert.strictEqual(Math.max(start, Option.getOrElse(next, () => Infinity)), Math.max(start, earliest))
        }).pipe(Effect.provide(memory)),
      { fastCheck: { numRuns: 30 } }
    )
  })

  describe("claim limits", () => {
    const twenty = Arr.makeBy(20, (index) => job(index, { queue: index < 10 ? "fast" : "slow" }))

    it.effect("a claim takes no more than its limit in all, and no more of a queue than that queue's", () =>
      Effect.gen(function*() {
        yield* enqueue(...twenty)
        assert.deepStrictEqual(numbers(yield* claim({ limit: 5, queues: lanes({ fast: 3, slow: 4 }) })), [
          0,
          1,
          2,
          10,
          11
        ])
        assert.deepStrictEqual(numbers(yield* claim({ limit: 50, queues: lanes({ fast: 1, slow: 2 }) })), [3, 12, 13])
      }).pipe(Effect.provide(memory)))

    it.effect("a claim that takes fewer than there are takes the best of all queues, not the first queue's", () =>
      Effect.gen(function*() {
        yield* enqueue(
          ...Arr.makeBy(12, (index) =>
            job(index, {
              queue: ["a", "b", "c"][index % 3] as string,
              kind: index % 2 === 0 ? "email" : "crawl",
              priority: index
            }))
        )
        const four = { kinds: kinds("email", "crawl"), limit: 4 }
        assert.deepStrictEqual(numbers(yield* claim({ ...four, queues: lanes({ a: 3, b: 3, c: 3 }) })), [11, 10, 9, 8])
        assert.deepStrictEqual(numbers(yield* claim({ ...four, queues: lanes({ c: 3, b: 3, a: 3 }) })), [7, 6, 5, 4])
        assert.deepStrictEqual(numbers(yield* claim(four)), [3, 2, 1, 0])
      }).pipe(Effect.provide(memory)))

    it.effect("a queue's limit is for all its kinds and priorities together", () =>
      Effect.gen(function*() {
        yield* enqueue(
          ...Arr.makeBy(12, (index) => job(index, { kind: index % 2 === 0 ? "email" : "crawl", priority: index % 3 }))
        )
        const claimed = yield* claim({ kinds: kinds("email", "crawl"), queues: lanes({ default: 5 }) })
        assert.deepStrictEqual(numbers(claimed), [2, 5, 8, 11, 1])
      }).pipe(Effect.provide(memory)))

    it.effect("a queue with no room, and a queue not asked for, are left", () =>
      Effect.gen(function*() {
        yield* enqueue(...twenty)
        assert.deepStrictEqual(yield* claim({ queues: lanes({ fast: 0, other: 5 }) }), [])
      }).pipe(Effect.provide(memory)))

    it.effect("kinds not asked for are left for a worker that can run them", () =>
      Effect.gen(function*() {
        yield* enqueue(job(1, { kind: "crawl", priority: 1000 }), job(2))
        assert.deepStrictEqual(numbers(yield* claim()), [2])
        assert.strictEqual((yield* get(jobId(1))).status, "pending")
        assert.deepStrictEqual(numbers(yield* claim({ kinds: kinds("crawl") })), [1])
      }).pipe(Effect.provide(memory)))

    it.effect("each kind's claim holds for as long as was asked for it", () =>
      Effect.gen(function*() {
        yield* enqueue(job(1), job(2, { kind: "crawl" }))
        const claimed = yield* claim({ kinds: [{ kind: "email", leaseFor: 1000 }, { kind: "crawl", leaseFor: 9000 }] })
        assert.deepStrictEqual(claimed.map(({ lease }) => lease.lockedUntil), [1000, 9000])
      }).pipe(Effect.provide(memory)))

    it.effect("jobs not due are left, even those of a higher priority", () =>
      Effect.gen(function*() {
        yield* enqueue(job(1, { priority: 9, available: { after: 1 } }), job(2))
        assert.deepStrictEqual(numbers(yield* claim()), [2])
      }).pipe(Effect.provide(memory)))
  })

  describe("a claim of many bytes", () => {
    const heavy = (number: number) => job(number, { payload: JSON.stringify({ number, text: "ö".repeat(500) }) })

    it.effect("takes the jobs that fit together, in order, and leaves one that would fit behind one that does not", () =>
      Effect.gen(function*() {
        const store = yield* JobStore
        yield* enqueue(heavy(1), heavy(2), heavy(3), job(4))
        const limited = { maxBytes: 2500 }
        assert.deepStrictEqual((yield* store.due(request(limited))).map(({ id }) => id), [jobId(1), jobId(2)])
        assert.deepStrictEqual(numbers(yield* claim(limited)), [1, 2])
        assert.deepStrictEqual(numbers(yield* claim(limited)), [3, 4])
      }).pipe(Effect.provide(memory)))

    it.effect("counts them in the same way where queues have room of their own", () =>
      Effect.gen(function*() {
        yield* enqueue(heavy(1), heavy(2), heavy(3), job(4))
        const limited = { maxBytes: 2500, queues: lanes({ default: 3 }) }
        assert.deepStrictEqual(numbers(yield* claim(limited)), [1, 2])
        assert.deepStrictEqual(numbers(yield* claim(limited)), [3, 4])
      }).pipe(Effect.provide(memory)))

    it.effect("takes one job although it is larger than the claim may be", () =>
      Effect.gen(function*() {
        yield* enqueue(heavy(1), job(2))
        assert.deepStrictEqual(numbers(yield* claim({ maxBytes: 1 })), [1])
        assert.deepStrictEqual(numbers(yield* claim({ maxBytes: 1 })), [2])
      }).pipe(Effect.provide(memory)))
  })

  describe("nextDue", () => {
    it.effect("the next instant is that of the earliest job that this worker could run, whatever its priority", () =>
      Effect.gen(function*() {
        const store = yield* JobStore
        yield* enqueue(
          job(1, { priority: 5, available: { at: 9000 } }),
          job(2, { available: { at: 5000 } }),
          job(3, { kind: "crawl", available: { at: 1000 } }),
          job(4, { queue: "slow", available: { at: 2000 } }),
          job(5, { available: { at: 100 } })
        )
        yield* cancel(jobId(5))
        const next = (options: Partial<ClaimRequest>) => Effect.map(store.nextDue(request(options)), Option.getOrNull)
        assert.strictEqual(yield* next({ queues: lanes({ default: 1 }) }), 5000)
        assert.strictEqual(yield* next({}), 2000)
        assert.strictEqual(yield* next({ kinds: kinds("crawl", "email") }), 1000)
        assert.strictEqual(yield* next({ kinds: kinds("other") }), null)
      }).pipe(Effect.provide(memory)))

    it.effect("the next instant is not that of another queue's job, which would be next of all", () =>
      Effect.gen(function*() {
        const store = yield* JobStore
        yield* enqueue(job(1, { queue: "slow", available: { at: 2000 } }), job(2, { available: { at: 5000 } }))
        const next = yield* store.nextDue(request({ queues: lanes({ default: 1 }) }))
        assert.strictEqual(Option.getOrNull(next), 5000)
      }).pipe(Effect.provide(memory)))

    it.effect("running and finished jobs are not to come", () =>
      Effect.gen(function*() {
        const store = yield* JobStore
        yield* running(1)
        yield* complete(yield* running(2))
        assertNone(yield* store.nextDue(request()))
      }).pipe(Effect.provide(memory)))
  })
})

function someJob(): FastCheck.Arbitrary<Partial<NewJob>> {
  return FastCheck.record({
    kind: FastCheck.constantFrom("email", "crawl", "sync"),
    queue: FastCheck.constantFrom("a", "b", "c"),
    priority: FastCheck.constantFrom(-1000, -1, 0, 0, 3, 1000),
    available: FastCheck.constantFrom(-2, -1, 0, 0, 1).map((from) => ({ at: start + from })),
    // Two bytes for each of the letters, and the quotes.
    payload: FastCheck.constantFrom(1, 1, 10, 100).map((letters) => JSON.stringify("ö".repeat(letters)))
  })
}

function someRequest(): FastCheck.Arbitrary<ClaimRequest> {
  return FastCheck.record({
    worker: FastCheck.constant("w"),
    limit: FastCheck.nat({ max: 15 }),
    maxBytes: FastCheck.oneof(FastCheck.constant(Infinity), FastCheck.nat({ max: 500 })),
    kinds: FastCheck.subarray(kinds("email", "crawl", "sync", "none")),
    queues: FastCheck.option(
      FastCheck.dictionary(FastCheck.constantFrom("a", "b", "c", "d"), FastCheck.nat({ max: 6 }))
    )
      .map((limits) => limits === null ? Option.none() : lanes(limits))
  })
}

const bytesOf = (jobs: ReadonlyArray<NewJob>) =>
  jobs.reduce((total, { payload }) => total + Buffer.byteLength(payload), 0)

const dueAt = ({ available }: NewJob) => "at" in available ? available.at : 0

const isAskedFor = (job: NewJob, { kinds, queues }: Pick<ClaimRequest, "kinds" | "queues">) =>
  kinds.some(({ kind }) => kind === job.kind)
  && Option.match(queues, {
    onNone: () => true,
    onSome: (lanes) => lanes.some(({ queue }) => queue === job.queue)
  })

/** The claim's rule, said plainly: in claim order, each due job for which its queue and the request still have room. */
function wouldTake(jobs: ReadonlyArray<NewJob>, asked: ClaimRequest) {
  const room = new Map(Option.match(asked.queues, {
    onNone: () => jobs.map(({ queue }) => [queue, Infinity] as const),
    onSome: (queues) => queues.map(({ limit, queue }) => [queue, limit] as const)
  }))
  return jobs
    .filter((one) => dueAt(one) <= start && asked.kinds.some(({ kind }) => kind === one.kind))
    .toSorted((a, b) => b.priority - a.priority || dueAt(a) - dueAt(b) || (a.id < b.id ? -1 : 1))
    .filter(({ queue }) => {
      const left = room.get(queue) ?? 0
      room.set(queue, left - 1)
      return left > 0
    })
    .slice(0, asked.limit)
    .filter((one, index, before) => index === 0 || bytesOf(before.slice(0, index)) + bytesOf([one]) <= asked.maxBytes)
    .map(({ id }) => id)
}
