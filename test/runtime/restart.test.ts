import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Layer, Schema, Scope, TestClock } from "effect"
import type { StoreErrorReason } from "../../src/domain/errors.ts"
import { StoreError } from "../../src/domain/errors.ts"
import * as Job from "../../src/domain/Job.ts"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import { metrics } from "../../src/runtime/telemetry/metrics.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { ProcessEnd } from "../../src/runtime/worker/ProcessEnd.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import type { Fault } from "../../src/testing.ts"
import { StoreFaults } from "../../src/testing.ts"
import { calm, counted, inHoldfast, linesSaying, settled } from "./harness.ts"

const Task = Job.make("restart.task", { payload: Schema.Void })
const Long = Job.make("restart.long", { payload: Schema.Void })

const handlers = Layer.merge(
  Task.toLayer(() => Effect.void),
  Long.toLayer(() => Effect.sleep("8 seconds"))
)

const options = { ...calm, jobs: [Task, Long], shutdownGrace: "25 seconds" } as const

/** An event loop that has a worker die of the next turn it takes, each time it is told to. */
const deadly = () => {
  let isDeadly = false
  return {
    kill: Effect.sync(() => void (isDeadly = true)),
    layer: Layer.succeed(EventLoop, {
      overdue: () => false,
      turn: Effect.suspend(() => {
        if (!isDeadly) return Effect.yieldNow()
        isDeadly = false
        return Effect.die(new Error("a bug"))
      })
    })
  }
}

const started = linesSaying("Worker started")

/** Builds a worker's layer, and answers how to close it before the test ends. */
const built = <E, R>(layer: Layer.Layer<never, E, R>) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    yield* Layer.buildWithScope(layer, scope)
    const close = Scope.close(scope, Exit.void)
    yield* Effect.addFinalizer(() => close)
    yield* settled
    return close
  })

describe("a worker that dies of a bug", () => {
  it.effect("is started again by its layer, after 1 s, then later and later, to at most 1 minute", () => {
    const { kill, layer } = deadly()
    return Effect.gen(function*() {
      const before = yield* counted(metrics.workerRestarts, {})
      yield* built(Layer.provide(Worker.layer(options), layer))
      for (const [times, seconds] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
        yield* kill
        yield* JobQueue.enqueue(Task, undefined)
        yield* settled
        yield* TestClock.adjust(seconds * 1000 - 1)
        assert.strictEqual((yield* started).length, times + 1)
        yield* TestClock.adjust(1)
        assert.strictEqual((yield* started).length, times + 2)
      }
      const { jobs } = yield* JobQueue.list({ status: "succeeded" })
      assert.strictEqual(jobs.length, 8)
      const told = yield* linesSaying("The worker died, starting it again")
      assert.strictEqual(told.length, 8)
      assert.deepStrictEqual([told[1]?.level, told[1]?.annotations["after"]], ["ERROR", "2s"])
      assert.include(told[0]?.whole, "a bug")
      assert.strictEqual((yield* counted(metrics.workerRestarts, {})) - before, 8)
    }).pipe(inHoldfast(handlers))
  })

  it.effect("is started again after 1 s once it has been well for 5 minutes", () => {
    const { kill, layer } = deadly()
    const die = Effect.zipRight(kill, JobQueue.enqueue(Task, undefined))
    return Effect.gen(function*() {
      yield* built(Layer.provide(Worker.layer(options), layer))
      yield* die
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("5 minutes")
      yield* die
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* started).length, 3)
      yield* TestClock.adjust(299_999)
      yield* die
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* started).length, 3)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* started).length, 4)
    }).pipe(inHoldfast(handlers))
  })

  it.effect("lets its jobs end before it is started again", () => {
    const { kill, layer } = deadly()
    return Effect.gen(function*() {
      yield* built(Layer.provide(Worker.layer(options), layer))
      const { id } = yield* JobQueue.enqueue(Long, undefined)
      yield* settled
      yield* kill
      yield* JobQueue.enqueue(Task, undefined)
      yield* TestClock.adjust("8 seconds")
      assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
      assert.strictEqual((yield* started).length, 1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* started).length, 2)
    }).pipe(inHoldfast(handlers))
  })

  it.effect("is not started again by who runs it: it fails", () => {
    const { kill, layer } = deadly()
    return Effect.gen(function*() {
      yield* kill
      const exit = yield* Effect.exit(Effect.provide(Worker.run(options), layer))
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual((yield* started).length, 1)
    }).pipe(inHoldfast(handlers))
  })

  it.effect("is not started again when its layer is torn down meanwhile", () => {
    const { kill, layer } = deadly()
    return Effect.gen(function*() {
      const close = yield* built(Layer.provide(Worker.layer(options), layer))
      yield* kill
      yield* JobQueue.enqueue(Task, undefined)
      yield* settled
      yield* close
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* started).length, 1)
    }).pipe(inHoldfast(handlers))
  })
})

