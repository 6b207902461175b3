import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, FiberId, Schema, Stream, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { snooze } from "../../src/domain/Verdict.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { makeJobQueue } from "../../src/runtime/jobQueueClient.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import { failing, StoreFaults } from "../../src/testing.ts"
import { anotherProcess, inHoldfast, linesSaying, notingStops, settled, work } from "./harness.ts"

const Task = Job.make("cancel.task", { payload: Schema.Void, leaseFor: "60 seconds" })

const beating = { jobs: [Task], heartbeatInterval: "20 seconds" } as const

const statusOf = (id: string) => Effect.map(JobQueue.get(id), ({ status }) => status)

/** A worker and a job that it is running, 5 s after its start. */
const running = Effect.gen(function*() {
  yield* work(beating)
  const { id } = yield* JobQueue.enqueue(Task, undefined)
  yield* TestClock.adjust("5 seconds")
  return id
})

describe("cancelling a pending job", () => {
  it.effect("it is cancelled at once, and never run", () => {
    let runs = 0
    return Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Task, undefined)
      assert.strictEqual(yield* JobQueue.cancel(id), "cancelled")
      yield* work(beating)
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "cancelled")
      assert.strictEqual(job.finishedAt, 0)
      assert.strictEqual(runs, 0)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.sync(() => void runs++))))
  })

  it.effect("a retry makes it pending again, and it runs", () =>
    Effect.gen(function*() {
      yield* work(beating)
      const { id } = yield* JobQueue.enqueue(Task, undefined, { delay: "1 minute" })
      yield* JobQueue.cancel(id)
      yield* JobQueue.retry(id)
      yield* settled
      assert.strictEqual(yield* statusOf(id), "succeeded")
    }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))
})

describe("cancelling a job whose handler has ended", () => {
  it.effect("nobody is told to stop while it is settled, and it has succeeded", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject("complete", failing)
      yield* work(beating)
      const { id } = yield* JobQueue.enqueue(Task, undefined)
      yield* TestClock.adjust("1 second")
      yield* JobQueue.cancel(id)
      yield* TestClock.adjust("5 seconds")
      yield* StoreFaults.mend()
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* linesSaying("Stopping the handler"), [])
      assert.strictEqual(yield* statusOf(id), "succeeded")
    }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))
})

