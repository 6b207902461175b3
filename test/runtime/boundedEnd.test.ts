import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Option, Schema, Scope, TestClock } from "effect"
import { CurrentJob } from "../../src/domain/CurrentJob.ts"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { makeProcessEnd, ProcessEnd } from "../../src/runtime/worker/ProcessEnd.ts"
import { answeredAfter, hanging, StoreFaults } from "../../src/testing.ts"
import { calm, inHoldfast, linesSaying, settled } from "./harness.ts"

const Task = Job.make("bounded.task", { payload: Schema.String })

const leftBehind = linesSaying("The job does not stop and is left behind; its lease will run out")

const rowsLeft = linesSaying(
  "The worker's row was not deleted; it may show the worker as live at first, then as dead for an hour"
)

/** A worker's layer, and what tears it down. Its grace is 25 s. */
const layered = Effect.gen(function*() {
  const scope = yield* Scope.make()
  yield* Layer.buildWithScope(
    Worker.layer({ ...calm, jobs: [Task], concurrency: 2, shutdownGrace: "25 seconds" }),
    scope
  )
  yield* settled
  const tearDown = Effect.gen(function*() {
    const closed = yield* Effect.forkDaemon(Scope.close(scope, Exit.void))
    yield* settled
    return Effect.map(Fiber.poll(closed), Option.isSome)
  })
  return { tearDown }
})

/** Sees that it is torn down at this many milliseconds, and no sooner. */
const expectEndAt = (millis: number, isClosed: Effect.Effect<boolean>) =>
  Effect.gen(function*() {
    yield* TestClock.adjust(millis - 1)
    assert.isFalse(yield* isClosed)
    yield* TestClock.adjust(1)
    assert.isTrue(yield* isClosed)
  })

