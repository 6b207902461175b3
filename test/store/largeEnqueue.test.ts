import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { allRows, enqueue, job, memory } from "./someJobs.ts"

it.effect("of an enqueue so large that it takes two statements, nothing is there when the second is refused", () =>
  Effect.gen(function*() {
    const large = JSON.stringify("x".repeat(16 * 1024 * 1024))
    const error = yield* Effect.flip(enqueue(job(1, { payload: large }), job(2, { priority: 5000 })))
    assert.strictEqual(error._tag, "StoreError")
    assert.deepStrictEqual(yield* allRows, [])
  }).pipe(Effect.provide(memory)))
