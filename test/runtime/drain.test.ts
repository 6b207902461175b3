import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { answeredAfter, failing, hanging, StoreFaults } from "../../src/testing.ts"
import { calm, inHoldfast, linesSaying, makeGate, notingStops, settled } from "./harness.ts"

const Task = Job.make("drain.task", { payload: Schema.Void })

/** A lease of 10 minutes and a beat every 30 s, as by default. */
const options = { ...calm, jobs: [Task], shutdownGrace: "10 minutes" } as const

/** A worker that runs a job, and what tells it to end. */
const running = (more?: Partial<Worker.Options<readonly [typeof Task]>>) =>
  Effect.gen(function*() {
    const worker = yield* Effect.forkDaemon(Worker.run({ ...options, ...more }))
    yield* settled
    const { id } = yield* JobQueue.enqueue(Task, undefined)
    const tell = Effect.gen(function*() {
      const closed = yield* Effect.fork(Fiber.interrupt(worker))
      yield* settled
      return Effect.map(Fiber.poll(closed), Option.isSome)
    })
    return { id, tell, lockedUntil: Effect.map(JobQueue.get(id), (job) => job.lockedUntil) }
  })

/** A worker that was told to end, `after` it began to run a job. */
const draining = (after: number, more?: Partial<Worker.Options<readonly [typeof Task]>>) =>
  Effect.gen(function*() {
    const { tell, ...worker } = yield* running(more)
    yield* TestClock.adjust(after)
    return { ...worker, isClosed: yield* tell }
  })

const beats = Effect.flatMap(StoreFaults, ({ calls }) => calls("extend"))

describe("while a worker drains", () => {
  it.effect("its leases are of 30 s, from the moment that it was told to end", () =>
    Effect.gen(function*() {
      const { lockedUntil } = yield* draining(7000)
      assert.strictEqual(yield* lockedUntil, 37_000)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.never))))

  it.effect("they are extended every 5 s, for as long as a job takes to end", () =>
    Effect.gen(function*() {
      const { id, isClosed, lockedUntil } = yield* draining(7000)
      for (let at = 7000; at < 60_000; at += 5000) {
        yield* TestClock.adjust(4999)
        assert.strictEqual(yield* lockedUntil, at + 30_000)
        yield* TestClock.adjust(1)
        assert.strictEqual(yield* lockedUntil, at + 35_000)
      }
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
      assert.isTrue(yield* isClosed)
      const made = yield* beats
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* beats, made)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.sleep("2 minutes")))))

  it.effect("also after the grace, while a handler stops and its job settles", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject("release", failing)
      const { isClosed, lockedUntil } = yield* draining(7000, { shutdownGrace: 0 })
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* lockedUntil, 42_000)
      yield* TestClock.adjust("3 seconds")
      yield* StoreFaults.mend("release")
      yield* TestClock.adjust("2 seconds")
      assert.isTrue(yield* isClosed)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.ensuring(Effect.never, Effect.sleep("6 seconds"))))))

  for (
    const { beat, every, lease } of [
      { lease: 30_000, beat: 14_000, every: 5000 },
      { lease: 20_000, beat: 4000, every: 4000 },
      { lease: 6000, beat: 2000, every: 2000 }
    ]
  ) {
    it.effect(`a lease of ${lease} ms keeps its length and is extended every ${every} ms`, () =>
      Effect.gen(function*() {
        const { lockedUntil } = yield* draining(1000, { leaseFor: lease, heartbeatInterval: beat })
        for (let at = 1000; at < 10_000; at += every) {
          assert.strictEqual(yield* lockedUntil, at + lease)
          yield* TestClock.adjust(every)
        }
      }).pipe(inHoldfast(Task.toLayer(() => Effect.never))))
  }

  it.effect("a job that is claimed as it begins gets a lease of 30 s, too", () =>
    Effect.gen(function*() {
      const gate = yield* makeGate
      yield* StoreFaults.inject("release", hanging)
      yield* StoreFaults.inject("claim", (call) => Effect.tap(call, gate.pass))
      const { lockedUntil } = yield* draining(7000)
      yield* gate.open
      yield* settled
      assert.strictEqual(yield* lockedUntil, 37_000)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.never))))
})

describe("the deadline of a drain lease", () => {
  for (const [what, fault] of Object.entries({ fails: failing, hangs: hanging })) {
    it.effect(`stands before the write that shortens the lease is sent, which may land though it ${what}`, () => {
      const stops: Array<number> = []
      return Effect.gen(function*() {
        yield* StoreFaults.inject("extend", fault)
        yield* draining(7000)
        yield* TestClock.adjust(22_499)
        assert.deepStrictEqual(stops, [])
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(stops, [29_500])
        assert.strictEqual((yield* linesSaying("Stopping the handler"))[0]?.annotations["reason"], "DeadlinePassed")
      }).pipe(inHoldfast(Task.toLayer(() => notingStops(stops, Effect.never))))
    })
  }

  it.effect("is not moved by the answer to a beat that was sent before", () => {
    const stops: Array<number> = []
    return Effect.gen(function*() {
      yield* StoreFaults.inject("extend", answeredAfter("4 seconds"), 1)
      const { tell } = yield* running()
      yield* TestClock.adjust("32 seconds")
      yield* StoreFaults.inject("extend", failing)
      yield* tell
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(stops, [54_500])
    }).pipe(inHoldfast(Task.toLayer(() => notingStops(stops, Effect.never))))
  })

  it.effect("is moved by every beat that gets through", () => {
    const stops: Array<number> = []
    return Effect.gen(function*() {
      yield* draining(7000)
      yield* TestClock.adjust("5 seconds")
      yield* StoreFaults.inject("extend", failing)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(stops, [34_500])
    }).pipe(inHoldfast(Task.toLayer(() => notingStops(stops, Effect.never))))
  })

  it.effect("is no later than it was: a drain gives a handler no more time", () => {
    const stops: Array<number> = []
    return Effect.gen(function*() {
      yield* StoreFaults.inject("extend", failing)
      // 45 s of a lease of a minute.
      yield* draining(30_000, { leaseFor: "1 minute", heartbeatInterval: "20 seconds" })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(stops, [45_000])
    }).pipe(inHoldfast(Task.toLayer(() => notingStops(stops, Effect.never))))
  })
})
