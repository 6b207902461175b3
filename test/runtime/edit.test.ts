import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream, TestClock } from "effect"
import { Job, JobQueue } from "holdfast"
import { calm, inHoldfast, work } from "./harness.ts"

const Task = Job.make("edit.task", { payload: Schema.Void, leaseFor: "60 seconds" })

const beating = { jobs: [Task], heartbeatInterval: "20 seconds" } as const

const enqueue = (options: Parameters<typeof JobQueue.enqueue>[2] = {}) =>
  Effect.map(JobQueue.enqueue(Task, undefined, options), ({ id }) => id)

describe("a pending job that a person changes", () => {
  it.effect("runs now when it is told to, also one that waits for its next attempt", () => {
    let runs = 0
    const handler = Task.toLayer(() => ++runs === 1 ? Effect.fail("no") : Effect.void)
    return Effect.gen(function*() {
      yield* work({ ...beating, ...calm })
      const id = yield* enqueue()
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* JobQueue.get(id)).status, "pending")
      yield* JobQueue.edit(id, { delay: 0 })
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(runs, 2)
      assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
    }).pipe(inHoldfast(handler))
  })

  it.effect("waits until the instant it is given, and goes before others of a lower priority", () =>
    Effect.gen(function*() {
      const first = yield* enqueue({ priority: 1 })
      const second = yield* enqueue()
      yield* JobQueue.edit(first, { at: 60_000 })
      assert.strictEqual((yield* JobQueue.get(first)).availableAt, 60_000)
      yield* JobQueue.edit(second, { priority: 2 })
      yield* TestClock.adjust("1 minute")
      const claimed = yield* JobQueue.claim({ jobs: [Task], limit: 2 })
      assert.deepStrictEqual(claimed.map(({ lease }) => lease.jobId), [second, first])
    }).pipe(inHoldfast()))

  it.effect("is refused a change that does not fit, by name, and is as it was", () =>
    Effect.gen(function*() {
      const id = yield* enqueue()
      const before = yield* JobQueue.get(id)
      const refused = (options: Parameters<typeof JobQueue.edit>[1]) =>
        Effect.map(Effect.flip(JobQueue.edit(id, options)), ({ message }) => message)
      assert.strictEqual(yield* refused({}), "edit: got nothing; expected one or more of delay, at and priority")
      assert.strictEqual(yield* refused({ at: 0, delay: 0 }), "delay and at: got both; expected only one of the two")
      assert.match(
        yield* refused({ priority: 1001 }),
        /^priority: got 1001; expected a whole number from -1000 to 1000/
      )
      assert.match(yield* refused({ delay: "11 years" as never }), /^delay: got/)
      assert.match(yield* refused({ at: Number.NaN }), /^at: got/)
      assert.deepStrictEqual(yield* JobQueue.get(id), before)
    }).pipe(inHoldfast()))
})

describe("a job that a person deletes", () => {
  it.effect("is gone; one that runs goes on", () =>
    Effect.gen(function*() {
      yield* work(beating)
      const running = yield* enqueue()
      const waiting = yield* enqueue({ delay: "1 hour" })
      yield* TestClock.adjust("1 second")
      const error = yield* Effect.flip(JobQueue.delete(running))
      assert.strictEqual(error._tag, "JobRunning")
      assert.include(error.message, "is running; cancel it, and delete it when it has ended")
      assert.strictEqual(yield* JobQueue.delete(waiting), "pending")
      assert.strictEqual((yield* Effect.flip(JobQueue.get(waiting)))._tag, "JobNotFound")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* JobQueue.delete(running), "succeeded")
    }).pipe(inHoldfast(Task.toLayer(() => Effect.sleep("10 seconds")))))
})

it.effect("another tenant's job is neither changed nor deleted: it looks like no job", () =>
  Effect.gen(function*() {
    const id = yield* enqueue({ partitionKey: "a" })
    const before = yield* JobQueue.get(id)
    assert.strictEqual((yield* Effect.flip(JobQueue.edit(id, { priority: 1, partitionKey: "b" })))._tag, "JobNotFound")
    assert.strictEqual((yield* Effect.flip(JobQueue.delete(id, { partitionKey: "b" })))._tag, "JobNotFound")
    assert.deepStrictEqual(yield* JobQueue.get(id), before)
    yield* JobQueue.edit(id, { priority: 1, partitionKey: "a" })
    assert.strictEqual(yield* JobQueue.delete(id, { partitionKey: "a" }), "pending")
  }).pipe(inHoldfast()))

it.effect("edits and deletes are events, told once they are committed", () =>
  Effect.gen(function*() {
    const told: Array<string> = []
    yield* Effect.forkScoped(
      Stream.runForEach(JobQueue.events, (event) => Effect.sync(() => void told.push(event._tag)))
    )
    yield* Effect.yieldNow()
    const id = yield* enqueue()
    yield* JobQueue.edit(id, { priority: 1 })
    yield* JobQueue.delete(id)
    yield* Effect.ignore(JobQueue.delete(id))
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(told, ["Enqueued", "Edited", "Deleted"])
  }).pipe(inHoldfast()))
