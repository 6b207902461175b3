import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect, Fiber, Schema, TestClock } from "effect"
import { join } from "node:path"
import * as Job from "../../src/domain/Job.ts"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import { StandStill } from "../../src/platform/StandStill.ts"
import { handleSignals } from "../../src/runtime/worker/handleSignals.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { makeProcessEnd, ProcessEnd } from "../../src/runtime/worker/ProcessEnd.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { answeredAfter, failing, StoreFaults, takeLeaseAway } from "../../src/testing.ts"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { anotherProcess, calm, inHoldfast, linesSaying, makeGate, notingStops, settled } from "./harness.ts"

const Task = Job.make("crash.task", { payload: Schema.Void })

/** What a process does in place of waiting for real. */
const waits = { current: (_millis: number): void => {} }

const monitors = () => process.listeners("uncaughtExceptionMonitor")

/** A worker that runs a job in a process that hears of its uncaught exceptions, by default for a lease of 10 minutes. */
const running = (options?: Partial<Worker.Options<readonly [typeof Task]>>) =>
  Effect.gen(function*() {
    const before = monitors()
    const run = Worker.run({ ...calm, jobs: [Task], ...options }).pipe(
      handleSignals(),
      Effect.provideService(StandStill, (millis) => waits.current(millis))
    )
    yield* Effect.acquireRelease(
      Effect.forkDaemon(Effect.interruptible(run)),
      (worker) => Effect.zipRight(Fiber.interruptFork(worker), TestClock.adjust("1 minute"))
    )
    yield* settled
    const { id } = yield* JobQueue.enqueue(Task, undefined)
    yield* settled
    /** What Node does before it looks for anyone who catches the exception. Returns before any fiber has run. */
    const crash = Effect.sync(() => {
      for (const monitor of monitors()) if (!before.includes(monitor)) monitor(new Error("crash"), "uncaughtException")
    })
    return { id, crash, job: JobQueue.get(id), lockedUntil: Effect.map(JobQueue.get(id), (job) => job.lockedUntil) }
  }).pipe(Effect.provideService(ProcessEnd, makeProcessEnd()))

const forever = Task.toLayer(() => Effect.never)

