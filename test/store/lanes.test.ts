import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, FastCheck, TestClock } from "effect"
import type { LaneHead } from "../../src/store/JobStore.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import { queryPlan } from "./queryPlan.ts"
import {
  cancel,
  claim,
  complete,
  enqueue,
  extend,
  job,
  jobId,
  leaseFor,
  memory,
  start,
  startClock
} from "./someJobs.ts"

/** Every head there is, read so many at a time. */
const heads = (limit: number) =>
  Effect.gen(function*() {
    const store = yield* JobStore
    const found: Array<LaneHead> = []
    let after: LaneHead | undefined
    do {
      const page: ReadonlyArray<LaneHead> = yield* store.laneHeads({ limit, after })
      assert.isAtMost(page.length, limit)
      found.push(...page)
      after = page[limit - 1]
    } while (after !== undefined)
    return found
  })

const waiting = FastCheck.record({
  queue: FastCheck.constantFrom("default", "slow", "a'b"),
  kind: FastCheck.constantFrom("email", "crawl", "Zoom"),
  priority: FastCheck.constantFrom(-1000, -1, 0, 7),
  at: FastCheck.integer({ min: -3, max: 3 })
})

describe("a look at what waits", () => {
  it.effect.prop(
    "finds the first in line of every queue, kind and priority, however many it reads at a time",
    [FastCheck.array(waiting, { maxLength: 40 }), FastCheck.integer({ min: 1, max: 50 })],
    ([jobs, limit]) =>
      Effect.gen(function*() {
        yield* startClock
        const rows = jobs.map(({ at, ...one }, index) => ({ ...one, at: start + at, id: jobId(index + 1) }))
        if (rows.length > 0) {
          yield* enqueue(...rows.map(({ at, id, ...one }, index) => job(index + 1, { ...one, id, available: { at } })))
        }
        const inLine = rows.toSorted((a, b) =>
          compare(a.queue, b.queue) || compare(a.kind, b.kind) || b.priority - a.priority || a.at - b.at
          || compare(a.id, b.id)
        )
        const expected = Arr.dedupeWith(
          inLine,
          (a, b) => a.queue === b.queue && a.kind === b.kind && a.priority === b.priority
        )
        assert.deepStrictEqual(
          yield* heads(limit),
          expected.map(({ at, ...one }) => ({ ...one, attempts: 0, availableAt: at }))
        )
      }).pipe(Effect.provide(memory)),
    { fastCheck: { numRuns: 40 } }
  )

  it.effect("finds no job that runs or has ended, and says how often one was claimed before", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1), job(2, { kind: "crawl" }), job(3, { kind: "other" }))
      const [lease] = yield* claim()
      assert(lease)
      yield* cancel(jobId(2))
      assert.deepStrictEqual((yield* heads(10)).map(({ id }) => id), [jobId(3)])
      yield* store.release([{ lease: lease.lease, delay: 0 }])
      assert.deepStrictEqual((yield* heads(10)).map(({ attempts, id }) => [id, attempts]), [
        [jobId(1), 1],
        [jobId(3), 0]
      ])
    }).pipe(Effect.provide(memory)))

  it.effect("seeks each of them in the claim index, and walks no backlog", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1), job(2, { kind: "crawl" }))
      const [after] = yield* store.laneHeads({ limit: 1 })
      for (const options of [{ limit: 5 }, { limit: 5, after }]) {
        const reads = (yield* queryPlan(store.laneHeads(options))).filter((step) => /\b(?:j|job)\b/.test(step))
        assert.isAbove(reads.length, 0)
        for (const step of reads) {
          assert.match(
            step,
            /^SEARCH j USING COVERING INDEX holdfast_jobs_claim \(queue(?:>\?|=\? AND kind(?:>\?|=\? AND priority<\?))\)$|^SEARCH job USING INDEX sqlite_autoindex_holdfast_jobs_1 \(id=\?\)$|^SCAN j USING COVERING INDEX holdfast_jobs_claim$/
          )
        }
        assert.deepStrictEqual(
          (yield* queryPlan(store.laneHeads(options))).filter((step) => step.includes("TEMP B-TREE")),
          ["USE TEMP B-TREE FOR ORDER BY"]
        )
      }
    }).pipe(Effect.provide(memory)))
})

describe("a look at who holds leases", () => {
  it.effect("says for each holder and lane how many, when it was last heard of and until when it holds", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* startClock
      yield* enqueue(job(1), job(2), job(3, { queue: "slow" }), job(4))
      const mine = yield* claim({ worker: "a", limit: 2 })
      yield* claim({ worker: "a" }).pipe(Effect.zipRight(TestClock.adjust(1000)))
      yield* enqueue(job(5))
      yield* claim({ worker: "b" })
      const [first] = mine
      assert(first)
      yield* extend(first.lease)
      const holder = (lockedBy: string, queue: string, jobs: number, since: number) => ({
        queue,
        kind: "email",
        lockedBy,
        jobs,
        lockedAt: start + since,
        lockedUntil: start + since + leaseFor
      })
      assert.deepStrictEqual(yield* store.laneHolders({ limit: 10 }), [
        holder("a", "default", 3, 1000),
        holder("b", "default", 1, 1000),
        holder("a", "slow", 1, 0)
      ])
    }).pipe(Effect.provide(memory)))

  it.effect("leaves out leases that are over, and what has settled", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1), job(2))
      yield* claim({ worker: "a", limit: 1 })
      yield* TestClock.adjust(1)
      const [other] = yield* claim({ worker: "b" })
      assert(other)
      yield* TestClock.adjust(leaseFor - 1)
      assert.deepStrictEqual((yield* store.laneHolders({ limit: 10 })).map(({ lockedBy }) => lockedBy), ["b"])
      yield* complete(other.lease)
      assert.deepStrictEqual(yield* store.laneHolders({ limit: 10 }), [])
    }).pipe(Effect.provide(memory)))

  it.effect("looks at no more leases than it is told, those that end first", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1), job(2, { kind: "long" }), job(3))
      yield* claim({ worker: "long", kinds: [{ kind: "long", leaseFor: 2 * leaseFor }] })
      yield* claim({ worker: "a" })
      assert.deepStrictEqual(
        (yield* store.laneHolders({ limit: 2 })).map(({ jobs, lockedBy }) => [lockedBy, jobs]),
        [["a", 2]]
      )
      const plan = yield* queryPlan(store.laneHolders({ limit: 2 }))
      assert.include(plan, "SEARCH holdfast_jobs USING INDEX holdfast_jobs_lease (locked_until>?)")
      assert.deepStrictEqual(plan.filter((step) => step.startsWith("SEARCH") || step.includes("holdfast")).length, 1)
    }).pipe(Effect.provide(memory)))
})

const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0
