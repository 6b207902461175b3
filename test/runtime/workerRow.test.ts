import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Option, Schema, Scope, TestClock } from "effect"
import { Job, JobQueue, JobStore, Worker } from "holdfast"
import { hostname } from "node:os"
import { version } from "../../src/platform/version.ts"
import { workerBeat } from "../../src/testing/conformance/StoreUnderTest.ts"
import { dying, failing, hanging, StoreFaults } from "../../src/testing.ts"
import { calm, inHoldfast, linesSaying, makeGate, settled, work } from "./harness.ts"

const Task = Job.make("row.task", { payload: Schema.Void })

const done = Task.toLayer(() => Effect.void)

const workers = Effect.flatMap(JobQueue, (queue) => queue.workers)

/** The one worker there is. */
const only = Effect.map(workers, ([worker, ...more]) => {
  assert.deepStrictEqual(more, [])
  assert(worker)
  return worker
})

const complaints = Effect.map(
  linesSaying("The job store failed, trying again"),
  (lines) => lines.filter(({ annotations }) => annotations["step"] === "worker's row")
)

/** A worker in a scope of its own, and what ends it. */
const scoped = (options: Partial<Worker.Options<[typeof Task]>> = {}) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    yield* Layer.buildWithScope(Worker.layer({ ...calm, jobs: [Task], ...options }), scope)
    yield* settled
    const end = Effect.gen(function*() {
      const closing = yield* Effect.forkDaemon(Scope.close(scope, Exit.void))
      yield* settled
      return Effect.map(Fiber.poll(closing), Option.isSome)
    })
    return { end }
  })

describe("a worker's row", () => {
  it.effect("says what it is, and is there from its start", () =>
    Effect.gen(function*() {
      yield* work({ jobs: [Task], concurrency: 4, queues: { mail: 2, web: { concurrency: 3 } } })
      const { id } = yield* JobQueue.enqueue(Task, undefined, { queue: "mail" })
      yield* settled
      const { worker, ...row } = yield* only
      assert.strictEqual((yield* JobQueue.get(id)).settledBy, worker)
      assert.deepStrictEqual({ ...row }, {
        host: hostname(),
        pid: process.pid,
        version,
        startedAt: 0,
        beatAt: 0,
        sinceBeat: 0,
        beatEvery: 30_000,
        isLive: true,
        isDraining: false,
        kinds: ["row.task"],
        queues: [{ queue: "mail", concurrency: 2 }, { queue: "web", concurrency: 3 }],
        concurrency: 4,
        running: 0
      })
    }).pipe(inHoldfast(done)))

  it.effect("is written at each heartbeat interval, with the places that its jobs have", () =>
    Effect.gen(function*() {
      const gate = yield* makeGate
      yield* Effect.gen(function*() {
        yield* work({ jobs: [Task], concurrency: 3, heartbeatInterval: "20 seconds" })
        yield* JobQueue.enqueueMany(Task, [{ payload: undefined }, { payload: undefined }])
        yield* settled
        assert.strictEqual((yield* only).running, 0)
        yield* TestClock.adjust("20 seconds")
        assert.deepInclude({ ...yield* only }, { beatAt: 20_000, startedAt: 0, running: 2, queues: null })
        yield* gate.open
        yield* TestClock.adjust("20 seconds")
        assert.deepInclude({ ...yield* only }, { beatAt: 40_000, startedAt: 0, running: 0 })
      }).pipe(inHoldfast(Task.toLayer(() => gate.pass)))
    }))

  it.effect("is gone when the worker has ended, also that of one which ends by itself", () =>
    Effect.gen(function*() {
      const { end } = yield* scoped()
      assert.lengthOf(yield* workers, 1)
      assert.isTrue(yield* yield* end)
      assert.deepStrictEqual(yield* workers, [])
      yield* JobQueue.enqueue(Task, undefined)
      yield* Worker.run({ ...calm, jobs: [Task], once: true })
      yield* JobQueue.enqueue(Task, undefined)
      yield* Worker.run({ ...calm, jobs: [Task], maxJobs: 1 })
      assert.deepStrictEqual(yield* workers, [])
      assert.isAtLeast(yield* StoreFaults.calls("beatWorker"), 3)
    }).pipe(inHoldfast(done)))

  it.effect("says at once that the worker drains, and goes when its jobs have ended", () =>
    Effect.gen(function*() {
      const gate = yield* makeGate
      yield* Effect.gen(function*() {
        const { end } = yield* scoped({ shutdownGrace: "25 seconds" })
        yield* JobQueue.enqueue(Task, undefined)
        yield* settled
        const isEnded = yield* end
        assert.deepInclude({ ...yield* only }, { isDraining: true, running: 1, isLive: true })
        yield* gate.open
        yield* settled
        assert.isTrue(yield* isEnded)
        assert.deepStrictEqual(yield* workers, [])
      }).pipe(inHoldfast(Task.toLayer(() => gate.pass)))
    }))

  for (const limit of [{ once: true }, { maxJobs: 1 }] as const) {
    it.effect(`says at once that a worker with ${JSON.stringify(limit)} claims no more`, () =>
      Effect.gen(function*() {
        const gate = yield* makeGate
        yield* Effect.gen(function*() {
          yield* JobQueue.enqueue(Task, undefined)
          yield* work({ jobs: [Task], ...limit })
          assert.deepInclude({ ...yield* only }, { isDraining: true, running: 1, isLive: true })
          const { id } = yield* JobQueue.enqueue(Task, undefined)
          assert.deepStrictEqual((yield* JobQueue.explain(id)).reasons.map(({ _tag }) => _tag), ["NoWorker"])
          yield* gate.open
          yield* settled
          assert.deepStrictEqual(yield* workers, [])
        }).pipe(inHoldfast(Task.toLayer(() => gate.pass)))
      }))
  }

  it.effect("stays where the worker leaves a job behind, and shows it dead", () =>
    Effect.gen(function*() {
      const { end } = yield* scoped()
      yield* JobQueue.enqueue(Task, undefined)
      yield* settled
      const isEnded = yield* end
      yield* TestClock.adjust("10 seconds")
      assert.isTrue(yield* isEnded)
      assert.isTrue((yield* only).isLive)
      yield* TestClock.adjust("96 seconds")
      assert.isFalse((yield* only).isLive)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.uninterruptible(Effect.never)))))

  it.effect("is deleted by another worker's check once nothing shows it, which is no trouble where it fails", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const rows = Effect.map(
        sql<{ readonly worker: string }>`SELECT worker FROM holdfast_workers`,
        (found) => found.map(({ worker }) => worker)
      )
      yield* (yield* JobStore).beatWorker(workerBeat({ worker: "dead" }))
      yield* StoreFaults.inject("pruneWorkers", failing)
      yield* work({ jobs: [Task], staleCheckInterval: "10 minutes", heartbeatInterval: "4 minutes" })
      yield* TestClock.adjust("70 minutes")
      assert.notStrictEqual((yield* only).worker, "dead")
      assert.include(yield* rows, "dead")
      assert.deepStrictEqual(yield* linesSaying("The job store failed, trying again"), [])
      yield* StoreFaults.mend()
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* rows, [(yield* only).worker])
    }).pipe(inHoldfast(done)))

  it.effect("is not written again by a beat that was under way at the end", () =>
    Effect.gen(function*() {
      const answer = yield* Deferred.make<void>()
      yield* StoreFaults.inject("beatWorker", (call) => Effect.zipRight(Deferred.await(answer), call), 1)
      const { end } = yield* scoped({ shutdownGrace: "25 seconds" })
      const isEnded = yield* end
      assert.isFalse(yield* isEnded)
      yield* Deferred.succeed(answer, undefined)
      yield* settled
      assert.isTrue(yield* isEnded)
      assert.deepStrictEqual(yield* workers, [])
    }).pipe(inHoldfast(done)))
})

