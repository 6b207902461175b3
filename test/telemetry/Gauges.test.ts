import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Metric, Option, Schema, TestClock } from "effect"
import { Job, JobQueue } from "holdfast"
import { Gauges, metricsText } from "holdfast/telemetry"
import { metrics } from "../../src/runtime/telemetry/metrics.ts"
import { failing, hanging, StoreFaults } from "../../src/testing.ts"
import { inHoldfast, linesSaying, settled, work } from "../runtime/harness.ts"
import { parsePage } from "./prometheusPage.ts"

const Mail = Job.make("gauges.mail", { payload: Schema.Void })

/** Takes half a minute. */
const Slow = Job.make("gauges.slow", { payload: Schema.Void })

const handlers = Layer.merge(Mail.toLayer(() => Effect.never), Slow.toLayer(() => Effect.sleep("30 seconds")))

/** Runs a test over a store that is watched. */
const watched = <A, E, R>(test: Effect.Effect<A, E, R>) => inHoldfast(handlers)(Effect.provide(test, Gauges.layer))

const sample = Effect.flatMap(Gauges, ({ sample }) => sample)

/** The value of a gauge under these labels; the registry is the process's, so each test has queues of its own. */
const gauge = (
  metric: Metric.Metric.Gauge<number>,
  labels: Readonly<Record<string, string>> = {}
) =>
  Effect.map(
    Metric.value(Object.entries(labels).reduce((tagged, [key, value]) => Metric.tagged(tagged, key, value), metric)),
    ({ value }) => value
  )

const oldestIn = (queue: string) => gauge(metrics.oldestDue, { queue, kind: Mail.kind })

