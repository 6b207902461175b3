import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { tellSilentHolders } from "../../src/runtime/maintenance/silentHolders.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { answeredAfter, failing, StoreFaults } from "../../src/testing.ts"
import { calm, inHoldfast, linesSaying, settled, work } from "./harness.ts"

const Task = Job.make("silent.task", { payload: Schema.Void })
const Other = Job.make("silent.other", { payload: Schema.Void, leaseFor: "2 hours" })

const handlers = Layer.mergeAll(Task.toLayer(() => Effect.never), Other.toLayer(() => Effect.never))

const lines = linesSaying(
  "Jobs are locked by a worker that no longer extends its leases; they wait until those are over"
)
const holders = Effect.map(lines, (lines) => lines.map(({ annotations }) => annotations["lockedBy"]))

/** Looks every minute, and has a heartbeat every 30 s. */
const keen = { jobs: [Task], staleCheckInterval: "1 minute" } as const

/** So many tasks of a queue that another process has claimed, for ten minutes. */
const claimedBy = (worker: string, count = 1, queue = "default") =>
  Effect.gen(function*() {
    yield* JobQueue.enqueueMany(Task, Array.from({ length: count }, () => ({ payload: undefined, queue })))
    return yield* JobQueue.claim({ jobs: [Task], worker, limit: count, leaseFor: "10 minutes" })
  })

const start = Date.UTC(2026, 0, 1)

describe("jobs that a dead worker has left locked", () => {
  it.effect("are told of when a worker starts: how many, by whom, since when and until when", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      yield* claimedBy("bob", 2)
      yield* TestClock.adjust("45 seconds")
      yield* work(keen)
      const [line, ...more] = yield* lines
      assert.strictEqual(line?.level, "INFO")
      assert.deepInclude(line?.annotations, {
        lockedBy: "bob",
        jobs: 2,
        lockedSince: "2026-01-01T00:00:00.000Z",
        lockedUntil: "2026-01-01T00:10:00.000Z"
      })
      assert.deepStrictEqual(more, [])
    }).pipe(inHoldfast(handlers)))

  it.effect("are told of in one line, although they are of several queues, and were claimed one after the other", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      yield* claimedBy("bob", 2)
      yield* TestClock.adjust("1 minute")
      yield* claimedBy("bob", 1, "other")
      yield* TestClock.adjust("45 seconds")
      yield* work(keen)
      assert.deepStrictEqual(
        (yield* lines).map(({ annotations: { jobs, lockedSince, lockedUntil } }) => ({
          jobs,
          lockedSince,
          lockedUntil
        })),
        [{ jobs: 3, lockedSince: "2026-01-01T00:01:00.000Z", lockedUntil: "2026-01-01T00:11:00.000Z" }]
      )
    }).pipe(inHoldfast(handlers)))

  it.effect("are told of a thousand holders before the first of these is forgotten", () =>
    Effect.gen(function*() {
      const told = new Set<string>()
      const tell = (from: number, to: number) =>
        tellSilentHolders(
          told,
          Array.from({ length: to - from }, (_, index) => ({
            lockedBy: `worker ${from + index}`,
            queue: "default",
            kind: Task.kind,
            jobs: 1,
            lockedAt: 0,
            lockedUntil: 600_000
          })),
          { isTaken: () => true, isHere: () => false, heartbeatInterval: Duration.seconds(30) }
        )
      yield* TestClock.adjust("1 minute")
      yield* tell(0, 1000)
      yield* tell(0, 1000)
      assert.lengthOf(yield* lines, 1000)
      yield* tell(1000, 1001)
      yield* tell(0, 1)
      assert.deepStrictEqual((yield* holders).slice(1000), ["worker 1000", "worker 0"])
      assert.strictEqual(told.size, 1000)
    }).pipe(inHoldfast()))

  it.effect("are told of one and a half heartbeats after a worker has started, when its predecessor had just died", () =>
    Effect.gen(function*() {
      yield* claimedBy("bob")
      yield* work({ ...keen, staleCheckInterval: "1 hour" })
      yield* TestClock.adjust("44 seconds")
      assert.deepStrictEqual(yield* lines, [])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* holders, ["bob"])
    }).pipe(inHoldfast(handlers)))

  it.effect("are told of once a holder, and again for another, also one that dies later", () =>
    Effect.gen(function*() {
      yield* claimedBy("bob")
      yield* claimedBy("eve")
      yield* work(keen)
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(yield* holders, ["bob", "eve"])
      yield* claimedBy("sam", 1, "other")
      yield* TestClock.adjust("4 minutes")
      assert.deepStrictEqual(yield* holders, ["bob", "eve", "sam"])
    }).pipe(inHoldfast(handlers)))

  it.effect("are told of by a worker that claims once, before it ends", () =>
    Effect.gen(function*() {
      yield* claimedBy("bob")
      yield* TestClock.adjust("1 minute")
      yield* Worker.run({ ...calm, jobs: [Task], once: true })
      assert.deepStrictEqual(yield* holders, ["bob"])
    }).pipe(inHoldfast(handlers)))

  it.effect("are told of by a worker that claims once also where that look takes long", () =>
    Effect.gen(function*() {
      yield* claimedBy("bob")
      yield* TestClock.adjust("1 minute")
      yield* StoreFaults.inject("laneHolders", answeredAfter("5 seconds"))
      const worker = yield* Effect.fork(Worker.run({ ...calm, jobs: [Task], once: true }))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(worker)
      assert.deepStrictEqual(yield* holders, ["bob"])
    }).pipe(inHoldfast(handlers)))

  it.effect("are told of when there is nothing else to do, and not before", () =>
    Effect.gen(function*() {
      yield* claimedBy("bob")
      yield* JobQueue.enqueueMany(Task, [{ payload: undefined }, { payload: undefined }])
      yield* work({ ...keen, concurrency: 1 })
      yield* TestClock.adjust("3 minutes")
      assert.deepStrictEqual(yield* lines, [])
      const { jobs: [due] } = yield* JobQueue.list({ status: "pending" })
      assert(due)
      yield* JobQueue.cancel(due.id)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* holders, ["bob"])
    }).pipe(inHoldfast(handlers)))
})

