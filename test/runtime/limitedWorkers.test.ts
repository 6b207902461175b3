import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { answeredAfter, failing, StoreFaults } from "../../src/testing.ts"
import { wallClock } from "../store/wallClock.ts"
import { calm, inHoldfast, linesSaying, settled, work } from "./harness.ts"

const Task = Job.make("limited.task", { payload: Schema.Void, leaseFor: "2 minutes" })
const Long = Job.make("limited.long", { payload: Schema.Void, leaseFor: "2 minutes" })

const handlers = Layer.mergeAll(Task.toLayer(() => Effect.void), Long.toLayer(() => Effect.never))

/** A task that a worker has claimed which died, its lease over. */
const stale = Effect.gen(function*() {
  const { id } = yield* JobQueue.enqueue(Task, undefined)
  yield* JobQueue.claim({ jobs: [Task], worker: "bob", leaseFor: "1 minute" })
  yield* TestClock.adjust("1 minute")
  return id
})

const limits: Readonly<Record<string, Worker.Limits>> = { once: { once: true }, maxJobs: { maxJobs: 1 } }

for (const [limit, options] of Object.entries(limits)) {
  describe(`a worker with ${limit}`, () => {
    it.effect("frees the job of a dead worker before it claims, and runs it", () =>
      Effect.gen(function*() {
        const id = yield* stale
        yield* Worker.run({ ...calm, ...options, jobs: [Task] })
        const { attempts, failures, status } = yield* JobQueue.get(id)
        assert.deepStrictEqual([status, attempts, failures], ["succeeded", 2, 1])
        assert.lengthOf(yield* linesSaying("Released a stale lock"), 1)
      }).pipe(inHoldfast(handlers)))

    it.effect("frees more than a batch of them", () =>
      Effect.gen(function*() {
        yield* JobQueue.enqueueMany(Task, Array.from({ length: 250 }, () => ({ payload: undefined })))
        yield* JobQueue.claim({ jobs: [Task], worker: "bob", leaseFor: "1 minute", limit: 250 })
        yield* TestClock.adjust("1 minute")
        yield* Worker.run({ ...calm, ...options, jobs: [Task], concurrency: 1 })
        assert.lengthOf(yield* linesSaying("Released a stale lock"), 250)
        assert.lengthOf((yield* JobQueue.list({ status: "running" })).jobs, 0)
      }).pipe(inHoldfast(handlers)))

    it.effect("frees nothing that its own process runs, although the clock has jumped past its lease", () =>
      Effect.gen(function*() {
        const { by, set } = yield* wallClock
        yield* work({ jobs: [Long] })
        const { id } = yield* JobQueue.enqueue(Long, undefined)
        yield* JobQueue.enqueue(Task, undefined)
        yield* settled
        yield* set(3_600_000)
        yield* by(Worker.run({ ...calm, ...options, jobs: [Task] }))
        const { failures, status } = yield* JobQueue.get(id)
        assert.deepStrictEqual([status, failures], ["running", 0])
      }).pipe(inHoldfast(handlers)))

    it.effect("prunes finished jobs before it ends", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* JobQueue.enqueueMany(Task, Array.from({ length: 1100 }, () => ({ payload: undefined })))
        yield* sql`UPDATE holdfast_jobs SET status = 'cancelled', finished_at = 0`
        yield* JobQueue.enqueue(Task, undefined)
        yield* TestClock.adjust("30 days")
        yield* StoreFaults.inject("prune", answeredAfter("1 second"))
        const worker = yield* Effect.fork(Worker.run({ ...calm, ...options, jobs: [Task] }))
        yield* Effect.repeatN(TestClock.adjust("1 second"), 9)
        yield* Fiber.join(worker)
        assert.deepStrictEqual((yield* JobQueue.list()).jobs.map(({ status }) => status), ["succeeded"])
      }).pipe(inHoldfast(handlers)))

    it.effect("whose sweep fails says so, and claims all the same", () =>
      Effect.gen(function*() {
        yield* StoreFaults.inject("staleLeases", failing)
        const { id } = yield* JobQueue.enqueue(Task, undefined)
        yield* Worker.run({ ...calm, ...options, jobs: [Task] })
        assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
        const [line] = yield* linesSaying("The job store failed, trying again")
        assert.strictEqual(line?.annotations["step"], "release stale")
      }).pipe(inHoldfast(handlers)))
  })
}