it.effect("a worker whose process is ending is not started again", () =>
  Effect.gen(function*() {
    yield* built(Worker.layer(options))
    yield* Effect.flatMap(ProcessEnd, ({ begin }) => begin)
    yield* TestClock.adjust("1 minute")
    assert.strictEqual((yield* linesSaying("Worker stopped")).length, 1)
    assert.strictEqual((yield* started).length, 1)
    yield* Effect.flatMap(ProcessEnd, ({ callOff }) => callOff)
  }).pipe(inHoldfast(handlers)))

for (const reason of ["databaseReplaced", "newerSchema"] as const satisfies ReadonlyArray<StoreErrorReason>) {
  const failure = new StoreError({ operation: "nextDue", cause: new Error("gone for good"), reason })
  const lasting: Fault = () => Effect.fail(failure)

  describe(`a worker whose store fails for good, with ${reason},`, () => {
    it.effect("ends, and fails with it", () =>
      Effect.gen(function*() {
        yield* StoreFaults.inject("nextDue", lasting)
        assert.strictEqual(yield* Effect.flip(Worker.run(options)), failure)
        assert.deepStrictEqual(yield* linesSaying("The job store failed, trying again"), [])
      }).pipe(inHoldfast(handlers)))

    it.effect("ends also where it is told by the claim", () =>
      Effect.gen(function*() {
        yield* JobQueue.enqueue(Task, undefined)
        yield* StoreFaults.inject("claim", lasting)
        assert.strictEqual(yield* Effect.flip(Worker.run(options)), failure)
      }).pipe(inHoldfast(handlers)))

    it.effect("is never started again: the log says so, and what the app wants done then is done, once", () =>
      Effect.gen(function*() {
        const ends: Array<StoreError> = []
        yield* built(Worker.layer({ ...options, onEnd: (error) => Effect.sync(() => void ends.push(error)) }))
        yield* StoreFaults.inject("nextDue", lasting)
        yield* JobQueue.enqueue(Task, undefined)
        yield* TestClock.adjust("5 minutes")
        assert.deepStrictEqual(ends, [failure])
        assert.strictEqual((yield* started).length, 1)
        const [line, ...more] = yield* linesSaying("The worker has ended and will not be started again")
        assert.strictEqual(line?.level, "FATAL")
        assert.include(line?.annotations["error"], "gone for good")
        assert.strictEqual(line?.annotations["reason"], reason)
        assert.deepStrictEqual(more, [])
      }).pipe(inHoldfast(handlers)))

    it.effect("lets its jobs end first, and settles them", () =>
      Effect.gen(function*() {
        const endedAt = yield* Deferred.make<number>()
        yield* built(Worker.layer({
          ...options,
          onEnd: () => Effect.flatMap(Clock.currentTimeMillis, (now) => Deferred.succeed(endedAt, now))
        }))
        const { id } = yield* JobQueue.enqueue(Long, undefined)
        yield* settled
        yield* StoreFaults.inject("nextDue", lasting)
        yield* JobQueue.enqueue(Task, undefined)
        yield* TestClock.adjust("8 seconds")
        assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
        assert.strictEqual(yield* Deferred.await(endedAt), 8000)
      }).pipe(inHoldfast(handlers)))

    it.effect("has its end told by the log alone where what is done then dies", () =>
      Effect.gen(function*() {
        yield* StoreFaults.inject("nextDue", lasting)
        yield* built(Worker.layer({ ...options, onEnd: () => Effect.die(new Error("of the app")) }))
        assert.include((yield* linesSaying("The worker's onEnd effect died"))[0]?.whole, "of the app")
      }).pipe(inHoldfast(handlers)))
  })
}