describe("a store that does not take a beat", () => {
  for (const [what, fault] of [["fails", failing], ["hangs", hanging], ["throws", dying]] as const) {
    it.effect(`and ${what} keeps no job waiting, and the next beat is made all the same`, () =>
      Effect.gen(function*() {
        yield* StoreFaults.inject("beatWorker", fault)
        yield* work({ jobs: [Task] })
        const { id } = yield* JobQueue.enqueue(Task, undefined)
        yield* settled
        assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
        yield* TestClock.adjust("2 minutes")
        assert.lengthOf(yield* complaints, 1)
        assert.isAtLeast(yield* StoreFaults.calls("beatWorker"), 2)
        yield* StoreFaults.mend()
        yield* TestClock.adjust("1 minute")
        assert.lengthOf(yield* workers, 1)
        yield* StoreFaults.inject("beatWorker", failing)
        yield* TestClock.adjust("1 minute")
        assert.lengthOf(yield* complaints, 2)
      }).pipe(inHoldfast(done)))
  }

  it.effect("and does not delete a row keeps an end waiting no longer than 2 s, nor than its grace or half a second", () =>
    Effect.gen(function*() {
      for (const [shutdownGrace, waits] of [["25 seconds", 2000], ["1 second", 1000], [0, 500]] as const) {
        yield* StoreFaults.mend()
        const { end } = yield* scoped({ shutdownGrace })
        yield* StoreFaults.inject("forgetWorker", hanging)
        const isEnded = yield* end
        yield* TestClock.adjust(waits - 1)
        assert.isFalse(yield* isEnded)
        yield* TestClock.adjust(1)
        assert.isTrue(yield* isEnded)
      }
    }).pipe(inHoldfast(done)))

  it.effect("and is given up at the end is asked for nothing more", () =>
    Effect.gen(function*() {
      const { end } = yield* scoped({ shutdownGrace: "25 seconds" })
      yield* StoreFaults.inject("beatWorker", () => Effect.never)
      yield* TestClock.adjust("31 seconds")
      const isEnded = yield* end
      yield* TestClock.adjust("2 seconds")
      assert.isTrue(yield* isEnded)
      yield* settled
      assert.strictEqual(yield* StoreFaults.calls("forgetWorker"), 0)
    }).pipe(inHoldfast(done)))
})