describe("of jobs that are locked for another reason, nothing is said", () => {
  const nothingIsSaid = Effect.map(lines, (lines) => assert.deepStrictEqual(lines, []))

  it.effect("when their worker extends its leases, or one of them", () =>
    Effect.gen(function*() {
      const [kept] = yield* claimedBy("bob", 2)
      assert(kept)
      yield* claimedBy("bob", 1, "other")
      yield* work(keen)
      for (let beat = 0; beat < 15; beat++) {
        yield* JobQueue.extendLock(kept.lease, "10 minutes")
        yield* TestClock.adjust("37 seconds")
      }
      yield* nothingIsSaid
    }).pipe(inHoldfast(handlers)))

  it.effect("when a worker of this process holds them, though its heartbeats do not get through", () =>
    Effect.gen(function*() {
      const worker = yield* work({ ...keen, jobs: [Task] })
      yield* work({ ...calm, jobs: [Other] })
      yield* JobQueue.enqueue(Task, undefined)
      yield* settled
      yield* StoreFaults.inject("extend", failing)
      yield* TestClock.adjust("5 minutes")
      yield* nothingIsSaid
      yield* Fiber.interrupt(worker)
    }).pipe(inHoldfast(handlers)))

  it.effect("when no worker here would run them, for their kind or their queue", () =>
    Effect.gen(function*() {
      yield* claimedBy("bob", 1, "elsewhere")
      yield* JobQueue.enqueue(Other, undefined)
      yield* JobQueue.claim({ jobs: [Other], worker: "eve" })
      yield* work({ ...keen, queues: { default: 1 } })
      yield* TestClock.adjust("5 minutes")
      yield* nothingIsSaid
    }).pipe(inHoldfast(handlers)))

  it.effect("when their leases are over, and a sweep frees them", () =>
    Effect.gen(function*() {
      yield* claimedBy("bob")
      yield* TestClock.adjust("10 minutes")
      yield* work(keen)
      yield* TestClock.adjust("29 seconds")
      yield* nothingIsSaid
    }).pipe(inHoldfast(handlers)))
})
