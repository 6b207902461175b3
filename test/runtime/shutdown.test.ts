import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Option, Schema, Scope, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import * as SqliteStore from "../../src/store/sqlite/SqliteStore.ts"
import * as Testing from "../../src/testing.ts"
import { calm, inHoldfast, linesSaying, makeGate, settled, work } from "./harness.ts"

const Task = Job.make("shutdown.task", { payload: Schema.String, leaseFor: "60 seconds" })

const options = { ...calm, jobs: [Task], heartbeatInterval: "20 seconds", shutdownGrace: "25 seconds" } as const

/** A worker that has been told to end while it runs one job, 5 s after the start. */
const closingWith = (more?: Partial<Worker.Options<readonly [typeof Task]>>) =>
  Effect.gen(function*() {
    const worker = yield* Effect.forkDaemon(Worker.run({ ...options, ...more }))
    yield* settled
    const { id } = yield* JobQueue.enqueue(Task, "running")
    yield* TestClock.adjust("5 seconds")
    const closed = yield* Effect.fork(Fiber.interrupt(worker))
    yield* settled
    return { id, closed }
  })
const closing = closingWith()

const isClosed = (closed: Fiber.Fiber<unknown>) => Effect.map(Fiber.poll(closed), Option.isSome)

describe("a worker that is told to end", () => {
  it.effect("ends at once when nothing is running", () =>
    Effect.gen(function*() {
      const worker = yield* Effect.forkDaemon(Worker.run(options))
      yield* settled
      yield* Fiber.interrupt(worker)
      assert.strictEqual((yield* linesSaying("Worker stopped")).length, 1)
      assert.deepStrictEqual(yield* linesSaying("Waiting for running jobs to end"), [])
    }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))

  it.scoped("hands its job to a worker that has looked already", () => {
    let runs = 0
    return Effect.gen(function*() {
      const one = yield* Effect.forkDaemon(Worker.run({ ...options, shutdownGrace: 0 }))
      yield* settled
      const { id } = yield* JobQueue.enqueue(Task, "running")
      yield* settled
      yield* work(options)
      assert.strictEqual(runs, 1)
      yield* Fiber.interrupt(one)
      yield* settled
      const { attempts, status } = yield* JobQueue.get(id)
      assert.deepStrictEqual([runs, attempts, status], [2, 2, "succeeded"])
    }).pipe(inHoldfast(Task.toLayer(() => Effect.suspend(() => ++runs === 1 ? Effect.never : Effect.void))))
  })

  it.effect("claims no more", () =>
    Effect.gen(function*() {
      const { closed } = yield* closing
      const { id } = yield* JobQueue.enqueue(Task, "too late")
      yield* TestClock.adjust("1 minute")
      assert.isTrue(yield* isClosed(closed))
      assert.strictEqual((yield* JobQueue.get(id)).attempts, 0)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.never))))

  it.effect("says how many it waits for, and how long", () =>
    Effect.gen(function*() {
      yield* closing
      const { grace, running } = (yield* linesSaying("Waiting for running jobs to end"))[0]?.annotations ?? {}
      assert.deepStrictEqual([running, grace], [1, "25s"])
      yield* TestClock.adjust("25 seconds")
    }).pipe(inHoldfast(Task.toLayer(() => Effect.never))))

  it.effect("waits for a job that ends within the grace, which is settled as ever", () =>
    Effect.gen(function*() {
      const { closed, id } = yield* closing
      yield* TestClock.adjust(14_999)
      assert.isFalse(yield* isClosed(closed))
      yield* TestClock.adjust(1)
      assert.isTrue(yield* isClosed(closed))
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "succeeded")
      assert.strictEqual(job.finishedAt, 20_000)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.sleep("20 seconds")))))

  it.effect("hands back what is running after the grace: pending, due now, nothing of the budget spent", () =>
    Effect.gen(function*() {
      const { closed, id } = yield* closing
      yield* TestClock.adjust(24_999)
      assert.strictEqual((yield* JobQueue.get(id)).status, "running")
      yield* TestClock.adjust(1)
      assert.isTrue(yield* isClosed(closed))
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "pending")
      assert.strictEqual(job.availableAt, 30_000)
      assert.strictEqual(job.failures, 0)
      assert.strictEqual(job.attempts, 1)
      assert.strictEqual(job.lockedBy, null)
      assert.strictEqual(job.lastError, null)
      assert.strictEqual((yield* linesSaying("Job handed back"))[0]?.annotations["jobId"], id)

      const [again] = yield* JobQueue.claim({ jobs: [Task], worker: "bob" })
      assert.strictEqual(again?.lease.attempt, 2)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.never))))

  it.effect("hands a job back only after the handler's finalizers have run", () => {
    const finalized: Array<number> = []
    const slowly = Effect.gen(function*() {
      yield* Effect.sleep("4 seconds")
      finalized.push(yield* TestClock.currentTimeMillis)
    })
    return Effect.gen(function*() {
      const { closed, id } = yield* closing
      yield* TestClock.adjust(28_999)
      assert.strictEqual((yield* JobQueue.get(id)).status, "running")
      assert.isFalse(yield* isClosed(closed))
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(finalized, [34_000])
      assert.strictEqual((yield* JobQueue.get(id)).availableAt, 34_000)
      assert.isTrue(yield* isClosed(closed))
    }).pipe(inHoldfast(Task.toLayer(() => Effect.ensuring(Effect.never, slowly))))
  })

  it.effect("hands each job back as soon as that one has ended", () =>
    Effect.gen(function*() {
      const worker = yield* Effect.forkDaemon(Worker.run({ ...options, shutdownGrace: 0 }))
      yield* settled
      const quick = yield* JobQueue.enqueue(Task, "quick")
      const slow = yield* JobQueue.enqueue(Task, "slow")
      yield* settled
      const closed = yield* Effect.fork(Fiber.interrupt(worker))
      yield* settled
      assert.strictEqual((yield* JobQueue.get(quick.id)).status, "pending")
      assert.strictEqual((yield* JobQueue.get(slow.id)).status, "running")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* JobQueue.get(slow.id)).status, "pending")
      assert.isTrue(yield* isClosed(closed))
    }).pipe(inHoldfast(Task.toLayer((name) =>
      name === "quick" ? Effect.never : Effect.ensuring(Effect.never, Effect.sleep("10 seconds"))
    ))))

  it.effect("still stops a job that is cancelled during the grace", () =>
    Effect.gen(function*() {
      const { closed, id } = yield* closing
      yield* JobQueue.cancel(id)
      yield* settled
      assert.strictEqual((yield* JobQueue.get(id)).status, "cancelled")
      assert.isTrue(yield* isClosed(closed))
    }).pipe(inHoldfast(Task.toLayer(() => Effect.never))))

  it.effect("claims nothing more, although it was waiting for the store when it was told", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const worker = yield* Effect.forkDaemon(Worker.run(options))
      yield* settled
      const { id } = yield* JobQueue.enqueue(Task, "waiting")
      const other = yield* Effect.fork(sql.withTransaction(Effect.sleep("20 seconds")))
      yield* settled
      const closed = yield* Effect.fork(Fiber.interrupt(worker))
      // For the deletion of its row it waits no longer.
      yield* TestClock.adjust("2 seconds")
      assert.isTrue(yield* isClosed(closed))
      yield* TestClock.adjust("18 seconds")
      yield* Fiber.join(other)
      const job = yield* JobQueue.get(id)
      assert.deepStrictEqual([job.status, job.attempts], ["pending", 0])
    }).pipe(inHoldfast(Task.toLayer(() => Effect.never))))

  it.effect("hands back what it is just claiming, and does not begin it", () => {
    const runs: Array<string> = []
    return Effect.gen(function*() {
      const gate = yield* makeGate
      yield* Testing.StoreFaults.inject("claim", (call) => Effect.tap(call, gate.pass))
      const worker = yield* Effect.forkDaemon(Worker.run(options))
      yield* settled
      const { id } = yield* JobQueue.enqueue(Task, "claimed")
      yield* gate.reached
      const closed = yield* Effect.fork(Fiber.interrupt(worker))
      yield* settled
      assert.isFalse(yield* isClosed(closed))
      yield* gate.open
      yield* settled
      assert.isTrue(yield* isClosed(closed))
      const job = yield* JobQueue.get(id)
      assert.deepStrictEqual([job.status, job.attempts, job.failures], ["pending", 1, 0])
      assert.deepStrictEqual(runs, [])
    }).pipe(inHoldfast(Task.toLayer((name) => Effect.sync(() => void runs.push(name)))))
  })
})

