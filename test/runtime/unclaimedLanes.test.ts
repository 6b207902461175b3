import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Metric, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import { dueLanes } from "../../src/runtime/maintenance/unclaimedLanes.ts"
import { metrics } from "../../src/runtime/telemetry/metrics.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import type { JobStore } from "../../src/store/JobStore.ts"
import * as SqliteStore from "../../src/store/sqlite/SqliteStore.ts"
import { dying, failing, StoreFaults } from "../../src/testing.ts"
import { jobId } from "../store/someJobs.ts"
import { calm, inHoldfast, linesSaying, settled, work } from "./harness.ts"

const Taken = Job.make("unclaimed.taken", { payload: Schema.Void, leaseFor: "2 hours" })
const Stray = Job.make("unclaimed.stray", { payload: Schema.Void })

const handlers = Layer.mergeAll(Taken.toLayer(() => Effect.never), Stray.toLayer(() => Effect.void))

const warnings = linesSaying(
  "Due jobs wait and no worker claims them: is one running that takes this queue and kind?"
)

/** Looks every minute at what waits. */
const keen = { jobs: [Taken], staleCheckInterval: "1 minute" } as const

/** Claims a job of the lane as another process would, every 40 s for so many minutes, and does this with it. */
const claimedElsewhere = <E, R>(
  minutes: number,
  then: (claimed: Effect.Effect.Success<ReturnType<typeof claimStray>>[number]) => Effect.Effect<unknown, E, R>
) =>
  Effect.gen(function*() {
    for (let second = 0; second < minutes * 60; second += 40) {
      const [claimed] = yield* claimStray()
      assert(claimed)
      yield* then(claimed)
      yield* TestClock.adjust("40 seconds")
    }
  })
const claimStray = () => JobQueue.claim({ jobs: [Stray], limit: 1 })

const strays = (count: number) =>
  JobQueue.enqueueMany(Stray, Array.from({ length: count }, () => ({ payload: undefined })))

