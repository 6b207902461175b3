import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Schema, TestClock } from "effect"
import { Job, JobQueue, neverRetry, snooze, Worker } from "../../src/index.ts"
import { SqliteStore } from "../../src/sqlite.ts"
import type { Fault } from "../../src/testing.ts"
import {
  advance,
  enqueued,
  failing,
  hanging,
  layerMemory,
  runAll,
  runDue,
  StoreFaults,
  takeLeaseAway
} from "../../src/testing.ts"

const Step = Job.make("run.step", { payload: { name: Schema.String } })
const Other = Job.make("run.other", { payload: Schema.Void })

type StepHandler = (payload: { readonly name: string }) => Effect.Effect<void, unknown>

/** A Holdfast in memory where this handles a step, in a test that ends before the store does. */
const handledBy = (handler: StepHandler) => Effect.provide(Layer.provideMerge(Step.toLayer(handler), layerMemory))

/** The names of the steps that were run. */
const noting = () => {
  const names: Array<string> = []
  return { names, note: ({ name }: { readonly name: string }) => Effect.sync(() => void names.push(name)) }
}

const enqueue = (name: string, options?: Parameters<typeof JobQueue.enqueue>[2]) =>
  Effect.map(JobQueue.enqueue(Step, { name }, options), ({ id }) => id)

const statusOf = (id: string) => Effect.map(JobQueue.get(id), ({ status }) => status)

const now = TestClock.currentTimeMillis