describe("cancelling a finished job", () => {
  it.effect("it is left as it is, and its status answered", () =>
    Effect.gen(function*() {
      yield* work(beating)
      const { id } = yield* JobQueue.enqueue(Task, undefined)
      yield* settled
      const before = yield* JobQueue.get(id)
      assert.strictEqual(yield* JobQueue.cancel(id), "succeeded")
      assert.deepStrictEqual(yield* JobQueue.get(id), before)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))
})

describe("cancelling a running job", () => {
  it.effect("stops it at once also where the caller is interrupted right after the commit", () => {
    const stops: Array<number> = []
    return Effect.gen(function*() {
      yield* running
      const store = yield* JobStore
      // The events of a call are told first of all that follows from its commit.
      const afterCommit: typeof store.afterCommit = (effect) =>
        Effect.withFiberRuntime((caller) =>
          Effect.zipRight(store.afterCommit(effect), Fiber.interruptAsFork(caller, FiberId.none)).pipe(
            Effect.zipRight(Effect.yieldNow())
          )
        )
      const queue = yield* Effect.provideService(makeJobQueue, JobStore, { ...store, afterCommit })
      const exit = yield* Effect.flatMap(
        Effect.fork(Stream.runDrain(queue.bulk({ action: "cancel", filter: {} }))),
        Fiber.await
      )
      assert.isTrue(Exit.isInterrupted(exit))
      yield* settled
      assert.deepStrictEqual(stops, [5000])
    }).pipe(inHoldfast(Task.toLayer(() => notingStops(stops, Effect.never))))
  })

  it.effect("in this process its handler is interrupted at once, without a heartbeat", () => {
    const stops: Array<number> = []
    return Effect.gen(function*() {
      const id = yield* running
      assert.strictEqual(yield* JobQueue.cancel(id), "running")
      yield* settled
      assert.deepStrictEqual(stops, [5000])
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "cancelled")
      assert.strictEqual(job.finishedAt, 5000)
      assert.strictEqual(job.failures, 0)
      assert.strictEqual(yield* StoreFaults.calls("extend"), 0)
    }).pipe(inHoldfast(Task.toLayer(() => notingStops(stops, Effect.never))))
  })

  it.effect("no other job is stopped", () => {
    const stops: Array<number> = []
    return Effect.gen(function*() {
      const id = yield* running
      const other = yield* JobQueue.enqueue(Task, undefined)
      yield* settled
      yield* JobQueue.cancel(id)
      yield* settled
      assert.strictEqual(stops.length, 1)
      assert.strictEqual(yield* statusOf(other.id), "running")
    }).pipe(inHoldfast(Task.toLayer(() => notingStops(stops, Effect.never))))
  })

  it.effect("from another process its handler is interrupted at the next heartbeat", () => {
    const stops: Array<number> = []
    return Effect.gen(function*() {
      const id = yield* running
      assert.strictEqual(yield* (yield* anotherProcess).cancel(id), "running")
      yield* TestClock.adjust(14_999)
      assert.deepStrictEqual(stops, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(stops, [20_000])
      assert.strictEqual(yield* statusOf(id), "cancelled")
    }).pipe(inHoldfast(Task.toLayer(() => notingStops(stops, Effect.never))))
  })

  /** What a handler comes to before its worker hears that the job is cancelled. */
  const ends: Readonly<
    Record<
      string,
      {
        readonly handler: Parameters<typeof Task.toLayer>[0]
        readonly status: "cancelled" | "succeeded"
        readonly failures: number
      }
    >
  > = {
    "fails": {
      handler: () => Effect.zipRight(Effect.sleep("10 seconds"), Effect.fail("no")),
      status: "cancelled",
      failures: 1
    },
    "snoozes": {
      handler: () => Effect.zipRight(Effect.sleep("10 seconds"), snooze("1 minute")),
      status: "cancelled",
      failures: 0
    },
    "succeeds": { handler: () => Effect.sleep("10 seconds"), status: "succeeded", failures: 0 }
  }
  for (const [end, { failures, handler, status }] of Object.entries(ends)) {
    it.effect(`one that ${end} before it is stopped ends ${status}`, () =>
      Effect.gen(function*() {
        const id = yield* running
        yield* (yield* anotherProcess).cancel(id)
        yield* TestClock.adjust("5 seconds")
        const job = yield* JobQueue.get(id)
        assert.strictEqual(job.status, status)
        assert.strictEqual(job.failures, failures)
        assert.strictEqual(job.finishedAt, 10_000)
        assert.strictEqual((yield* linesSaying(`Job ${status}`)).length, 1)
      }).pipe(inHoldfast(Task.toLayer(handler))))
  }

  it.effect("what its handler says on the way out changes nothing", () =>
    Effect.gen(function*() {
      const id = yield* running
      yield* JobQueue.cancel(id)
      yield* settled
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "cancelled")
      assert.strictEqual(job.failures, 0)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.ensuring(Effect.never, Effect.die("cleanup failed"))))))

  it.effect("one that goes stale ends cancelled", () =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Task, undefined)
      yield* JobQueue.claim({ jobs: [Task], worker: "bob" })
      assert.strictEqual(yield* JobQueue.cancel(id), "running")
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(yield* JobQueue.releaseStale, 1)
      assert.strictEqual(yield* statusOf(id), "cancelled")
    }).pipe(inHoldfast()))

  it.effect("one whose worker shuts down ends cancelled", () =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Task, undefined)
      yield* Effect.scoped(Effect.gen(function*() {
        yield* work(beating)
        yield* (yield* anotherProcess).cancel(id)
      }))
      assert.strictEqual(yield* statusOf(id), "cancelled")
    }).pipe(inHoldfast(Task.toLayer(() => Effect.never))))
})

describe("cancelling in a transaction", () => {
  it.effect("the handler is interrupted after the commit, and not before", () => {
    const stops: Array<number> = []
    return Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const id = yield* running
      yield* sql.withTransaction(Effect.gen(function*() {
        assert.strictEqual(yield* JobQueue.cancel(id), "running")
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(stops, [])
      }))
      yield* settled
      assert.deepStrictEqual(stops, [10_000])
      assert.strictEqual(yield* statusOf(id), "cancelled")
    }).pipe(inHoldfast(Task.toLayer(() => notingStops(stops, Effect.never))))
  })

  it.effect("the handler goes on when the transaction is rolled back, for then nobody has cancelled it", () => {
    const stops: Array<number> = []
    return Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const id = yield* running
      yield* Effect.flip(sql.withTransaction(Effect.zipRight(JobQueue.cancel(id), Effect.fail("changed my mind"))))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(stops, [])
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "running")
      assert.strictEqual(job.attempts, 1)
    }).pipe(inHoldfast(Task.toLayer(() => notingStops(stops, Effect.never))))
  })
})
