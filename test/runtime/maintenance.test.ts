import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { metrics } from "../../src/runtime/telemetry/metrics.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import type * as Worker from "../../src/runtime/Worker.ts"
import type { Fault } from "../../src/testing.ts"
import { dying, failing, StoreFaults } from "../../src/testing.ts"
import { counted, inHoldfast, linesSaying, settled, work } from "./harness.ts"

const Task = Job.make("maintenance.task", { payload: Schema.Void })
const Idle = Job.make("maintenance.idle", { payload: Schema.Void })

const handlers = Layer.mergeAll(Task.toLayer(() => Effect.void), Idle.toLayer(() => Effect.void))

/** A job of another worker that will not be heard of again. */
const abandoned = Effect.gen(function*() {
  const { id } = yield* JobQueue.enqueue(Task, undefined)
  yield* JobQueue.claim({ jobs: [Task], worker: "bob", leaseFor: "90 seconds" })
  return id
})

describe("stale jobs", () => {
  it.effect("are released a heartbeat after the next check after their lease is over, and run again", () =>
    Effect.gen(function*() {
      const id = yield* abandoned
      yield* work({ jobs: [Task], staleCheckInterval: "1 minute", pollInterval: "5 seconds" })
      yield* TestClock.adjust("149 seconds")
      assert.strictEqual((yield* JobQueue.get(id)).lockedBy, "bob")
      yield* TestClock.adjust("6 seconds")
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "succeeded")
      assert.strictEqual(job.attempts, 2)
      assert.strictEqual(job.failures, 1)
    }).pipe(inHoldfast(handlers)))

  it.effect("the log tells who held the lock, and since when", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_700_000_000_000)
      const id = yield* abandoned
      yield* work({ jobs: [Idle], staleCheckInterval: "1 minute" })
      yield* TestClock.adjust("150 seconds")
      const [line, ...more] = yield* linesSaying("Released a stale lock")
      // It runs again. One that has failed for good is a warning.
      assert.strictEqual(line?.level, "INFO")
      assert.strictEqual(line?.annotations["jobId"], id)
      assert.strictEqual(line?.annotations["lockedBy"], "bob")
      assert.strictEqual(line?.annotations["lockedSince"], "2023-11-14T22:13:20.000Z")
      assert.deepStrictEqual(more, [])
    }).pipe(inHoldfast(handlers)))

  it.effect("are counted, by kind and by what became of them, and told of as a warning only where one has failed", () =>
    Effect.gen(function*() {
      const Counted = Job.make("maintenance.counted", { payload: Schema.Void })
      yield* JobQueue.enqueue(Counted, undefined)
      yield* JobQueue.claim({ jobs: [Counted], leaseFor: "1 minute" })
      yield* JobQueue.enqueue(Counted, undefined, { maxAttempts: 1 })
      yield* JobQueue.claim({ jobs: [Counted], leaseFor: "1 minute" })
      yield* TestClock.adjust("1 minute")
      yield* JobQueue.releaseStale
      assert.strictEqual(yield* counted(metrics.staleReleased, { kind: "maintenance.counted", status: "pending" }), 1)
      assert.strictEqual(yield* counted(metrics.staleReleased, { kind: "maintenance.counted", status: "failed" }), 1)
      const lines = yield* linesSaying("Released a stale lock")
      assert.sameMembers(lines.map(({ annotations, level }) => `${String(annotations["status"])} ${level}`), [
        "pending INFO",
        "failed WARN"
      ])
    }).pipe(inHoldfast()))

  it.effect("a check by every worker at once spends one failure, not two", () =>
    Effect.gen(function*() {
      const id = yield* abandoned
      yield* work({ jobs: [Idle], staleCheckInterval: "1 minute" })
      yield* work({ jobs: [Idle], staleCheckInterval: "1 minute" })
      yield* TestClock.adjust("150 seconds")
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "pending")
      assert.strictEqual(job.failures, 1)
      assert.strictEqual((yield* linesSaying("Released a stale lock")).length, 1)
    }).pipe(inHoldfast(handlers)))

  it.effect("are looked for as soon as a worker starts", () =>
    Effect.gen(function*() {
      const id = yield* abandoned
      yield* TestClock.adjust("90 seconds")
      yield* work({ jobs: [Idle] })
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual((yield* JobQueue.get(id)).status, "pending")
    }).pipe(inHoldfast(handlers)))

  const faults: Readonly<Record<string, Fault>> = { "fails": failing, "dies": dying }
  for (const operation of ["staleLeases", "prune"] as const) {
    for (const [how, fault] of Object.entries(faults)) {
      it.effect(`when the store's ${operation} ${how}, the worker says so and looks again at the next check`, () =>
        Effect.gen(function*() {
          yield* StoreFaults.inject(operation, fault, 1)
          yield* work({ jobs: [Idle], staleCheckInterval: "1 minute" })
          assert.strictEqual((yield* linesSaying("The job store failed, trying again")).length, 1)
          const id = yield* abandoned
          yield* TestClock.adjust("150 seconds")
          assert.strictEqual((yield* JobQueue.get(id)).status, "pending")
          assert.isAbove(yield* StoreFaults.calls(operation), 1)
        }).pipe(inHoldfast(handlers)))
    }
  }
})