describe("the gauges", () => {
  it.effect("say how long the oldest due job of a lane has waited, and 0 once it is claimed", () =>
    Effect.gen(function*() {
      const queue = "gauges.oldest"
      yield* JobQueue.enqueue(Mail, undefined, { queue, delay: "1 minute" })
      yield* TestClock.adjust("20 seconds")
      yield* sample
      assert.strictEqual(yield* oldestIn(queue), 0)
      yield* TestClock.adjust("2 minutes")
      yield* JobQueue.enqueue(Mail, undefined, { queue, priority: 7 })
      yield* TestClock.adjust("10 seconds")
      yield* sample
      // The newer one is claimed first, and is not the oldest.
      assert.strictEqual(yield* oldestIn(queue), 90)
      yield* JobQueue.claim({ jobs: [Mail], limit: 2 })
      yield* TestClock.adjust("10 seconds")
      yield* sample
      assert.strictEqual(yield* oldestIn(queue), 0)
    }).pipe(watched))

  it.effect("do not count the waiting of a paused queue, and say how long it has been paused", () =>
    Effect.gen(function*() {
      const queue = "gauges.paused"
      yield* JobQueue.enqueue(Mail, undefined, { queue })
      yield* JobQueue.pause({ queue })
      yield* TestClock.adjust("3 minutes")
      yield* sample
      assert.strictEqual(yield* oldestIn(queue), 0)
      assert.strictEqual(yield* gauge(metrics.paused, { scope: "queue", name: queue }), 180)
      yield* JobQueue.resume({ queue })
      yield* TestClock.adjust("10 seconds")
      yield* sample
      assert.strictEqual(yield* oldestIn(queue), 190)
      assert.strictEqual(yield* gauge(metrics.paused, { scope: "queue", name: queue }), 0)
    }).pipe(watched))

  it.effect("count the leases that hold, and those that are over and not yet released", () =>
    Effect.gen(function*() {
      const queue = "gauges.leases"
      const lane = { queue, kind: Mail.kind }
      const entries = Array.from({ length: 3 }, () => ({ payload: undefined, queue }))
      yield* JobQueue.enqueueMany(Mail, entries)
      for (const [worker, limit] of [["ada", 1], ["bob", 2]] as const) {
        yield* JobQueue.claim({ jobs: [Mail], queues: [queue], limit, worker, leaseFor: `${limit * 10} seconds` })
      }
      yield* sample
      assert.deepStrictEqual([yield* gauge(metrics.leasesHeld, lane), yield* gauge(metrics.leasesOver, lane)], [3, 0])
      yield* TestClock.adjust("11 seconds")
      yield* sample
      assert.deepStrictEqual([yield* gauge(metrics.leasesHeld, lane), yield* gauge(metrics.leasesOver, lane)], [2, 1])
      yield* TestClock.adjust("11 seconds")
      yield* JobQueue.releaseStale
      yield* sample
      assert.deepStrictEqual([yield* gauge(metrics.leasesHeld, lane), yield* gauge(metrics.leasesOver, lane)], [0, 0])
    }).pipe(watched))

  it.effect("note each look of a worker that succeeded, idle or not, and no other", () =>
    Effect.gen(function*() {
      const { lastLookAt } = yield* Gauges
      assert.isTrue(Option.isNone(yield* lastLookAt))
      const agrees = (seconds: number) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(Option.getOrNull(yield* lastLookAt), seconds * 1000)
          assert.strictEqual(yield* gauge(metrics.lastLook), seconds)
        })
      yield* work({ jobs: [Slow], pollInterval: "5 seconds", concurrency: 1 })
      yield* agrees(0)
      yield* TestClock.adjust("12 seconds")
      yield* agrees(10)
      yield* StoreFaults.inject("nextDue", failing)
      yield* TestClock.adjust("1 minute")
      yield* agrees(10)
      yield* StoreFaults.mend()
      yield* TestClock.adjust("3 seconds")
      yield* agrees(75)
      yield* JobQueue.enqueueMany(Slow, [{ payload: undefined }, { payload: undefined }])
      yield* TestClock.adjust("25 seconds")
      // Its one place is taken, so it need not look.
      yield* agrees(75)
      yield* TestClock.adjust("10 seconds")
      // There may be more, so it claimed without asking first.
      yield* agrees(105)
    }).pipe(watched))

  it.effect("are read once in 10 s, however often they are asked for", () =>
    Effect.gen(function*() {
      const reads = StoreFaults.calls("laneHeads")
      yield* Effect.all([sample, sample, sample], { concurrency: "unbounded" })
      yield* TestClock.adjust("9 seconds")
      yield* sample
      assert.strictEqual(yield* reads, 1)
      yield* TestClock.adjust("1 second")
      yield* sample
      assert.strictEqual(yield* reads, 2)
      assert.strictEqual(yield* gauge(metrics.gauged), 10)
    }).pipe(watched))

  it.effect("are read every 10 s for an exporter, and no more once it is gone", () =>
    Effect.gen(function*() {
      yield* Effect.scoped(Effect.provide(TestClock.adjust("25 seconds"), Gauges.sampling))
      assert.strictEqual(yield* StoreFaults.calls("laneHeads"), 3)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* StoreFaults.calls("laneHeads"), 3)
    }).pipe(watched))

  it.effect("stay as they were while the database fails or does not answer, and the log says so", () =>
    Effect.gen(function*() {
      const queue = "gauges.away"
      yield* JobQueue.enqueue(Mail, undefined, { queue })
      yield* TestClock.adjust("1 minute")
      yield* sample
      for (const fault of [failing, hanging]) {
        yield* StoreFaults.inject("laneHolders", fault, 1)
        yield* TestClock.adjust("1 minute")
        const asked = yield* Effect.fork(sample)
        yield* TestClock.adjust("5 seconds")
        assert.isTrue(Option.contains(Option.map(yield* Fiber.poll(asked), Exit.isSuccess), true))
      }
      assert.strictEqual(yield* oldestIn(queue), 60)
      assert.strictEqual(yield* gauge(metrics.gauged), 60)
      const lines = yield* linesSaying("The job store failed, trying again")
      assert.deepStrictEqual(lines.map(({ annotations }) => annotations["step"]), ["sample gauges", "sample gauges"])
      yield* TestClock.adjust("5 seconds")
      yield* sample
      assert.strictEqual(yield* oldestIn(queue), 195)
    }).pipe(watched))

  it.effect("cost no more with more lanes, and have at most a hundred and one series of each", () =>
    Effect.gen(function*() {
      const queues = Array.from({ length: 700 }, (_, index) => `gauges.many.${String(index).padStart(3, "0")}`)
      yield* JobQueue.enqueueMany(Mail, queues.map((queue) => ({ payload: undefined, queue })))
      yield* TestClock.adjust("1 minute")
      yield* sample
      assert.strictEqual(yield* StoreFaults.calls("laneHeads"), 10)
      assert.strictEqual(yield* oldestIn("gauges.many.099"), 60)
      assert.strictEqual(yield* oldestIn("gauges.many.100"), 0)
      assert.strictEqual(yield* gauge(metrics.oldestDue, { queue: "(others)", kind: "(others)" }), 60)
    }).pipe(watched))

  it.effect("are sampled for the page of a process that has them", () =>
    Effect.gen(function*() {
      const queue = "gauges.page"
      yield* JobQueue.enqueue(Mail, undefined, { queue })
      yield* TestClock.adjust("42 seconds")
      const waits = (page: string) =>
        parsePage(page).get("holdfast_oldest_due_job_seconds")?.samples.find(({ labels }) => labels["queue"] === queue)
          ?.value
      assert.strictEqual(waits(yield* metricsText), 42)
      yield* settled
    }).pipe(watched))
})
