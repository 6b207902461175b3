import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, Fiber, FiberId, Layer, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { answeredAfter, failing, StoreFaults } from "../../src/testing.ts"
import { calm, inHoldfast, settled, work } from "./harness.ts"

const Task = Job.make("claimAhead.task", { payload: Schema.Number, leaseFor: "2 minutes" })

const Quick = Job.make("claimAhead.quick")

/** Handlers that wait until they are let go, one after the other. */
class Gates extends Effect.Service<Gates>()("test/Gates", {
  sync: () => {
    const begun: Array<number> = []
    const ends = new Map<number, Deferred.Deferred<void>>()
    const end = (number: number) => {
      const deferred = ends.get(number)
      return deferred === undefined
        ? Effect.dieMessage(`${number} has not begun`)
        : Deferred.succeed(deferred, undefined)
    }
    return {
      begun,
      run: (number: number) =>
        Effect.suspend(() => {
          begun.push(number)
          const ended = Deferred.unsafeMake<void>(FiberId.none)
          ends.set(number, ended)
          return Deferred.await(ended)
        }),
      end: (...numbers: ReadonlyArray<number>) =>
        Effect.forEach(numbers, (number) => Effect.zipRight(end(number), settled), { discard: true })
    }
  }
}) {}

const handlers = Layer.provideMerge(
  Layer.merge(
    Task.toLayer((number) => Effect.flatMap(Gates, (gates) => gates.run(number))),
    Quick.toLayer(() => Effect.void)
  ),
  Gates.Default
)

const enqueued = (count: number, options?: { readonly queue: string }) =>
  Effect.forEach(
    Array.from({ length: count }, (_, index) => index + 1),
    (number) => Effect.map(JobQueue.enqueue(Task, number, options), ({ id }) => id)
  )

/** The jobs of each status, by their payloads. */
const statuses = Effect.map(JobQueue.list({ limit: 100 }), ({ jobs }) => {
  const payloads: Record<string, Array<unknown>> = {}
  for (const { payload, status } of jobs) (payloads[status] ??= []).unshift(payload)
  return payloads
})

const ahead = { jobs: [Task], concurrency: 1, claimAhead: 4 } as const