describe("due jobs that no worker claims", () => {
  it.effect("are told of once they have waited for two minutes: how many, where, and since when", () =>
    Effect.gen(function*() {
      const [first] = yield* strays(3)
      yield* work(keen)
      yield* TestClock.adjust("119 seconds")
      assert.deepStrictEqual(yield* warnings, [])
      yield* TestClock.adjust("1 second")
      const [line, ...more] = yield* warnings
      assert.strictEqual(line?.level, "WARN")
      assert.deepInclude(line?.annotations, {
        queue: "default",
        kind: "unclaimed.stray",
        jobs: 3,
        oldestWaits: "2m",
        nextJobId: first?.id
      })
      assert.deepStrictEqual(more, [])
    }).pipe(inHoldfast(handlers)))

  it.effect("are told of a minute after a worker has started, when they have waited for long", () =>
    Effect.gen(function*() {
      yield* strays(1)
      yield* TestClock.adjust("3 hours")
      yield* work(keen)
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(yield* warnings, [])
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* warnings)[0]?.annotations["oldestWaits"], "3h 1m")
    }).pipe(inHoldfast(handlers)))

  it.effect("are told of once a lane, however long they wait and however many come", () =>
    Effect.gen(function*() {
      yield* strays(1)
      yield* JobQueue.enqueue(Stray, undefined, { queue: "misspelt" })
      yield* work(keen)
      yield* TestClock.adjust("3 minutes")
      yield* strays(5)
      yield* TestClock.adjust("30 minutes")
      assert.deepStrictEqual((yield* warnings).map(({ annotations }) => annotations["queue"]), ["default", "misspelt"])
    }).pipe(inHoldfast(handlers)))

  it.effect("are told of again after one of them was claimed", () =>
    Effect.gen(function*() {
      yield* strays(2)
      yield* work(keen)
      yield* TestClock.adjust("3 minutes")
      const [claimed] = yield* claimStray()
      assert(claimed)
      yield* JobQueue.complete(claimed.lease)
      yield* TestClock.adjust("61 seconds")
      assert.lengthOf(yield* warnings, 1)
      yield* TestClock.adjust("59 seconds")
      assert.lengthOf(yield* warnings, 2)
    }).pipe(inHoldfast(handlers)))

  it.effect("are counted up to a thousand", () =>
    Effect.gen(function*() {
      yield* strays(1001)
      yield* work(keen)
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* warnings)[0]?.annotations["jobs"], "1000 or more")
    }).pipe(inHoldfast(handlers)))

  it.effect("count as waiting since the oldest of them was due, whatever its priority", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Stray, undefined, { priority: -5 })
      yield* TestClock.adjust("1 minute")
      const { id } = yield* JobQueue.enqueue(Stray, undefined, { priority: 5 })
      yield* work(keen)
      yield* TestClock.adjust("1 minute")
      assert.deepInclude((yield* warnings)[0]?.annotations, { oldestWaits: "2m", nextJobId: id })
    }).pipe(inHoldfast(handlers)))

  it.effect("are told of twenty lanes at a look, until each was", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Stray, undefined)
      yield* Effect.forEach(
        Array.from({ length: 29 }, (_, index) => index),
        (index) => JobQueue.enqueue(Stray, undefined, { queue: `tenant-${index}` })
      )
      yield* work(keen)
      yield* TestClock.adjust("2 minutes")
      assert.lengthOf(yield* warnings, 20)
      yield* TestClock.adjust("10 minutes")
      assert.lengthOf(new Set((yield* warnings).map(({ annotations }) => annotations["queue"])), 30)
      assert.lengthOf(yield* warnings, 30)
    }).pipe(inHoldfast(handlers)))

  it.effect("have no gauge when they were claimed before they were told of", () =>
    Effect.gen(function*() {
      const Brief = Job.make("unclaimed.brief", { payload: Schema.Void })
      yield* JobQueue.enqueue(Brief, undefined)
      yield* work(keen)
      yield* TestClock.adjust("1 minute")
      yield* JobQueue.claim({ jobs: [Brief] })
      yield* TestClock.adjust("1 minute")
      const gauges = (yield* Metric.snapshot).filter(({ metricKey: { name, tags } }) =>
        name === "holdfast_unclaimed_lane_seconds" && tags.some(({ value }) => value === Brief.kind)
      )
      assert.deepStrictEqual(gauges, [])
    }).pipe(inHoldfast(handlers)))

  it.effect("are looked for five hundred lanes at a time, with a turn of the event loop between, and ten thousand at most", () =>
    Effect.gen(function*() {
      const lookAt = (count: number) =>
        Effect.gen(function*() {
          let [reads, turns] = [0, 0]
          const laneHeads: typeof JobStore.Service["laneHeads"] = ({ after, limit }) =>
            Effect.sync(() => {
              reads++
              const from = after === undefined ? 0 : Number(after.queue) + 1
              return Array.from({ length: Math.min(limit, count - from) }, (_, index) => ({
                queue: String(from + index),
                kind: "unclaimed.stray",
                priority: 0,
                id: jobId(from + index),
                attempts: 0,
                availableAt: 0
              }))
            })
          const lanes = yield* Effect.provideService(dueLanes({ laneHeads } as typeof JobStore.Service), EventLoop, {
            turn: Effect.sync(() => void turns++),
            overdue: () => false
          })
          return { lanes: lanes.length, reads, turns }
        })
      assert.deepStrictEqual(yield* lookAt(499), { lanes: 499, reads: 1, turns: 0 })
      assert.deepStrictEqual(yield* lookAt(501), { lanes: 501, reads: 2, turns: 1 })
      assert.deepStrictEqual(yield* lookAt(12_000), { lanes: 10_000, reads: 20, turns: 20 })
    }))

  it.effect("have a gauge of how long the oldest waits, which is 0 again once one is claimed", () =>
    Effect.gen(function*() {
      const Gauged = Job.make("unclaimed.gauged", { payload: Schema.Void })
      const gauge = Metric.value(
        metrics.unclaimedLanes.pipe(Metric.tagged("queue", "default"), Metric.tagged("kind", "unclaimed.gauged"))
      ).pipe(Effect.map(({ value }) => value))
      yield* JobQueue.enqueueMany(Gauged, [{ payload: undefined }, { payload: undefined }])
      yield* work(keen)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* gauge, 0)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* gauge, 120)
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(yield* gauge, 420)
      yield* JobQueue.claim({ jobs: [Gauged], limit: 1 })
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* gauge, 0)
    }).pipe(inHoldfast(handlers)))
})