describe("a worker's layer ends 10 s after its grace at the latest", () => {
  const stuck: Readonly<Record<string, Parameters<typeof Task.toLayer>[0]>> = {
    "a handler cannot be interrupted": () => Effect.uninterruptible(Effect.never),
    "a finalizer of a handler hangs": () => Effect.ensuring(Effect.never, Effect.never),
    "a handler waits for a store that hangs": () =>
      Effect.flatMap(CurrentJob, ({ progress }) => Effect.orDie(progress("waiting")))
  }
  for (const [what, handler] of Object.entries(stuck)) {
    it.effect(`when ${what}: it names the job, whose lease runs out`, () =>
      Effect.gen(function*() {
        yield* StoreFaults.inject("progress", hanging)
        const { tearDown } = yield* layered
        const { id } = yield* JobQueue.enqueue(Task, "stuck")
        yield* settled
        yield* expectEndAt(35_000, yield* tearDown)
        const [line, ...more] = yield* leftBehind
        assert.deepStrictEqual(more, [])
        assert.strictEqual(line?.level, "ERROR")
        assert.deepInclude(line?.annotations, { jobId: id, kind: Task.kind, attempt: 1 })
        assert.strictEqual((yield* linesSaying("Worker stopped")).length, 1)

        // The last beat was at 35 s, or 5 s before.
        yield* TestClock.adjust("30 seconds")
        assert.strictEqual(yield* JobQueue.releaseStale, 1)
      }).pipe(inHoldfast(Task.toLayer(handler))))
  }

  it.effect("and extends no lease after that, also when an extension is under way", () =>
    Effect.gen(function*() {
      // A beat and the wait for the next are 5.8 s, so the seventh is sent at 34.8 s.
      yield* StoreFaults.inject("extend", answeredAfter("800 millis"))
      const { tearDown } = yield* layered
      yield* JobQueue.enqueue(Task, "stuck")
      yield* settled
      const isClosed = yield* tearDown
      yield* Effect.repeatN(TestClock.adjust("100 millis"), 349)
      assert.isTrue(yield* isClosed)
      const beats = yield* StoreFaults.calls("extend")
      assert.strictEqual(beats, 7)
      yield* Effect.repeatN(TestClock.adjust("1 second"), 30)
      assert.strictEqual(yield* StoreFaults.calls("extend"), beats)
      assert.strictEqual(yield* JobQueue.releaseStale, 1)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.uninterruptible(Effect.never)))))

  it.effect("when a claim is never answered: it says so", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject("claim", hanging)
      const { tearDown } = yield* layered
      yield* JobQueue.enqueue(Task, "claimed")
      yield* settled
      yield* expectEndAt(35_000, yield* tearDown)
      assert.strictEqual((yield* linesSaying("Left a claim behind that the store does not answer")).length, 1)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))

  it.effect("when a claim is answered after its end: what it took is handed back, and not begun", () => {
    const runs: Array<string> = []
    return Effect.gen(function*() {
      const answer = yield* Deferred.make<void>()
      yield* StoreFaults.inject("claim", (call) => Effect.tap(call, Deferred.await(answer)), 1)
      const { tearDown } = yield* layered
      const { id } = yield* JobQueue.enqueue(Task, "claimed")
      yield* settled
      yield* expectEndAt(35_000, yield* tearDown)
      assert.strictEqual((yield* JobQueue.get(id)).status, "running")
      yield* Deferred.succeed(answer, undefined)
      yield* settled
      const job = yield* JobQueue.get(id)
      assert.deepStrictEqual([job.status, job.attempts, job.failures], ["pending", 1, 0])
      assert.deepStrictEqual(runs, [])
    }).pipe(inHoldfast(Task.toLayer((name) => Effect.sync(() => void runs.push(name)))))
  })

  it.effect("and 4 s after it when a store answers no heartbeat and no settle", () =>
    Effect.gen(function*() {
      const { tearDown } = yield* layered
      yield* JobQueue.enqueue(Task, "done")
      yield* StoreFaults.inject(["extend", "complete"], hanging)
      yield* settled
      yield* expectEndAt(29_000, yield* tearDown)
      assert.deepStrictEqual(yield* leftBehind, [])
    }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))

  it.effect("after 2 s when the store hangs and nothing runs: its row is left behind", () =>
    Effect.gen(function*() {
      const { tearDown } = yield* layered
      yield* StoreFaults.inject("every", hanging)
      yield* expectEndAt(2000, yield* tearDown)
      assert.lengthOf(yield* rowsLeft, 1)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))

  it.effect("at once when the store hangs and nothing runs, once it has not answered a beat for 2 s", () =>
    Effect.gen(function*() {
      const { tearDown } = yield* layered
      yield* StoreFaults.inject("every", hanging)
      yield* TestClock.adjust("32 seconds")
      assert.isTrue(yield* yield* tearDown)
      assert.lengthOf(yield* rowsLeft, 1)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))

  it.effect("half a second after a second signal when the store hangs and nothing runs", () =>
    Effect.gen(function*() {
      const { tearDown } = yield* layered
      yield* StoreFaults.inject("every", hanging)
      const isClosed = yield* tearDown
      yield* TestClock.adjust("100 millis")
      assert.isFalse(yield* isClosed)
      yield* Effect.flatMap(ProcessEnd, ({ endGrace }) => endGrace)
      yield* settled
      yield* expectEndAt(500, isClosed)
    }).pipe(Effect.provideService(ProcessEnd, makeProcessEnd()), inHoldfast(Task.toLayer(() => Effect.void))))

  it.effect("a job that is left behind and stops after all is handed back while its lease lasts", () =>
    Effect.gen(function*() {
      const { tearDown } = yield* layered
      const { id } = yield* JobQueue.enqueue(Task, "slow")
      yield* settled
      yield* expectEndAt(35_000, yield* tearDown)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* JobQueue.get(id)).status, "pending")
    }).pipe(inHoldfast(Task.toLayer(() => Effect.uninterruptible(Effect.sleep("40 seconds"))))))
})

describe("a claim that is not answered", () => {
  it.effect("keeps a worker waiting for no longer than its longest lease", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject("claim", hanging, 1)
      yield* layered
      const { id } = yield* JobQueue.enqueue(Task, "claimed")
      yield* TestClock.adjust("9 minutes")
      yield* JobQueue.enqueue(Task, "wakes")
      yield* settled
      assert.strictEqual((yield* JobQueue.get(id)).status, "pending")
      yield* TestClock.adjust("1 minute")
      yield* JobQueue.enqueue(Task, "wakes")
      yield* settled
      assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
    }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))
})