describe("runDue", () => {
  it.effect("runs what is due in claim order, answers each attempt, and leaves what is due later", () => {
    const { names, note } = noting()
    return Effect.gen(function*() {
      const first = yield* enqueue("first")
      const second = yield* enqueue("second")
      const urgent = yield* enqueue("urgent", { priority: 1 })
      const later = yield* enqueue("later", { delay: 1 })
      assert.deepStrictEqual(
        yield* runDue({ jobs: [Step] }),
        [urgent, first, second].map((jobId) =>
          ({ jobId, kind: "run.step", attempt: 1, ended: "succeeded", error: null, errorValue: null }) as const
        )
      )
      assert.deepStrictEqual(names, ["urgent", "first", "second"])
      assert.strictEqual(yield* statusOf(later), "pending")
      assert.deepStrictEqual(yield* runDue({ jobs: [Step] }), [])
      yield* advance(1)
      assert.strictEqual((yield* runDue({ jobs: [Step] }))[0]?.jobId, later)
    }).pipe(handledBy(note))
  })

  it.effect("runs what its jobs enqueue, and no job of another kind", () => {
    const Parent = Job.make("run.parent", { payload: Schema.Void })
    const ParentLive = Parent.toLayer(
      Effect.map(
        JobQueue,
        (queue) => () =>
          Effect.zipRight(queue.enqueue(Step, { name: "child" }), queue.enqueue(Other, undefined)).pipe(Effect.orDie)
      )
    )
    const { names, note } = noting()
    return Effect.gen(function*() {
      yield* JobQueue.enqueue(Parent, undefined)
      const attempts = yield* runDue({ jobs: [Parent, Step] })
      assert.deepStrictEqual(attempts.map(({ kind }) => kind), ["run.parent", "run.step"])
      assert.deepStrictEqual(names, ["child"])
      assert.strictEqual((yield* enqueued(Other)).length, 1)
    }).pipe(Effect.provide(ParentLive), handledBy(note))
  })

  const ends: Readonly<Record<string, { readonly handler: StepHandler; readonly error: string | null }>> = {
    succeeded: { handler: () => Effect.void, error: null },
    retrying: { handler: () => Effect.fail(new RangeError("too far")), error: "too far" },
    failed: { handler: () => neverRetry("not this one"), error: "not this one" },
    snoozed: { handler: () => snooze("1 hour"), error: null }
  }
  for (const [ended, { error, handler }] of Object.entries(ends)) {
    it.effect(`answers that an attempt ended ${ended}`, () =>
      Effect.gen(function*() {
        yield* enqueue("a")
        const [attempt, ...more] = yield* runDue({ jobs: [Step] })
        assert.strictEqual(attempt?.ended, ended)
        if (error === null) assert.isNull(attempt?.error)
        else assert.include(attempt?.error ?? "", error)
        assert.deepStrictEqual(more, [])
      }).pipe(handledBy(handler)))
  }

  it.effect("answers that an attempt was cancelled while it ran", () => {
    const Cancelling = Job.make("run.cancelling", { payload: { id: Schema.String } })
    const CancellingLive = Cancelling.toLayer(
      Effect.map(JobQueue, (queue) => ({ id }) => Effect.zipRight(Effect.orDie(queue.cancel(id)), Effect.never))
    )
    return Effect.gen(function*() {
      const id = "01890a5d-ac96-774b-bcce-b302099a8057"
      yield* JobQueue.enqueue(Cancelling, { id }, { id })
      assert.deepStrictEqual((yield* runDue({ jobs: [Cancelling] })).map(({ ended }) => ended), ["cancelled"])
    }).pipe(Effect.provide(CancellingLive), Effect.provide(layerMemory))
  })

  it.effect("answers that an attempt was lost when its lease was taken away, and runs the job again", () => {
    const Losing = Job.make("run.losing", { payload: { id: Schema.String } })
    let runs = 0
    const LosingLive = Losing.toLayer(
      Effect.map(
        StoreFaults,
        (faults) => ({ id }) =>
          Effect.suspend(() => runs++ === 0 ? takeLeaseAway(id) : Effect.void).pipe(
            Effect.provideService(StoreFaults, faults),
            Effect.orDie
          )
      )
    )
    return Effect.gen(function*() {
      const id = "01890a5d-ac96-774b-bcce-b302099a8057"
      yield* JobQueue.enqueue(Losing, { id }, { id })
      const attempts = yield* runDue({ jobs: [Losing] })
      assert.deepStrictEqual(attempts.map(({ attempt, ended }) => [attempt, ended]), [[1, "lost"], [2, "succeeded"]])
    }).pipe(Effect.provide(LosingLive), Effect.provide(layerMemory))
  })

  it.effect("answers that an attempt's outcome is unknown when the store never said that it was taken", () => {
    const Silent = Job.make("run.silent", { payload: Schema.Void, leaseFor: "8 seconds" })
    return Effect.gen(function*() {
      yield* JobQueue.enqueue(Silent, undefined)
      yield* StoreFaults.inject("complete", hanging)
      const fiber = yield* Effect.fork(runDue({ jobs: [Silent], heartbeatInterval: "1 second" }))
      yield* TestClock.adjust("14 seconds")
      assert.deepStrictEqual((yield* Fiber.join(fiber)).map(({ ended }) => ended), ["unknown"])
    }).pipe(Effect.provide(Silent.toLayer(() => Effect.void)), Effect.provide(layerMemory))
  })

  it.effect("frees the jobs whose lease is over first, and runs them", () =>
    Effect.gen(function*() {
      yield* enqueue("a")
      yield* JobQueue.claim({ jobs: [Step], worker: "one that died", leaseFor: "1 minute" })
      yield* advance(59_999)
      assert.deepStrictEqual(yield* runDue({ jobs: [Step] }), [])
      yield* advance(1)
      assert.strictEqual((yield* runDue({ jobs: [Step] }))[0]?.attempt, 2)
    }).pipe(handledBy(noting().note)))

  it.effect("runs one job at a time, unless told otherwise", () => {
    let running = 0
    let most = 0
    const handler = () =>
      Effect.acquireUseRelease(
        Effect.sync(() => void (most = Math.max(most, ++running))),
        () => Effect.yieldNow(),
        () => Effect.sync(() => void running--)
      )
    return Effect.gen(function*() {
      yield* Effect.forEach(["a", "b", "c"], (name) => enqueue(name))
      assert.strictEqual((yield* runDue({ jobs: [Step] })).length, 3)
      assert.strictEqual(most, 1)
      yield* Effect.forEach(["a", "b", "c"], (name) => enqueue(name))
      assert.strictEqual((yield* runDue({ jobs: [Step], concurrency: 2 })).length, 3)
      assert.strictEqual(most, 2)
    }).pipe(handledBy(handler))
  })

  it.effect("runs only from the queues that are given", () => {
    const { names, note } = noting()
    return Effect.gen(function*() {
      yield* enqueue("elsewhere")
      yield* enqueue("here", { queue: "slow" })
      yield* runDue({ jobs: [Step], queues: { slow: { concurrency: 1 } } })
      assert.deepStrictEqual(names, ["here"])
    }).pipe(handledBy(note))
  })

  it.effect("a job that enqueues itself for ever fails it, and the error says which", () => {
    const Endless = Job.make("run.endless", { payload: Schema.Void })
    const EndlessLive = Endless.toLayer(
      Effect.map(JobQueue, (queue) => () => Effect.asVoid(Effect.orDie(queue.enqueue(Endless, undefined))))
    )
    return Effect.gen(function*() {
      yield* JobQueue.enqueue(Endless, undefined)
      const error = yield* Effect.flip(runDue({ jobs: [Endless], limit: 20 }))
      assert(error._tag === "StillDue")
      assert.deepStrictEqual([error.limit, error.ran], [20, { "run.endless": 20 }])
      assert.include(error.message, `"run.endless" 20 times`)
    }).pipe(Effect.provide(EndlessLive), Effect.provide(layerMemory))
  })

  it.effect("no more attempts are made than are allowed, however many jobs may run at once", () => {
    const { names, note } = noting()
    return Effect.gen(function*() {
      yield* Effect.forEach(["a", "b", "c", "d"], (name) => enqueue(name))
      assert.strictEqual((yield* Effect.flip(runDue({ jobs: [Step], limit: 3, concurrency: 2 })))._tag, "StillDue")
      assert.deepStrictEqual(names, ["a", "b", "c"])
    }).pipe(handledBy(note))
  })

  it.effect("as many attempts as are allowed are no failure when nothing is left", () =>
    Effect.gen(function*() {
      yield* Effect.forEach(["a", "b", "c"], (name) => enqueue(name))
      assert.strictEqual((yield* runDue({ jobs: [Step], limit: 3, concurrency: 2 })).length, 3)
    }).pipe(handledBy(noting().note)))

  it.effect("a handler that waits for the clock is told of, interrupted and its job handed back", () =>
    Effect.gen(function*() {
      const id = yield* enqueue("a")
      const error = yield* Effect.flip(runDue({ jobs: [Step], patience: "50 millis" }))
      assert(error._tag === "StillRunning")
      assert.deepStrictEqual(error.running, [{ jobId: id, kind: "run.step", attempt: 1 }])
      assert.include(error.message, `"run.step"`)
      const job = yield* JobQueue.get(id)
      assert.deepStrictEqual([job.status, job.failures], ["pending", 0])
    }).pipe(handledBy(() => Effect.sleep("10 seconds"))))

  it.effect("a handler that cannot be stopped does not hold up the failure", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      yield* Effect.gen(function*() {
        yield* enqueue("a")
        const error = yield* Effect.flip(runDue({ jobs: [Step], patience: "50 millis" }))
        assert.strictEqual(error._tag, "StillRunning")
        yield* Deferred.succeed(gate, undefined)
        yield* advance(0)
      }).pipe(handledBy(() => Effect.uninterruptible(Deferred.await(gate))))
    }))

  it.effect("in a fiber of its own, it waits for a handler while the test moves the clock", () =>
    Effect.gen(function*() {
      yield* enqueue("a")
      const running = yield* Effect.fork(runDue({ jobs: [Step] }))
      yield* advance("10 seconds")
      assert.strictEqual((yield* Fiber.join(running))[0]?.ended, "succeeded")
      assert.strictEqual(yield* now, 10_000)
    }).pipe(handledBy(() => Effect.sleep("10 seconds"))))

  it.effect("goes with any job store and event loop, as those of the app", () => {
    const { names, note } = noting()
    const app = Step.toLayer(note).pipe(
      Layer.provideMerge(JobQueue.layer),
      Layer.provideMerge(SqliteStore.layer({ filename: ":memory:" }))
    )
    return Effect.gen(function*() {
      yield* enqueue("a")
      yield* runDue({ jobs: [Step] })
      assert.deepStrictEqual(names, ["a"])
    }).pipe(Effect.provide(app))
  })

  it.live("goes with the real clock", () =>
    Effect.gen(function*() {
      yield* enqueue("a")
      assert.strictEqual((yield* runDue({ jobs: [Step] }))[0]?.ended, "succeeded")
    }).pipe(handledBy(() => Effect.sleep("5 millis"))))

  it.effect("options that do not fit and a store that is away fail it, as they do a worker", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(runDue({ jobs: [] })))._tag, "InvalidOption")
      for (const options of [{ concurrency: 0 }, { limit: 0 }, { pollInterval: -1 }]) {
        assert.strictEqual((yield* Effect.flip(runDue({ jobs: [Step], ...options })))._tag, "InvalidOption")
      }
      yield* StoreFaults.inject("claim", failing)
      assert.strictEqual((yield* Effect.flip(runDue({ jobs: [Step] })))._tag, "StoreError")
    }).pipe(handledBy(noting().note)))
})