describe("finished jobs", () => {
  /** One job of each end, at the start of the test's clock, and which of them are left. */
  const oneOfEach = Effect.gen(function*() {
    const [succeeded, failed, cancelled, pending] = yield* JobQueue.enqueueMany(
      Task,
      Array.from({ length: 4 }, () => ({ payload: undefined }))
    )
    const leases = yield* JobQueue.claim({ jobs: [Task], limit: 2 })
    assert(leases[0] && leases[1] && succeeded && failed && cancelled && pending)
    yield* JobQueue.complete(leases[0].lease)
    yield* JobQueue.fail(leases[1].lease, "no", { retry: false })
    yield* JobQueue.cancel(cancelled.id)
  })
  const statusesLeft = Effect.map(JobQueue.list(), ({ jobs }) => jobs.map(({ status }) => status).toSorted())

  /** Keeps house once a day, and otherwise sleeps. */
  const keeping = (retention?: Worker.Options<[]>["retention"]) =>
    work({
      jobs: [Idle],
      staleCheckInterval: "1 day",
      pollInterval: "20 days",
      heartbeatInterval: "9 days",
      leaseFor: "20 days",
      ...(retention === undefined ? {} : { retention })
    })

  it.effect("are kept for 7 days when they succeeded, for 30 when they failed or were cancelled", () =>
    Effect.gen(function*() {
      yield* oneOfEach
      yield* TestClock.adjust("10 minutes")
      yield* keeping()
      yield* TestClock.adjust("6 days")
      assert.deepStrictEqual(yield* statusesLeft, ["cancelled", "failed", "pending", "succeeded"])
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* statusesLeft, ["cancelled", "failed", "pending"])
      yield* TestClock.adjust("22 days")
      assert.deepStrictEqual(yield* statusesLeft, ["cancelled", "failed", "pending"])
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* statusesLeft, ["pending"])
    }).pipe(inHoldfast(handlers)))

  it.effect("are kept as long as they are told, also for ever or not at all", () =>
    Effect.gen(function*() {
      yield* oneOfEach
      yield* keeping({ succeeded: Duration.infinity, failed: 0, cancelled: "2 days" })
      assert.deepStrictEqual(yield* statusesLeft, ["cancelled", "pending", "succeeded"])
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* statusesLeft, ["cancelled", "pending", "succeeded"])
      yield* TestClock.adjust("9 days")
      assert.deepStrictEqual(yield* statusesLeft, ["pending", "succeeded"])
    }).pipe(inHoldfast(handlers)))

  it.effect("are deleted with a line that says how many, for failed and cancelled ones at Info, and counted", () =>
    Effect.gen(function*() {
      const count = Effect.forEach(
        ["succeeded", "failed", "cancelled"],
        (status) => counted(metrics.pruned, { status })
      )
      const before = yield* count
      yield* oneOfEach
      yield* oneOfEach
      yield* keeping({ succeeded: "1 day", failed: "2 days", cancelled: "2 days" })
      yield* TestClock.adjust("3 days")
      assert.deepStrictEqual(
        (yield* linesSaying("Deleted finished jobs that were past their retention")).map(({ annotations, level }) => [
          level,
          annotations["status"],
          annotations["jobs"],
          annotations["retention"]
        ]),
        [["DEBUG", "succeeded", 2, "1d"], ["INFO", "failed", 2, "2d"], ["INFO", "cancelled", 2, "2d"]]
      )
      assert.deepStrictEqual((yield* count).map((now, index) => now - (before[index] ?? 0)), [2, 2, 2])
    }).pipe(inHoldfast(handlers)))

  it.effect("are not even looked for while their retention is off", () =>
    Effect.gen(function*() {
      yield* oneOfEach
      yield* keeping({ failed: Duration.infinity, cancelled: Duration.infinity })
      yield* TestClock.adjust("20 days")
      assert.strictEqual(yield* StoreFaults.calls("prune"), 21)
      assert.deepStrictEqual(yield* statusesLeft, ["cancelled", "failed", "pending"])
    }).pipe(inHoldfast(handlers)))

  it.effect("that were deleted before a batch failed are told of all the same", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueueMany(Task, Array.from({ length: 501 }, () => ({ payload: undefined })))
      const jobs = yield* JobQueue.claim({ jobs: [Task], limit: 1000 })
      yield* Effect.forEach(jobs, ({ lease }) => JobQueue.fail(lease, "no", { retry: false }))
      let prunings = 0
      // Succeeded ones come first, then a whole batch of failed ones.
      yield* StoreFaults.inject("prune", (call, operation) => ++prunings === 3 ? failing(call, operation) : call)
      yield* keeping({ failed: 0 })
      yield* settled
      const [line, ...others] = yield* linesSaying("Deleted finished jobs that were past their retention")
      assert.deepStrictEqual([line?.annotations["status"], line?.annotations["jobs"], others.length], [
        "failed",
        500,
        0
      ])
    }).pipe(inHoldfast(handlers)))

  it.effect("more of them than a batch takes are all pruned", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueueMany(Task, Array.from({ length: 1001 }, () => ({ payload: undefined })))
      for (const _ of [1, 2]) {
        const jobs = yield* JobQueue.claim({ jobs: [Task], limit: 1000 })
        yield* Effect.forEach(jobs, ({ lease }) => JobQueue.complete(lease))
      }
      yield* keeping({ succeeded: 0 })
      yield* settled
      assert.deepStrictEqual(yield* statusesLeft, [])
      assert.strictEqual(yield* StoreFaults.calls("prune"), 5)
    }).pipe(inHoldfast(handlers)))
})