describe("of jobs that wait for another reason, nothing is said", () => {
  const nothingIsSaid = Effect.map(warnings, (lines) => assert.deepStrictEqual(lines, []))

  it.effect("when they are not due yet", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Stray, undefined, { delay: "1 hour" })
      yield* work(keen)
      yield* TestClock.adjust("61 minutes")
      yield* nothingIsSaid
    }).pipe(inHoldfast(handlers)))

  it.effect("when the worker takes them and its slots are taken", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueueMany(Taken, [{ payload: undefined }, { payload: undefined }])
      yield* JobQueue.enqueue(Taken, undefined, { queue: "other", priority: -1 })
      yield* work({ ...keen, concurrency: 1 })
      yield* TestClock.adjust("1 hour")
      yield* nothingIsSaid
    }).pipe(inHoldfast(handlers)))

  it.effect("when another worker of the process takes them, but not in a queue that it does not take", () =>
    Effect.gen(function*() {
      yield* work({ ...keen, queues: { default: 1 } })
      yield* work({ ...calm, jobs: [Taken, Stray], queues: { busy: 1 } })
      yield* JobQueue.enqueue(Taken, undefined, { queue: "busy" })
      yield* settled
      yield* JobQueue.enqueue(Stray, undefined, { queue: "busy" })
      yield* TestClock.adjust("30 minutes")
      yield* nothingIsSaid
      yield* JobQueue.enqueue(Stray, undefined, { queue: "idle" })
      yield* TestClock.adjust("4 minutes")
      assert.deepStrictEqual((yield* warnings).map(({ annotations }) => annotations["queue"]), ["idle"])
    }).pipe(inHoldfast(handlers)))

  it.effect("when another process claims them, though it falls behind, and a better one is not due yet", () =>
    Effect.gen(function*() {
      yield* strays(100)
      yield* JobQueue.enqueue(Stray, undefined, { delay: "1 day", priority: 1 })
      yield* work(keen)
      yield* claimedElsewhere(20, ({ lease }) => JobQueue.complete(lease))
      yield* nothingIsSaid
    }).pipe(inHoldfast(handlers)))

  it.effect("when more jobs run than a look reads, since one of them may be of their lane", () =>
    Effect.gen(function*() {
      const held = (jobs: number) =>
        StoreFaults.inject("laneHolders", () =>
          Effect.sync(() =>
            [jobs, 2000].map((jobs, index) => ({
              lockedBy: "bob",
              queue: `tenant-${index}`,
              kind: "unclaimed.other",
              jobs,
              lockedAt: 0,
              lockedUntil: 0
            }))
          ) as never)
      yield* strays(1)
      yield* held(3000)
      yield* work(keen)
      yield* TestClock.adjust("10 minutes")
      yield* nothingIsSaid
      yield* held(2999)
      yield* TestClock.adjust("3 minutes")
      assert.lengthOf(yield* warnings, 1)
    }).pipe(inHoldfast(handlers)))

  it.effect("when another process claims the same one again and again", () =>
    Effect.gen(function*() {
      yield* strays(1)
      yield* JobQueue.enqueue(Stray, undefined, { priority: 1 })
      yield* work(keen)
      const { beneath } = yield* StoreFaults
      yield* claimedElsewhere(20, ({ lease }) => beneath.release([{ lease, delay: 0 }]))
      yield* nothingIsSaid
    }).pipe(inHoldfast(handlers)))

  it.effect("when another process runs one of them for long, and has no room for more", () =>
    Effect.gen(function*() {
      yield* strays(2)
      yield* JobQueue.claim({ jobs: [Stray], limit: 1, leaseFor: "1 hour" })
      yield* work(keen)
      yield* TestClock.adjust("50 minutes")
      yield* nothingIsSaid
    }).pipe(inHoldfast(handlers)))
})

describe("of several workers in a process", () => {
  it.effect("one tells for all, and the next when it has ended, but not what was told", () =>
    Effect.gen(function*() {
      yield* strays(1)
      const first = yield* work(keen)
      const looks = yield* StoreFaults.calls("laneHolders")
      yield* work(keen)
      assert.strictEqual(yield* StoreFaults.calls("laneHolders"), looks)
      yield* TestClock.adjust("3 minutes")
      assert.lengthOf(yield* warnings, 1)
      yield* Fiber.interrupt(first)
      yield* JobQueue.enqueue(Stray, undefined, { queue: "other" })
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual((yield* warnings).map(({ annotations }) => annotations["queue"]), ["default", "other"])
    }).pipe(inHoldfast(handlers)))

  it.effect("one on another database takes nothing of this one", () =>
    Effect.gen(function*() {
      const another = yield* Layer.build(Layer.fresh(SqliteStore.layer({ filename: ":memory:" })))
      yield* Effect.forkScoped(Effect.provide(Worker.run({ ...calm, jobs: [Stray] }), another))
      yield* strays(1)
      yield* work(keen)
      yield* TestClock.adjust("3 minutes")
      assert.lengthOf(yield* warnings, 1)
    }).pipe(inHoldfast(handlers)))
})

describe("a look at what waits", () => {
  for (const [how, fault] of Object.entries({ fails: failing, dies: dying })) {
    for (const operation of ["laneHeads", "laneHolders", "due"] as const) {
      it.effect(`whose ${operation} ${how} is told of and made again`, () =>
        Effect.gen(function*() {
          yield* strays(1)
          yield* StoreFaults.inject(operation, fault, 1)
          yield* work(keen)
          yield* TestClock.adjust("3 minutes")
          const [line, ...more] = yield* linesSaying("The job store failed, trying again")
          assert.strictEqual(line?.annotations["step"], "look at waiting jobs")
          assert.deepStrictEqual(more, [])
          assert.lengthOf(yield* warnings, 1)
        }).pipe(inHoldfast(handlers)))
    }
  }

  it.effect("is made every minute at most, and once in between after a start, however often stale jobs are looked for", () =>
    Effect.gen(function*() {
      yield* work({ ...keen, staleCheckInterval: "5 seconds" })
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(yield* StoreFaults.calls("laneHeads"), 4)
    }).pipe(inHoldfast(handlers)))
})