describe("runAll", () => {
  it.effect("moves the clock on to jobs due later, and to each retry, until all have finished", () => {
    const at: Array<readonly [string, number]> = []
    const handler: StepHandler = ({ name }) =>
      Effect.flatMap(now, (instant) => {
        at.push([name, instant])
        return name === "failing" ? Effect.fail("no") : Effect.void
      })
    return Effect.gen(function*() {
      yield* enqueue("later", { delay: "1 hour" })
      const id = yield* enqueue("failing")
      const attempts = yield* runAll({ jobs: [Step] })
      assert.deepStrictEqual(at, [["failing", 0], ["failing", 60_000], ["failing", 180_000], ["later", 3_600_000]])
      assert.deepStrictEqual(attempts.map(({ ended }) => ended), ["retrying", "retrying", "failed", "succeeded"])
      assert.strictEqual(yield* statusOf(id), "failed")
      assert.strictEqual(yield* now, 3_600_000)
    }).pipe(handledBy(handler))
  })

  it.effect("moves the clock on for handlers that wait for it, and no further", () =>
    Effect.gen(function*() {
      yield* enqueue("a")
      yield* enqueue("b")
      assert.strictEqual((yield* runAll({ jobs: [Step] })).length, 2)
      assert.strictEqual(yield* now, 90_000)
    }).pipe(handledBy(() => Effect.sleep("45 seconds"))))

  it.effect("lets the timeout of a handler that never ends come", () => {
    const Timed = Job.make("run.timed", { payload: Schema.Void, timeout: "10 seconds", maxAttempts: 1 })
    return Effect.gen(function*() {
      yield* JobQueue.enqueue(Timed, undefined)
      const [attempt] = yield* runAll({ jobs: [Timed] })
      assert.deepStrictEqual([attempt?.ended, attempt?.error], ["failed", "Timed out after 10s"])
    }).pipe(Effect.provide(Timed.toLayer(() => Effect.never)), Effect.provide(layerMemory))
  })

  it.effect("a job that snoozes for ever fails it", () =>
    Effect.gen(function*() {
      yield* enqueue("a")
      const error = yield* Effect.flip(runAll({ jobs: [Step], limit: 5 }))
      assert.strictEqual(error._tag, "StillDue")
      assert.strictEqual(yield* now, 5 * 86_400_000)
    }).pipe(handledBy(() => snooze("1 day"))))

  it.effect("a handler that never ends fails it", () =>
    Effect.gen(function*() {
      yield* enqueue("a")
      const error = yield* Effect.flip(runAll({ jobs: [Step], patience: "100 millis" }))
      assert.strictEqual(error._tag, "StillRunning")
    }).pipe(handledBy(() => Effect.never)))

  it.effect("waits for no job of a queue that is not given", () =>
    Effect.gen(function*() {
      yield* enqueue("elsewhere", { delay: "1 hour" })
      yield* enqueue("here", { queue: "slow", delay: "1 minute" })
      assert.strictEqual((yield* runAll({ jobs: [Step], queues: { slow: 1 } })).length, 1)
      assert.strictEqual(yield* now, 60_000)
    }).pipe(handledBy(noting().note)))

  it.effect("leaves to others what is due and cannot be claimed", () => {
    const fasterOthers: Fault = () => Effect.succeed([] as never)
    return Effect.gen(function*() {
      yield* enqueue("a")
      yield* StoreFaults.inject("claim", fasterOthers)
      assert.deepStrictEqual(yield* runAll({ jobs: [Step] }), [])
    }).pipe(handledBy(noting().note))
  })

  it.live("says that it needs a clock that it can move", () =>
    Effect.gen(function*() {
      yield* enqueue("a", { delay: "1 minute" })
      const exit = yield* Effect.exit(runAll({ jobs: [Step] }))
      assert.include(String(exit), "moves by itself")
    }).pipe(handledBy(noting().note)))
})

describe("advance", () => {
  it.effect("lets a worker do all that is due by then, at its time", () => {
    const at: Array<number> = []
    return Effect.gen(function*() {
      yield* enqueue("a", { delay: "1 minute" })
      yield* enqueue("b", { delay: "2 minutes" })
      yield* enqueue("c", { delay: "3 minutes" })
      yield* advance("2 minutes")
      assert.deepStrictEqual(at, [60_000, 120_000])
    }).pipe(
      Effect.provide(Worker.layer({ jobs: [Step], pollInterval: "1 hour" })),
      handledBy(() => Effect.map(now, (instant) => void at.push(instant)))
    )
  })

  it.effect("lets all happen that can happen, also when that is a lot", () => {
    const { names, note } = noting()
    return Effect.gen(function*() {
      yield* JobQueue.enqueueMany(Step, Array.from({ length: 300 }, () => ({ payload: { name: "x" } })))
      yield* advance(0)
      assert.strictEqual(names.length, 300)
    }).pipe(Effect.provide(Worker.layer({ jobs: [Step], pollInterval: "1 hour" })), handledBy(note))
  })
})
