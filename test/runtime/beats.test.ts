import { assert, it } from "@effect/vitest"
import { Context, Effect, Either, Fiber, Runtime, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import { monotonicMillis } from "../../src/platform/monotonic.ts"
import { makeExtend } from "../../src/runtime/lease/beats.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import { StoreFaults } from "../../src/testing.ts"
import { inHoldfast } from "./harness.ts"

const Task = Job.make("beats.task", { payload: Schema.Void })

/** As timers do that fire in one turn of the event loop: what each resumes has run before the next fires. */
const oneAfterTheOther = <A>(runs: ReadonlyArray<() => A>): Promise<ReadonlyArray<A>> =>
  runs.reduce<Promise<ReadonlyArray<A>>>(async (before, run) => {
    const ran = [...await before, run()]
    for (let turns = 0; turns < 50; turns++) await Promise.resolve()
    return ran
  }, Promise.resolve([]))

it.effect("leases whose beats are due together are extended by one call, and each gets its own answer", () =>
  Effect.gen(function*() {
    yield* Effect.forEach([1, 2, 3], () => JobQueue.enqueue(Task, undefined))
    const jobs = yield* JobQueue.claim({ jobs: [Task], limit: 3 })
    // In tests a turn of the loop is one of the scheduler.
    const extend = yield* Effect.provideService(
      makeExtend(yield* JobStore),
      EventLoop,
      Context.get(Context.empty(), EventLoop)
    )
    const [, lost] = jobs
    if (lost === undefined) return assert.fail("three jobs were enqueued")
    yield* JobQueue.complete(lost.lease, null)
    const now = yield* monotonicMillis
    const runtime = yield* Effect.runtime()
    const fibers = yield* Effect.promise(() =>
      oneAfterTheOther(
        jobs.map(({ lease }) => () => Runtime.runFork(runtime)(extend({ lease, leaseFor: 60_000 }, now + 1000)))
      )
    )
    const answers = yield* Effect.forEach(fibers, Fiber.join)
    assert.deepStrictEqual(answers.map(Either.isRight), [true, false, true])
    assert.strictEqual(yield* StoreFaults.calls("extend"), 1)
  }).pipe(inHoldfast()))

it.effect("a beat that a store has not answered fails, and may be tried again", () =>
  Effect.gen(function*() {
    yield* JobQueue.enqueue(Task, undefined)
    const [job] = yield* JobQueue.claim({ jobs: [Task] })
    if (job === undefined) return assert.fail("a job was enqueued")
    const extend = yield* makeExtend(yield* JobStore)
    yield* StoreFaults.inject("extend", (call) => Effect.as(call, [] as never), 1)
    const beat = extend({ lease: job.lease, leaseFor: 60_000 }, (yield* monotonicMillis) + 1000)
    const error = yield* Effect.flip(beat)
    assert.strictEqual(error.message, "The job store failed in extend: the store has not answered for a lease")
    assert.isTrue(Either.isRight(yield* beat))
  }).pipe(inHoldfast()))

it.effect("beats that go together are withdrawn at the first of their deadlines", () =>
  Effect.gen(function*() {
    yield* Effect.forEach([1, 2], () => JobQueue.enqueue(Task, undefined))
    const jobs = yield* JobQueue.claim({ jobs: [Task], limit: 2 })
    const lockedUntil = Effect.map(JobQueue.list({ kind: Task.kind }), ({ jobs }) => jobs.map((job) => job.lockedUntil))
    const before = yield* lockedUntil
    const extend = yield* makeExtend(yield* JobStore)
    yield* StoreFaults.inject("extend", (call) => Effect.delay(call, "3 seconds"))
    const now = yield* monotonicMillis
    const fibers = yield* Effect.forEach(jobs, ({ lease }, index) =>
      Effect.fork(Effect.flip(extend({ lease, leaseFor: 3_600_000 }, now + (index + 1) * 2000))))
    yield* TestClock.adjust("2 seconds")
    for (const fiber of fibers) {
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "StoreError")
    }
    yield* TestClock.adjust("1 minute")
    assert.deepStrictEqual(yield* lockedUntil, before)
    assert.strictEqual(yield* StoreFaults.calls("extend"), 1)
  }).pipe(inHoldfast()))
