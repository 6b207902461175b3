import { assert, it } from "@effect/vitest"
import { Effect, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { inHoldfast } from "./harness.ts"

const Careful = Job.make("definition.careful", {
  payload: Schema.Void,
  queue: "slow",
  priority: 7,
  maxAttempts: 9,
  leaseFor: "90 seconds"
})

it.effect("what an enqueue leaves out is as the job's definition says", () =>
  Effect.gen(function*() {
    const { id } = yield* JobQueue.enqueue(Careful, undefined)
    const { maxAttempts, priority, queue } = yield* JobQueue.get(id)
    assert.deepStrictEqual([queue, priority, maxAttempts], ["slow", 7, 9])
  }).pipe(inHoldfast()))

it.effect("what an enqueue says goes before the job's definition", () =>
  Effect.gen(function*() {
    const { id } = yield* JobQueue.enqueue(Careful, undefined, { queue: "fast", priority: 0, maxAttempts: 1 })
    const { maxAttempts, priority, queue } = yield* JobQueue.get(id)
    assert.deepStrictEqual([queue, priority, maxAttempts], ["fast", 0, 1])
  }).pipe(inHoldfast()))

it.effect("a claim by hand holds for the lease of the job's definition, unless it says for how long", () =>
  Effect.gen(function*() {
    yield* TestClock.setTime(1000)
    yield* JobQueue.enqueueMany(Careful, [{ payload: undefined }, { payload: undefined }])
    const [first] = yield* JobQueue.claim({ jobs: [Careful] })
    assert.strictEqual(first?.lease.lockedUntil, 91_000)
    const [second] = yield* JobQueue.claim({ jobs: [Careful], leaseFor: "5 seconds" })
    assert.strictEqual(second?.lease.lockedUntil, 6000)
  }).pipe(inHoldfast()))