describe("a worker that is told to end while its store is gone", () => {
  const faults = {
    "fails": Testing.failing,
    "dies": Testing.dying,
    "hangs": Testing.hanging
  }
  for (const [how, fault] of Object.entries(faults)) {
    it.effect(`one that ${how}: waits for it until 4 s after the grace, and leaves the job to run out of its lease`, () =>
      Effect.gen(function*() {
        const { closed, id } = yield* closingWith({ shutdownGrace: "10 seconds" })
        yield* Testing.StoreFaults.inject("every", fault)
        yield* TestClock.adjust(13_999)
        assert.isFalse(yield* isClosed(closed))
        yield* TestClock.adjust(1)
        // Where nothing answers, half a second more for its row.
        if (how === "hangs") yield* TestClock.adjust(500)
        assert.isTrue(yield* isClosed(closed))
        const [line] = yield* linesSaying("Settling was given up; the lease will run out")
        assert.strictEqual(line?.annotations["jobId"], id)
        assert.include(String(line?.annotations["error"]), "the worker has to end")

        yield* Testing.StoreFaults.mend()
        yield* TestClock.adjust("2 minutes")
        assert.strictEqual((yield* JobQueue.get(id)).status, "running")
        assert.strictEqual(yield* JobQueue.releaseStale, 1)
      }).pipe(inHoldfast(Task.toLayer(() => Effect.never))))
  }

  it.effect("does not wait to be told what is due", () =>
    Effect.gen(function*() {
      const worker = yield* Effect.forkDaemon(Worker.run(options))
      yield* settled
      const { id } = yield* JobQueue.enqueue(Task, "running")
      yield* settled
      yield* Testing.StoreFaults.inject("nextDue", Testing.hanging)
      yield* JobQueue.enqueue(Task, "looked for")
      yield* settled
      const closed = yield* Effect.fork(Fiber.interrupt(worker))
      yield* settled
      yield* TestClock.adjust("25 seconds")
      assert.isTrue(yield* isClosed(closed))
      assert.strictEqual((yield* JobQueue.get(id)).status, "pending")
    }).pipe(inHoldfast(Task.toLayer(() => Effect.never))))

  it.effect("waits no longer for an outcome that was not taken before the grace was over", () =>
    Effect.gen(function*() {
      yield* Testing.StoreFaults.inject("complete", Testing.failing)
      const { closed } = yield* closing
      yield* TestClock.adjust(28_999)
      assert.isFalse(yield* isClosed(closed))
      yield* TestClock.adjust(1)
      assert.isTrue(yield* isClosed(closed))
    }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))

  it.effect("hands a job back when the store answers again in time", () =>
    Effect.gen(function*() {
      const { closed, id } = yield* closingWith({ shutdownGrace: "10 seconds" })
      yield* Testing.StoreFaults.inject("every", Testing.failing)
      yield* TestClock.adjust("11 seconds")
      yield* Testing.StoreFaults.mend()
      yield* TestClock.adjust("3 seconds")
      assert.isTrue(yield* isClosed(closed))
      assert.strictEqual((yield* JobQueue.get(id)).status, "pending")
    }).pipe(inHoldfast(Task.toLayer(() => Effect.never))))

  it.effect("waits as long for a job whose handler took its time to stop", () =>
    Effect.gen(function*() {
      const { closed, id } = yield* closing
      yield* Testing.StoreFaults.inject("release", Testing.failing)
      yield* TestClock.adjust("31 seconds")
      assert.isFalse(yield* isClosed(closed))
      yield* Testing.StoreFaults.mend()
      yield* TestClock.adjust("3 seconds")
      assert.isTrue(yield* isClosed(closed))
      assert.strictEqual((yield* JobQueue.get(id)).status, "pending")
    }).pipe(inHoldfast(Task.toLayer(() => Effect.ensuring(Effect.never, Effect.sleep("5 seconds"))))))
})

describe("a worker's layer", () => {
  it.effect("is torn down before its store is: the jobs it hands back are in the file", () =>
    Effect.gen(function*() {
      const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
      const jobs = Testing.layer.pipe(Layer.provideMerge(SqliteStore.layer({ filename: `${folder}/jobs.db` })))
      const main = Worker.layer({ ...options, shutdownGrace: "1 second" }).pipe(
        Layer.provide(Task.toLayer(() => Effect.never)),
        Layer.provideMerge(jobs)
      )

      const scope = yield* Scope.make()
      const app = yield* Layer.buildWithScope(main, scope)
      const { id } = yield* Effect.provide(JobQueue.enqueue(Task, "running"), app)
      yield* settled
      assert.strictEqual((yield* Effect.provide(JobQueue.get(id), app)).status, "running")
      const closed = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closed)

      const job = yield* Effect.provide(JobQueue.get(id), jobs)
      assert.strictEqual(job.status, "pending")
      assert.strictEqual(job.failures, 0)
      assert.strictEqual(job.attempts, 1)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))
})