describe("jobs that are claimed ahead", () => {
  it.effect("begin one after the other as places become free, in the order in which they were claimed", () =>
    Effect.gen(function*() {
      const { begun, end } = yield* Gates
      yield* enqueued(8)
      yield* work({ ...ahead, concurrency: 2 })
      assert.deepStrictEqual(yield* statuses, { running: [1, 2, 3, 4, 5, 6], pending: [7, 8] })
      assert.deepStrictEqual(begun, [1, 2])
      yield* end(2)
      assert.deepStrictEqual(begun, [1, 2, 3])
      // The next claim waits until half of those have begun.
      assert.deepStrictEqual(yield* statuses, { succeeded: [2], running: [1, 3, 4, 5, 6], pending: [7, 8] })
      yield* end(3)
      assert.deepStrictEqual(yield* statuses, { succeeded: [2, 3], running: [1, 4, 5, 6, 7, 8] })
      yield* end(1, 4, 5, 6, 7, 8)
      assert.deepStrictEqual(begun, [1, 2, 3, 4, 5, 6, 7, 8])
      assert.deepStrictEqual(Object.keys(yield* statuses), ["succeeded"])
    }).pipe(inHoldfast(handlers)))

  it.effect("are handed back when they have waited for a heartbeat interval, and not claimed again until a place is free", () =>
    Effect.gen(function*() {
      const { begun, end } = yield* Gates
      yield* enqueued(3)
      yield* work({ ...ahead, heartbeatInterval: "20 seconds", pollInterval: "1 second" })
      yield* TestClock.adjust("19 seconds")
      assert.deepStrictEqual(yield* statuses, { running: [1, 2, 3] })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* statuses, { running: [1], pending: [2, 3] })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* statuses, { running: [1], pending: [2, 3] })
      yield* end(1)
      assert.deepStrictEqual(yield* statuses, { succeeded: [1], running: [2, 3] })
      yield* end(2, 3)
      assert.deepStrictEqual(begun, [1, 2, 3])
      const { jobs } = yield* JobQueue.list()
      assert.deepStrictEqual(jobs.map(({ failures }) => failures), [0, 0, 0])
    }).pipe(inHoldfast(handlers)))

  it.effect("are settled together where they end one after the other in one turn of the event loop", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueueMany(Quick, Array.from({ length: 40 }, () => ({})))
      // Of the process: a turn of a test's event loop is over with the next fiber.
      const loop = EventLoop.defaultValue()
      yield* Effect.provideService(work({ jobs: [Quick], concurrency: 1, claimAhead: 99 }), EventLoop, loop)
      while ((yield* JobQueue.list({ status: "succeeded", limit: 100 })).jobs.length < 40) yield* loop.turn
      assert.isBelow(yield* StoreFaults.calls("complete"), 10)
    }).pipe(inHoldfast(handlers)))

  it.effect("begin in the next turn of the event loop where this one has lasted for long", () =>
    Effect.gen(function*() {
      const { begun, end } = yield* Gates
      let isOverdue = false
      const turned = yield* Effect.makeLatch(true)
      yield* enqueued(2)
      yield* Effect.provideService(work(ahead), EventLoop, { overdue: () => isOverdue, turn: turned.await })
      yield* turned.close
      isOverdue = true
      yield* end(1)
      assert.deepStrictEqual(begun, [1])
      yield* turned.open
      yield* settled
      assert.deepStrictEqual(begun, [1, 2])
      yield* end(2)
    }).pipe(inHoldfast(handlers)))

  it.effect("end at once when they are cancelled, and never begin", () =>
    Effect.gen(function*() {
      const { begun, end } = yield* Gates
      const [, second = "", third = ""] = yield* enqueued(3)
      yield* work(ahead)
      yield* JobQueue.cancel(second)
      yield* settled
      assert.strictEqual((yield* JobQueue.get(second)).status, "cancelled")
      yield* end(1, 3)
      assert.strictEqual((yield* JobQueue.get(third)).status, "succeeded")
      assert.deepStrictEqual(begun, [1, 3])
    }).pipe(inHoldfast(handlers)))

  it.effect("do not begin while their cancel is written, although a place becomes free", () =>
    Effect.gen(function*() {
      const { begun, end } = yield* Gates
      const [, second = ""] = yield* enqueued(2)
      yield* work(ahead)
      yield* StoreFaults.inject(["fail", "release"], answeredAfter("1 second"))
      yield* JobQueue.cancel(second)
      yield* settled
      yield* end(1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* JobQueue.get(second)).status, "cancelled")
      assert.deepStrictEqual(begun, [1])
    }).pipe(inHoldfast(handlers)))

  it.effect("are handed back as soon as the worker is told to end, and cost no failure", () =>
    Effect.gen(function*() {
      const { begun, end } = yield* Gates
      yield* enqueued(3)
      const worker = yield* work({ ...ahead, shutdownGrace: "1 minute" })
      const ended = yield* Effect.fork(Fiber.interrupt(worker))
      yield* settled
      assert.deepStrictEqual(yield* statuses, { running: [1], pending: [2, 3] })
      yield* end(1)
      yield* Fiber.join(ended)
      assert.deepStrictEqual(begun, [1])
      const { jobs } = yield* JobQueue.list()
      assert.deepStrictEqual(jobs.map(({ failures }) => failures), [0, 0, 0])
    }).pipe(inHoldfast(handlers)))

  it.effect("wait as long as those before them cannot be settled", () =>
    Effect.gen(function*() {
      const { begun, end } = yield* Gates
      yield* enqueued(4)
      yield* work(ahead)
      yield* StoreFaults.inject("complete", failing)
      yield* end(1, 2)
      assert.deepStrictEqual(begun, [1, 2])
      yield* StoreFaults.mend("complete")
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* statuses, { succeeded: [1, 2], running: [3, 4] })
      assert.deepStrictEqual(begun, [1, 2, 3])
      yield* end(3, 4)
    }).pipe(inHoldfast(handlers)))

  it.effect("are no more than the limit of their queue", () =>
    Effect.gen(function*() {
      const { begun, end } = yield* Gates
      yield* enqueued(4, { queue: "narrow" })
      yield* work({ ...ahead, queues: { narrow: 2 } })
      assert.deepStrictEqual(yield* statuses, { running: [1, 2], pending: [3, 4] })
      yield* end(1, 2, 3, 4)
      assert.deepStrictEqual(begun, [1, 2, 3, 4])
    }).pipe(inHoldfast(handlers)))

  it.effect("count among the claims of a worker that ends after so many", () =>
    Effect.gen(function*() {
      const { end } = yield* Gates
      yield* enqueued(4)
      const worker = yield* Effect.forkScoped(Worker.run({ ...calm, ...ahead, maxJobs: 3 }))
      yield* settled
      assert.deepStrictEqual(yield* statuses, { running: [1, 2, 3], pending: [4] })
      yield* end(1, 2, 3)
      yield* Fiber.join(worker)
      assert.deepStrictEqual(yield* statuses, { succeeded: [1, 2, 3], pending: [4] })
    }).pipe(inHoldfast(handlers)))

  it.effect("are none of a worker that claims once", () =>
    Effect.gen(function*() {
      const { end } = yield* Gates
      yield* enqueued(2)
      const worker = yield* Effect.forkScoped(Worker.run({ ...calm, ...ahead, once: true }))
      yield* settled
      yield* end(1)
      yield* Fiber.join(worker)
      assert.deepStrictEqual(yield* statuses, { succeeded: [1], pending: [2] })
    }).pipe(inHoldfast(handlers)))

  it.effect("are from 0 to 1000, or the option is refused", () =>
    Effect.gen(function*() {
      for (const claimAhead of [-1, 0.5, 1001]) {
        const refused = yield* Effect.either(Worker.check({ jobs: [Task], claimAhead }))
        assert.include(Either.isLeft(refused) ? refused.left.message : "", "claimAhead")
      }
      yield* Worker.check({ jobs: [Task], claimAhead: 0 })
    }))
})
