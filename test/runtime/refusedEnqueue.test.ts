import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { newJobs } from "../../src/runtime/newJob.ts"
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
    const among = yield* Effect.flip(
      JobQueue.enqueueMany(Task, [{ payload: "a" }, { payload: "b" }, { payload: "c", id }, { payload: "d", id }])
    )
    assert.strictEqual(among.message, refused.message)
    const other = "018f2b5e-7a30-7000-8000-000000000002"
    const answers = yield* JobQueue.enqueueMany(Task, [{ payload: "a", id }, { payload: "b", id: other }])
    assert.deepStrictEqual(answers.map((answer) => answer.id as string), [id, other])
  }).pipe(inHoldfast()))

it.effect("a refusal gives way where the event loop has stood for long, so that a loop of refused enqueues cannot hold it", () =>
  Effect.gen(function*() {
    const turnsOf = (payload: unknown, overdue: boolean) =>
      Effect.gen(function*() {
        let turns = 0
        const turn = Effect.sync(() => void turns++)
        yield* Effect.exit(newJobs(Task, [{ payload }])).pipe(
          Effect.provideService(EventLoop, { turn, overdue: () => overdue })
        )
        return turns
      })
    assert.deepStrictEqual([yield* turnsOf(5, true), yield* turnsOf(5, false)], [1, 0])
    // One that is made gives way in the store.
    assert.strictEqual(yield* turnsOf("fits", true), 0)
  }))
