import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { inHoldfast } from "./harness.ts"

const Task = Job.make("refusedEnqueue.task", { payload: Schema.String })

for (const delay of [-1, Number.NaN, -Infinity, "-5 seconds"] as const) {
  it.effect(`a delay of ${delay} is refused, and not taken for none`, () =>
    Effect.gen(function*() {
      const refused = yield* Effect.flip(JobQueue.enqueue(Task, "late", { delay }))
      assert(refused._tag === "InvalidJob")
      assert.include(
        refused.message,
        `delay: got ${
          typeof delay === "string" ? JSON.stringify(delay) : delay
        }; expected a duration from 0 to ten years`
      )
      assert.deepStrictEqual((yield* JobQueue.list()).jobs, [])
    }).pipe(inHoldfast()))
}

it.effect("an id that one call gives to two jobs is refused, also when the two are the same", () =>
  Effect.gen(function*() {
    const id = "018f2b5e-7a30-7000-8000-000000000001"
    const refused = yield* Effect.flip(JobQueue.enqueueMany(Task, [{ payload: "a", id }, { payload: "a", id }]))
    assert(refused._tag === "InvalidJob")
    assert.include(refused.message, `id: got ${id} twice; expected each id once`)
    assert.deepStrictEqual((yield* JobQueue.list()).jobs, [])
  }).pipe(inHoldfast()))
