import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cancel, enqueue, get, job, jobId, memory, retry } from "./someJobs.ts"

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
})