describe("an uncaught exception", () => {
  it.effect("shortens the leases to 5 s before the process can die of it, and hands nothing back", () =>
    Effect.gen(function*() {
      const { crash, job } = yield* running()
      yield* TestClock.adjust("7 seconds")
      yield* crash
      const { failures, lockedUntil, status } = yield* job
      assert.deepStrictEqual([status, lockedUntil, failures], ["running", 12_000, 0])
    }).pipe(inHoldfast(forever)))

  it.effect("shortens them also while a fiber that has the connection waits for the event loop", () =>
    Effect.gen(function*() {
      const { crash, job } = yield* running()
      const turning = yield* makeGate
      const sql = yield* SqlClient.SqlClient
      const selecting = yield* sql`SELECT 1`.pipe(
        Effect.provideService(EventLoop, { overdue: () => true, turn: turning.pass }),
        Effect.fork
      )
      yield* turning.reached
      yield* crash
      yield* turning.open
      yield* Fiber.join(selecting)
      assert.strictEqual((yield* job).lockedUntil, 5000)
    }).pipe(inHoldfast(forever)))

  it.effect("makes no short lease longer", () =>
    Effect.gen(function*() {
      const { crash, lockedUntil } = yield* running({ leaseFor: "4 seconds", heartbeatInterval: "1 second" })
      yield* TestClock.adjust(1500)
      yield* crash
      assert.strictEqual(yield* lockedUntil, 5500)
    }).pipe(inHoldfast(forever)))

  it.effect("leaves a lease alone whose deadline has passed", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject("extend", failing)
      const { crash, lockedUntil } = yield* running({ leaseFor: "8 seconds", heartbeatInterval: "3 seconds" })
      yield* TestClock.adjust("7 seconds")
      yield* StoreFaults.mend()
      yield* crash
      assert.strictEqual(yield* lockedUntil, 8000)
      yield* TestClock.adjust("1 minute")
    }).pipe(inHoldfast(Task.toLayer(() => Effect.ensuring(Effect.never, Effect.sleep("20 seconds"))))))

  it.effect("leaves a job alone whose lease is lost, before a heartbeat has told", () =>
    Effect.gen(function*() {
      const { crash, id, job } = yield* running()
      yield* TestClock.adjust("7 seconds")
      const elsewhere = yield* anotherProcess
      yield* takeLeaseAway(id)
      assert.strictEqual((yield* elsewhere.claim({ jobs: [Task], limit: 1, leaseFor: "10 minutes" })).length, 1)
      const before = yield* job
      yield* crash
      assert.deepStrictEqual(yield* job, before)
      assert.strictEqual(before.lockedUntil, 607_000)
      // The worker goes on, hears of it, and must not find the next attempt at its end.
      yield* TestClock.adjust("30 seconds")
    }).pipe(inHoldfast(forever)))

  it.scoped("waits for a second, and no longer, for a lock that another process holds", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      let waited = 0
      let freedAfter = 300
      yield* Effect.gen(function*() {
        const { crash, lockedUntil } = yield* running()
        const other = yield* Effect.acquireRelease(
          Effect.sync(() => new Database(filename)),
          (other) => Effect.sync(() => other.close())
        )
        const standStill = (millis: number) => {
          waited += millis
          if (waited >= freedAfter && other.inTransaction) other.exec("ROLLBACK")
        }
        yield* Effect.sync(() => {
          waits.current = standStill
          other.exec("BEGIN IMMEDIATE")
        })
        yield* crash
        assert.isAtLeast(waited, 300)
        assert.strictEqual(yield* lockedUntil, 5000)

        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(yield* lockedUntil, 602_500)
        waited = 0
        freedAfter = 5000
        yield* Effect.sync(() => other.exec("BEGIN IMMEDIATE"))
        yield* crash
        assert.isAtMost(waited, 1000)
        assert.isAtLeast(waited, 500)
        yield* Effect.sync(() => other.exec("ROLLBACK"))
        assert.strictEqual(yield* lockedUntil, 602_500)
      }).pipe(inHoldfast(forever, filename))
    }))

  it.effect("writes nothing, then or later, while a transaction of the process has the connection", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { crash, lockedUntil } = yield* running()
      const other = yield* Effect.fork(sql.withTransaction(Effect.sleep("2 seconds")))
      yield* settled
      yield* crash
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(other)
      assert.strictEqual(yield* lockedUntil, 600_000)
    }).pipe(inHoldfast(forever)))
})

describe("a process that goes on after an uncaught exception", () => {
  it.effect("extends its leases again while the short ones last, and says so", () =>
    Effect.gen(function*() {
      const { crash, lockedUntil } = yield* running()
      yield* TestClock.adjust("7 seconds")
      yield* crash
      yield* TestClock.adjust(2499)
      assert.strictEqual(yield* lockedUntil, 12_000)
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* lockedUntil, 609_500)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* lockedUntil, 639_500)
      const lines = yield* linesSaying(
        "The process goes on after an uncaught exception, which has shortened its leases to 5 s; they are extended again"
      )
      assert.strictEqual(lines.length, 1)
    }).pipe(inHoldfast(forever)))

  it.effect("extends them also where exceptions come one after the other", () =>
    Effect.gen(function*() {
      const { crash, job } = yield* running()
      for (let n = 0; n < 20; n++) {
        yield* crash
        yield* TestClock.adjust("1 second")
      }
      assert.strictEqual((yield* job).status, "running")
      assert.deepStrictEqual(yield* linesSaying("Stopping the handler"), [])
    }).pipe(inHoldfast(forever)))

  it.effect("stops its handlers before the short leases end when it cannot", () => {
    const stops: Array<number> = []
    return Effect.gen(function*() {
      const { crash } = yield* running()
      yield* TestClock.adjust("7 seconds")
      yield* crash
      yield* StoreFaults.inject("extend", failing)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(stops, [10_750])
    }).pipe(inHoldfast(Task.toLayer(() => notingStops(stops, Effect.never))))
  })

  it.effect("does so although the store answers an extension that was sent before", () => {
    const stops: Array<number> = []
    return Effect.gen(function*() {
      yield* StoreFaults.inject("extend", answeredAfter("2 seconds"), 1)
      const { crash } = yield* running()
      yield* TestClock.adjust("31 seconds")
      yield* crash
      yield* StoreFaults.inject("extend", failing)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(stops, [34_750])
    }).pipe(inHoldfast(Task.toLayer(() => notingStops(stops, Effect.never))))
  })
})
