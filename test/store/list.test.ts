import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect } from "effect"
import { JobStore } from "../../src/store/JobStore.ts"
import { cancel, enqueue, get, job, jobId, memory, release, running } from "./someJobs.ts"

describe("list", () => {
  const ids = (numbers: ReadonlyArray<number>) => numbers.map(jobId)

  it.effect("pages follow one another by id, highest first, and miss and repeat nothing while jobs are added", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(...Arr.makeBy(10, (index) => job(index)))
      const first = yield* store.list({ limit: 4 })
      assert.deepStrictEqual(first.map(({ id }) => id), ids([9, 8, 7, 6]))
      yield* enqueue(job(10))
      const second = yield* store.list({ limit: 4, before: jobId(6) })
      assert.deepStrictEqual(second.map(({ id }) => id), ids([5, 4, 3, 2]))
      const third = yield* store.list({ limit: 4, before: jobId(2) })
      assert.deepStrictEqual(third.map(({ id }) => id), ids([1, 0]))
      assert.deepStrictEqual(yield* store.list({ limit: 4, before: jobId(0) }), [])
    }).pipe(Effect.provide(memory)))

  it.effect("a list may be narrowed by status, kind, queue and partition, together", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(
        job(1),
        job(2, { kind: "crawl" }),
        job(3, { queue: "slow" }),
        job(4, { partitionKey: "acme" }),
        job(5, { kind: "crawl", queue: "slow", partitionKey: "acme" })
      )
      yield* cancel(jobId(1))
      yield* cancel(jobId(5))
      const listed = (filter: Omit<Parameters<typeof store.list>[0], "limit">) =>
        Effect.map(store.list({ ...filter, limit: 10 }), (jobs) => jobs.map(({ id }) => id))
      assert.deepStrictEqual(yield* listed({}), ids([5, 4, 3, 2, 1]))
      assert.deepStrictEqual(yield* listed({ status: "cancelled" }), ids([5, 1]))
      assert.deepStrictEqual(yield* listed({ kind: "crawl" }), ids([5, 2]))
      assert.deepStrictEqual(yield* listed({ queue: "slow" }), ids([5, 3]))
      assert.deepStrictEqual(yield* listed({ partitionKey: "acme" }), ids([5, 4]))
      assert.deepStrictEqual(yield* listed({ partitionKey: "acme", status: "pending" }), ids([4]))
      assert.deepStrictEqual(
        yield* listed({ status: "cancelled", kind: "crawl", queue: "slow", partitionKey: "acme" }),
        ids([5])
      )
      assert.deepStrictEqual(yield* listed({ partitionKey: "globex" }), [])
    }).pipe(Effect.provide(memory)))

  it.effect("a listed job is the same as one that was asked for by its id", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* release(yield* running(1))
      assert.deepStrictEqual(yield* store.list({ limit: 1 }), [yield* get(jobId(1))])
    }).pipe(Effect.provide(memory)))
})
