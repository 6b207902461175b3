import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, TestClock } from "effect"
import { Job, JobQueue } from "holdfast"
import { StoreFaults } from "../../src/testing.ts"
import { inHoldfast } from "./harness.ts"

const Task = Job.make("stats.task", { payload: Schema.Void })
const Other = Job.make("stats.other", { payload: Schema.Void })

const count = (count: number, isMore = false) => ({ count, isMore })

const run = (end: "complete" | "fail") =>
  Effect.gen(function*() {
    const [claimed] = yield* JobQueue.claim({ jobs: [Task, Other] })
    assert(claimed)
    yield* end === "complete" ? JobQueue.complete(claimed.lease) : JobQueue.fail(claimed.lease, "no", { retry: false })
  })

describe("a look at the whole queue", () => {
  it.effect("of an empty one finds nothing", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* JobQueue.stats(), { at: 0, over: 300_000, lanes: [], isWhole: true })
    }).pipe(inHoldfast()))

  it.effect("counts what waits, is due, runs and has ended, by queue and kind", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Task, undefined)
      yield* run("complete")
      yield* TestClock.adjust("10 minutes")
      yield* JobQueue.enqueue(Task, undefined, { priority: 9 })
      yield* run("complete")
      yield* JobQueue.enqueue(Other, undefined)
      yield* run("fail")
      const cancelled = yield* JobQueue.enqueue(Task, undefined)
      yield* JobQueue.cancel(cancelled.id)
      yield* JobQueue.enqueue(Task, undefined)
      yield* JobQueue.claim({ jobs: [Task] })
      yield* JobQueue.enqueue(Task, undefined, { queue: "mail", delay: "1 hour" })
      yield* JobQueue.enqueue(Task, undefined)
      yield* TestClock.adjust("1 minute")
      yield* JobQueue.enqueue(Task, undefined, { priority: 5 })
      yield* JobQueue.enqueue(Task, undefined, { delay: "30 seconds" })
      yield* JobQueue.pause({ queue: "mail" })
      const { at, lanes } = yield* JobQueue.stats()
      assert.strictEqual(at, 660_000)
      const nothing = {
        pending: count(0),
        due: count(0),
        oldestDueAt: null,
        nextDueAt: null,
        running: count(0),
        stale: count(0)
      }
      const ended = { succeeded: count(0), failed: count(0), cancelled: count(0), queuePaused: null, kindPaused: null }
      assert.deepStrictEqual(lanes, [
        { queue: "default", kind: "stats.other", ...nothing, ...ended, failed: count(1) },
        {
          queue: "default",
          kind: "stats.task",
          pending: count(3),
          due: count(2),
          oldestDueAt: 600_000,
          nextDueAt: 600_000,
          running: count(1),
          stale: count(0),
          ...ended,
          succeeded: count(1),
          cancelled: count(1)
        },
        {
          queue: "mail",
          kind: "stats.task",
          ...nothing,
          pending: count(1),
          nextDueAt: 4_200_000,
          ...ended,
          queuePaused: { scope: "queue", name: "mail", pausedAt: 660_000, pausedBy: null }
        }
      ])
      const longer = yield* JobQueue.stats({ over: "1 hour" })
      assert.deepStrictEqual(longer.lanes[1]?.succeeded, count(2))
    }).pipe(inHoldfast()))

  it.effect("counts a lane only so far, and says so", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueueMany(Task, Array.from({ length: 1001 }, () => ({ payload: undefined })))
      yield* JobQueue.enqueueMany(Task, Array.from({ length: 10 }, () => ({ payload: undefined, priority: -3 })))
      const { lanes } = yield* JobQueue.stats()
      assert.deepStrictEqual(lanes.map(({ due, pending }) => [pending, due]), [[count(1010, true), count(1010, true)]])
    }).pipe(inHoldfast()))

  it.effect("sees every lane of a few hundred, and says when there are more than it reads", () =>
    Effect.gen(function*() {
      const some = (lanes: number, from: number) =>
        JobQueue.enqueueMany(
          Task,
          Array.from({ length: lanes }, (_, n) => ({ payload: undefined, queue: `queue ${from + n}` }))
        )
      yield* some(600, 0)
      const few = yield* JobQueue.stats()
      assert.deepStrictEqual([few.lanes.length, few.isWhole], [600, true])
      assert.strictEqual(yield* StoreFaults.calls("laneHeads"), 13)
      yield* some(1500, 600)
      const many = yield* JobQueue.stats()
      assert.deepStrictEqual([many.lanes.length, many.isWhole], [2000, false])
    }).pipe(inHoldfast()))

  it.effect("of one status that was counted only so far says so in every lane, and that lanes may be missing", () =>
    Effect.gen(function*() {
      const ended = (queue: string, jobs: number) =>
        Effect.gen(function*() {
          yield* JobQueue.enqueueMany(Task, Array.from({ length: jobs }, () => ({ payload: undefined, queue })))
          for (let left = jobs; left > 0; left -= 1000) {
            const claimed = yield* JobQueue.claim({ jobs: [Task], queues: [queue], limit: 1000 })
            yield* Effect.forEach(claimed, ({ lease }) => JobQueue.complete(lease), { discard: true })
          }
        })
      yield* ended("gone", 10)
      yield* TestClock.adjust("1 minute")
      yield* ended("big", 5000)
      yield* JobQueue.enqueue(Other, undefined)
      const { isWhole, lanes } = yield* JobQueue.stats()
      assert.isFalse(isWhole)
      assert.deepStrictEqual(lanes.map(({ queue, succeeded }) => [queue, succeeded]), [
        ["big", count(5000, true)],
        ["default", count(0, true)]
      ])
      assert.deepStrictEqual(lanes.map(({ failed }) => failed), [count(0), count(0)])
    }).pipe(inHoldfast()))

  it.effect("counts jobs whose lease is over by themselves", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Task, undefined)
      yield* JobQueue.claim({ jobs: [Task], leaseFor: "1 minute" })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(
        (yield* JobQueue.stats()).lanes.map(({ pending, running, stale }) => [pending, running, stale]),
        [[count(0), count(0), count(1)]]
      )
    }).pipe(inHoldfast()))

  it.effect("looks back over a span that is a span", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(JobQueue.stats({ over: Infinity }))
      assert.match(error.message, /^over: got .*; expected a finite duration/)
    }).pipe(inHoldfast()))
})
