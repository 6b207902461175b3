import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, Option } from "effect"
import { claim, enqueue, job, jobId, start, startClock, withAndWithoutCrowd } from "./someJobs.ts"

const claimed = (limit: number, options: Parameters<typeof claim>[0] = {}) =>
  Effect.map(claim({ limit, ...options }), (jobs) => jobs.map(({ lease }) => lease.jobId))

describe.each(withAndWithoutCrowd)("$where", ({ memory }) => {
  describe("a claim for fewer jobs than are due", () => {
    it.effect("takes those of a lane that have been due for longest, whatever their ids", () =>
      Effect.gen(function*() {
        yield* startClock
        yield* enqueue(
          job(1, { available: { at: start } }),
          job(2, { available: { at: start - 9 } }),
          job(3, { available: { at: start - 5 } })
        )
        assert.deepStrictEqual(yield* claimed(1), [jobId(2)])
        assert.deepStrictEqual(yield* claimed(1), [jobId(3)])
      }).pipe(Effect.provide(memory)))

    it.effect("takes those that have been due for longest of more than it looks at", () =>
      Effect.gen(function*() {
        yield* startClock
        yield* enqueue(...Arr.makeBy(100, (number) => job(number, { available: { at: start - number } })))
        assert.deepStrictEqual(yield* claimed(2), [jobId(99), jobId(98)])
        assert.deepStrictEqual(yield* claimed(1), [jobId(97)])
      }).pipe(Effect.provide(memory)))

    it.effect("gives no place to jobs that are not due, however many and of whatever priority", () =>
      Effect.gen(function*() {
        yield* enqueue(
          job(1, { priority: 9, available: { after: 1 } }),
          job(2, { priority: 8, available: { after: 1 } }),
          job(3, { priority: 1 }),
          job(4)
        )
        assert.deepStrictEqual(yield* claimed(1), [jobId(3)])
        const queues = Option.some([{ queue: "default", limit: 1 }])
        assert.deepStrictEqual(yield* claimed(9, { queues }), [jobId(4)])
      }).pipe(Effect.provide(memory)))
  })
})
