import { assert, it } from "@effect/vitest"
import { Clock, Effect, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import type { Fault } from "../../src/testing.ts"
import { answeredAfter, failing, StoreFaults } from "../../src/testing.ts"
import { anotherProcess, inHoldfast, settled, work } from "./harness.ts"

const Task = Job.make("polling.task", { payload: Schema.Void })

it.effect("a worker that waits for a job of later goes on polling for what another process enqueues meanwhile", () => {
  const at: Array<number> = []
  return Effect.gen(function*() {
    yield* work({ jobs: [Task], pollInterval: "5 seconds" })
    yield* JobQueue.enqueue(Task, undefined, { delay: "1 hour" })
    yield* settled
    yield* (yield* anotherProcess).enqueue(Task, undefined)
    yield* TestClock.adjust("10 seconds")
    assert.deepStrictEqual(at, [5000])
  }).pipe(inHoldfast(Task.toLayer(() => Effect.map(Clock.currentTimeMillis, (now) => void at.push(now)))))
})

it.effect("a worker whose claim came too late for a due job looks again after 100 ms, and not at once", () => {
  const fasterElsewhere: Fault = () => Effect.succeed([] as never)
  return Effect.gen(function*() {
    const { calls, inject } = yield* StoreFaults
    yield* inject("claim", fasterElsewhere, 1)
    yield* work({ jobs: [Task] })
    const { id } = yield* JobQueue.enqueue(Task, undefined)
    yield* TestClock.adjust(99)
    assert.strictEqual(yield* calls("claim"), 1)
    yield* TestClock.adjust(1)
    assert.strictEqual(yield* calls("claim"), 2)
    assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
  }).pipe(inHoldfast(Task.toLayer(() => Effect.void)))
})

it.effect("a worker whose queues are all full asks the store for nothing until one has room", () =>
  Effect.gen(function*() {
    yield* work({ jobs: [Task], concurrency: 10, queues: { default: 1 }, pollInterval: "5 seconds" })
    yield* JobQueue.enqueue(Task, undefined)
    yield* settled
    const before = yield* StoreFaults.calls("nextDue")
    yield* TestClock.adjust("1 minute")
    assert.strictEqual(yield* StoreFaults.calls("nextDue"), before)
  }).pipe(inHoldfast(Task.toLayer(() => Effect.never))))

it.effect("a worker that was given all that it asked for claims again without a look, until it is given less", () => {
  const ran: Array<string> = []
  return Effect.gen(function*() {
    const { calls, inject } = yield* StoreFaults
    yield* JobQueue.enqueueMany(Task, Array.from({ length: 5 }, () => ({ payload: undefined })))
    const firstLook: Fault = (call) => Effect.zipLeft(call, inject("nextDue", failing))
    yield* inject("nextDue", firstLook, 1)
    yield* work({ jobs: [Task], concurrency: 2 })
    assert.lengthOf(ran, 5)
    // Of 2, 2 and 1.
    assert.strictEqual(yield* calls("claim"), 3)
  }).pipe(inHoldfast(Task.toLayer(() => Effect.sync(() => void ran.push("ran")))))
})

it.effect("the next job is claimed when a handler has ended, and not when its job is settled", () => {
  const ran: Array<string> = []
  return Effect.gen(function*() {
    yield* StoreFaults.inject("complete", answeredAfter("1 second"), 1)
    yield* JobQueue.enqueueMany(Task, Array.from({ length: 2 }, () => ({ payload: undefined })))
    yield* work({ jobs: [Task], concurrency: 1 })
    assert.lengthOf(ran, 2)
    yield* TestClock.adjust("1 second")
  }).pipe(inHoldfast(Task.toLayer(() => Effect.sync(() => void ran.push("ran")))))
})

it.effect("a job whose settle has failed keeps its place until it is settled", () => {
  const ran: Array<string> = []
  return Effect.gen(function*() {
    yield* StoreFaults.inject("complete", failing)
    yield* JobQueue.enqueueMany(Task, Array.from({ length: 9 }, () => ({ payload: undefined })))
    yield* work({ jobs: [Task], concurrency: 2 })
    yield* TestClock.adjust("1 minute")
    // Two more may have been claimed in the instant before the first two failed.
    assert.isAtMost(ran.length, 4)
    yield* StoreFaults.mend()
    yield* TestClock.adjust("1 minute")
    assert.lengthOf(ran, 9)
  }).pipe(inHoldfast(Task.toLayer(() => Effect.sync(() => void ran.push("ran")))))
})

it.effect("a job that has failed runs again when it is due, and not a poll later", () => {
  const at: Array<number> = []
  const handler = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    at.push(now)
    return at.length === 1 ? Effect.die("once") : Effect.void
  })
  return Effect.gen(function*() {
    const later: Fault = (call) => Effect.delay(call, "1 second")
    yield* StoreFaults.inject("fail", later, 1)
    yield* work({ jobs: [Task], pollInterval: "1 hour" })
    yield* JobQueue.enqueue(Task, undefined)
    yield* TestClock.adjust("10 minutes")
    assert.deepStrictEqual(at, [0, 61_000])
  }).pipe(inHoldfast(Task.toLayer(() => handler)))
})

it.effect("a worker whose store settles nothing claims no more than twice its concurrency, and goes on after that", () => {
  const ran: Array<string> = []
  return Effect.gen(function*() {
    yield* StoreFaults.inject("complete", answeredAfter("10 seconds"))
    yield* JobQueue.enqueueMany(Task, Array.from({ length: 9 }, () => ({ payload: undefined })))
    yield* work({ jobs: [Task], concurrency: 2, pollInterval: "1 hour" })
    yield* TestClock.adjust("9 seconds")
    assert.lengthOf(ran, 4)
    yield* TestClock.adjust("1 minute")
    assert.lengthOf(ran, 9)
  }).pipe(inHoldfast(Task.toLayer(() => Effect.sync(() => void ran.push("ran")))))
})
