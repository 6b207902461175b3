import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { claimOne, complete, enqueue, fail, get, job, jobId, memory, release, retry, running } from "./someJobs.ts"

describe("a repeated settle", () => {
  it.effect("is not recognised in the settle of the next attempt by the same worker", () =>
    Effect.gen(function*() {
      const first = yield* running(1)
      yield* release(first)
      yield* release(yield* claimOne())
      assert.strictEqual((yield* Effect.flip(release(first)))._tag, "LeaseLost")
      yield* complete(yield* claimOne())
      assert.strictEqual((yield* Effect.flip(complete(first)))._tag, "LeaseLost")
    }).pipe(Effect.provide(memory)))

  it.effect("is not recognised where nobody settled, even for a worker whose name is null", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1, { maxAttempts: 1 }))
      const lease = yield* claimOne("null")
      yield* fail(lease)
      yield* retry(jobId(1))
      assert.strictEqual((yield* get(jobId(1))).settledBy, null)
      assert.strictEqual((yield* Effect.flip(fail(lease)))._tag, "LeaseLost")
    }).pipe(Effect.provide(memory)))
})
