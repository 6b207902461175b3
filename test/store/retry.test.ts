import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import { join } from "node:path"
import { JobStore } from "../../src/store/JobStore.ts"
import * as SqliteStore from "../../src/store/sqlite/SqliteStore.ts"
import { cancel, enqueue, get, job, jobId, memory, retry } from "./someJobs.ts"
import { temporaryFolder } from "./sqlite/temporaryFolder.ts"

describe("a retry of a job with a unique key", () => {
  const retriedBeside = (other: Parameters<typeof job>[1]) =>
    Effect.gen(function*() {
      yield* enqueue(job(1, { uniqueKey: "ada", partitionKey: "a" }))
      yield* cancel(jobId(1))
      yield* enqueue(job(2, { uniqueKey: "ada", ...other }))
      yield* retry(jobId(1))
      assert.strictEqual((yield* get(jobId(1))).status, "pending")
    }).pipe(Effect.provide(memory))

  it.effect("is not hindered by another partition's job of the same key", () => retriedBeside({ partitionKey: "b" }))

  it.effect("is not hindered by a job of no partition with the same key", () => retriedBeside({}))

  it.effect("is not hindered by another kind's job of the same key", () =>
    retriedBeside({ partitionKey: "a", kind: "sms" }))

  it.scopedLive("is answered as of one instant, whatever another process does to the holder of the key meanwhile", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const open = Effect.map(Layer.build(SqliteStore.layer({ filename })), (context) => Context.get(context, JobStore))
      const [ours, theirs] = [yield* open, yield* open]
      const told = new Set<string>()
      for (let steps = 0; steps < 40; steps++) {
        const [failed, holder] = [jobId(2 * steps), jobId(2 * steps + 1)]
        yield* ours.enqueue([job(2 * steps, { uniqueKey: "ada" })])
        yield* ours.cancel(failed, undefined)
        yield* ours.enqueue([job(2 * steps + 1, { uniqueKey: "ada" })])
        const retried = yield* ours.retry(failed, undefined).pipe(
          Effect.match({ onSuccess: () => "retried", onFailure: ({ _tag }) => _tag }),
          Effect.withMaxOpsBeforeYield(16),
          Effect.fork
        )
        for (let step = 0; step < steps; step++) yield* Effect.yieldNow()
        yield* theirs.cancel(holder, undefined)
        told.add(yield* Fiber.join(retried))
        yield* theirs.cancel(failed, undefined)
      }
      assert.deepStrictEqual([...told].toSorted(), ["UniqueKeyTaken", "retried"])
    }))
})
