import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import type { Fault } from "../../src/testing.ts"
import { dying, failing, hanging, StoreFaults } from "../../src/testing.ts"
import { anotherProcess, calm, inHoldfast, linesSaying, makeGate, settled, work } from "./harness.ts"

const Task = Job.make("worker.task", { payload: Schema.String })
const Other = Job.make("worker.other", { payload: Schema.String, leaseFor: "5 minutes" })

/** Handlers that note which jobs they were given, and when. */
const noting = () => {
  const ran: Array<string> = []
  const at: Array<number> = []
  const note = (name: string) =>
    Effect.map(TestClock.currentTimeMillis, (now) => {
      ran.push(name)
      at.push(now)
    })
  return { ran, at, handlers: Layer.mergeAll(Task.toLayer(note), Other.toLayer(note)) }
}

/** Handlers that end when they are told to, one at a time, and say how many run at once. */
const waiting = () => {
  const running: Array<{ readonly name: string; readonly end: () => void }> = []
  const wait = (name: string) =>
    Effect.async<void>((resume) => {
      const one = { name, end: () => (running.splice(running.indexOf(one), 1), resume(Effect.void)) }
      running.push(one)
    })
  return {
    running,
    names: () => running.map(({ name }) => name),
    handlers: Layer.mergeAll(Task.toLayer(wait), Other.toLayer(wait))
  }
}

const enqueueAll = (names: ReadonlyArray<string>, queue = "default") =>
  JobQueue.enqueueMany(Task, names.map((payload) => ({ payload, queue })))

const nothingFound: Fault = () => Effect.succeed([] as never)

describe("what a worker claims", () => {
  it.effect("no more than a hundred at once, however many it may run", () => {
    const { handlers, names } = waiting()
    const sizes: Array<number> = []
    return Effect.gen(function*() {
      const { inject } = yield* StoreFaults
      const noteSize = (jobs: unknown) => Effect.sync(() => void sizes.push((jobs as ReadonlyArray<unknown>).length))
      yield* inject("claim", (call) => Effect.tap(call, noteSize))
      yield* enqueueAll(Array.from({ length: 250 }, String))
      yield* work({ jobs: [Task], concurrency: 300 })
      assert.strictEqual(names().length, 250)
      assert.deepStrictEqual(sizes, [100, 100, 50])
    }).pipe(inHoldfast(handlers))
  })

  it.effect("no more than it has free slots for, and one more as each is freed", () => {
    const { handlers, names, running } = waiting()
    return Effect.gen(function*() {
      yield* work({ jobs: [Task], concurrency: 2 })
      yield* enqueueAll(["a", "b", "c", "d"])
      yield* settled
      assert.deepStrictEqual(names(), ["a", "b"])
      assert.strictEqual((yield* JobQueue.list({ status: "running" })).jobs.length, 2)
      running[0]?.end()
      yield* settled
      assert.deepStrictEqual(names(), ["b", "c"])
      running[1]?.end()
      running[0]?.end()
      yield* settled
      assert.deepStrictEqual(names(), ["d"])
    }).pipe(inHoldfast(handlers))
  })

  it.effect("from each queue no more than its own limit, within the limit in all", () => {
    const { handlers, names, running } = waiting()
    return Effect.gen(function*() {
      yield* work({ jobs: [Task], queues: { slow: 1, fast: { concurrency: 3 } }, concurrency: 3 })
      yield* enqueueAll(["s1", "s2", "s3"], "slow")
      yield* enqueueAll(["f1", "f2", "f3"], "fast")
      yield* settled
      assert.deepStrictEqual(names().toSorted(), ["f1", "f2", "s1"])
      running.find(({ name }) => name === "f1")?.end()
      yield* settled
      assert.deepStrictEqual(names().toSorted(), ["f2", "f3", "s1"])
      running.find(({ name }) => name === "s1")?.end()
      yield* settled
      assert.deepStrictEqual(names().toSorted(), ["f2", "f3", "s2"])
    }).pipe(inHoldfast(handlers))
  })

  it.effect("from the queues it names and from no other; a worker that names none claims from all", () => {
    const { handlers, ran } = noting()
    return Effect.gen(function*() {
      yield* enqueueAll(["slow"], "slow")
      yield* enqueueAll(["fast"], "fast")
      yield* work({ jobs: [Task], queues: { fast: 5 } })
      assert.deepStrictEqual(ran, ["fast"])
      yield* work({ jobs: [Task] })
      assert.deepStrictEqual(ran, ["fast", "slow"])
    }).pipe(inHoldfast(handlers))
  })

  it.effect("only kinds that it lists; others wait for a worker that can run them", () => {
    const { handlers, ran } = noting()
    return Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Other, "other")
      yield* JobQueue.enqueue(Task, "task")
      yield* work({ jobs: [Task] })
      assert.deepStrictEqual(ran, ["task"])
      assert.strictEqual((yield* JobQueue.get(id)).attempts, 0)
      yield* work({ jobs: [Other] })
      assert.deepStrictEqual(ran, ["task", "other"])
    }).pipe(inHoldfast(handlers))
  })

  it.effect("each kind for the lease of its definition, else for the worker's own", () => {
    const { handlers } = waiting()
    return Effect.gen(function*() {
      const task = yield* JobQueue.enqueue(Task, "a")
      const other = yield* JobQueue.enqueue(Other, "b")
      yield* work({ jobs: [Task, Other], leaseFor: "7 minutes" })
      assert.strictEqual((yield* JobQueue.get(task.id)).lockedUntil, 7 * 60_000)
      assert.strictEqual((yield* JobQueue.get(other.id)).lockedUntil, 5 * 60_000)
    }).pipe(inHoldfast(handlers))
  })

  it.effect("strictly in claim order, whatever the kind and the queue", () => {
    const { handlers, ran } = noting()
    return Effect.gen(function*() {
      yield* TestClock.setTime(10_000)
      yield* JobQueue.enqueue(Task, "3", { queue: "a" })
      yield* JobQueue.enqueue(Other, "4", { queue: "b" })
      yield* JobQueue.enqueue(Task, "5", { queue: "a", priority: -5 })
      yield* JobQueue.enqueue(Other, "2", { queue: "a", at: 9000 })
      yield* JobQueue.enqueue(Task, "1", { queue: "b", priority: 1 })
      yield* work({ jobs: [Task, Other], concurrency: 1 })
      assert.deepStrictEqual(ran, ["1", "2", "3", "4", "5"])
    }).pipe(inHoldfast(handlers))
  })

  it.effect("two workers side by side run every job once", () => {
    const { handlers, ran } = noting()
    return Effect.gen(function*() {
      yield* work({ jobs: [Task], concurrency: 3 })
      yield* work({ jobs: [Task], concurrency: 3 })
      const names = Array.from({ length: 100 }, (_, index) => String(index))
      yield* enqueueAll(names)
      yield* settled
      assert.deepStrictEqual(ran.toSorted(), names.toSorted())
    }).pipe(inHoldfast(handlers))
  })
})

describe("when a worker looks", () => {
  it.effect("a poll finds the jobs that nobody announced", () => {
    const { at, handlers } = noting()
    return Effect.gen(function*() {
      yield* work({ jobs: [Task], pollInterval: "5 seconds" })
      yield* TestClock.adjust("1 second")
      yield* (yield* anotherProcess).enqueue(Task, "unannounced")
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(at, [5000])
    }).pipe(inHoldfast(handlers))
  })

  it.effect("a delayed job runs exactly when it is due, and not a poll later", () => {
    const { at, handlers } = noting()
    return Effect.gen(function*() {
      yield* work({ jobs: [Task] })
      yield* JobQueue.enqueue(Task, "later", { delay: 90_001 })
      yield* JobQueue.enqueue(Task, "sooner", { delay: 30_007 })
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(at, [30_007, 90_001])
    }).pipe(inHoldfast(handlers))
  })

  it.effect("also one that nobody announced, once a poll has seen it", () => {
    const { at, handlers } = noting()
    return Effect.gen(function*() {
      yield* work({ jobs: [Task], pollInterval: "5 seconds" })
      yield* (yield* anotherProcess).enqueue(Task, "unannounced", { delay: 6001 })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(at, [6001])
    }).pipe(inHoldfast(handlers))
  })

  it.effect("polling an empty queue only reads", () =>
    Effect.gen(function*() {
      const { calls } = yield* StoreFaults
      yield* work({ jobs: [Task], pollInterval: "5 seconds" })
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* calls("nextDue"), 13)
      assert.strictEqual(yield* calls("claim"), 0)
    }).pipe(inHoldfast(noting().handlers)))

  it.effect("a worker without a free slot does not look at all", () => {
    const { handlers, names } = waiting()
    return Effect.gen(function*() {
      const { calls } = yield* StoreFaults
      yield* work({ jobs: [Task], concurrency: 1, pollInterval: "5 seconds" })
      yield* enqueueAll(["a", "b"])
      yield* settled
      const looks = yield* calls("nextDue")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* calls("nextDue"), looks)
      assert.deepStrictEqual(names(), ["a"])
    }).pipe(inHoldfast(handlers))
  })

  it.effect("a queue that is full does not make it spin, however many due jobs are in it", () => {
    const { handlers, names } = waiting()
    return Effect.gen(function*() {
      const { calls } = yield* StoreFaults
      yield* work({ jobs: [Task], queues: { slow: 1, fast: 1 }, pollInterval: "5 seconds" })
      yield* enqueueAll(["s1", "s2", "s3"], "slow")
      yield* settled
      const looks = yield* calls("nextDue")
      const claims = yield* calls("claim")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* calls("nextDue"), looks + 12)
      assert.strictEqual(yield* calls("claim"), claims)
      assert.deepStrictEqual(names(), ["s1"])
    }).pipe(inHoldfast(handlers))
  })

  it.effect("a claim that comes back empty, because another was faster, is not repeated without a pause", () =>
    Effect.gen(function*() {
      const { calls, inject } = yield* StoreFaults
      yield* inject("claim", nothingFound)
      yield* work({ jobs: [Task] })
      yield* enqueueAll(["a"])
      yield* TestClock.adjust("1 second")
      assert.isAtMost(yield* calls("claim"), 11)
    }).pipe(inHoldfast(noting().handlers)))

  it.effect("a loop gives way once in every turn, so that it starves nothing", () => {
    let turns = 0
    const { handlers, ran } = noting()
    const counting = Layer.succeed(EventLoop, {
      turn: Effect.zipRight(Effect.sync(() => turns++), Effect.yieldNow()),
      overdue: () => false
    })
    return Effect.gen(function*() {
      const { calls } = yield* StoreFaults
      yield* Effect.provide(work({ jobs: [Task], concurrency: 1 }), counting)
      yield* enqueueAll(Array.from({ length: 50 }, () => "x"))
      yield* settled
      assert.strictEqual(ran.length, 50)
      assert.isAtLeast(turns, yield* calls("nextDue"))
    }).pipe(inHoldfast(handlers))
  })
})

describe("a store that is away", () => {
  const faults: Readonly<Record<string, Fault>> = { "fails": failing, "dies": dying }
  for (const operation of ["nextDue", "claim"] as const) {
    for (const [how, fault] of Object.entries(faults)) {
      it.effect(`a worker survives a store whose ${operation} ${how}, and goes on at a later poll`, () => {
        const { handlers, ran } = noting()
        return Effect.gen(function*() {
          const { inject, mend } = yield* StoreFaults
          yield* inject(operation, fault)
          yield* work({ jobs: [Task], pollInterval: "5 seconds" })
          yield* enqueueAll(["a"])
          yield* TestClock.adjust("1 minute")
          assert.deepStrictEqual(ran, [])
          const lines = yield* linesSaying("The job store failed, trying again")
          assert.isAtLeast(lines.length, 12)
          assert.isAtMost(lines.length, 15)
          assert.strictEqual(lines[0]?.annotations["step"], "claim")
          yield* mend(operation)
          yield* TestClock.adjust("5 seconds")
          assert.deepStrictEqual(ran, ["a"])
        }).pipe(inHoldfast(handlers))
      })
    }
  }
})

describe("a store that does not answer", () => {
  it.effect("a worker that is not told what is due says so and looks again", () => {
    const { handlers, ran } = noting()
    return Effect.gen(function*() {
      yield* StoreFaults.inject("nextDue", hanging, 1)
      yield* work({ jobs: [Task], pollInterval: "5 seconds" })
      yield* enqueueAll(["a"])
      yield* TestClock.adjust(29_999)
      assert.deepStrictEqual(ran, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(ran, ["a"])
      const [line] = yield* linesSaying("The job store failed, trying again")
      assert.include(String(line?.annotations["error"]), "no answer in time")
    }).pipe(inHoldfast(handlers))
  })
})

describe("a worker with an end", () => {
  it.effect("once: claims one time, at most as many as it may run, and ends when they have settled", () => {
    const { handlers, ran } = noting()
    return Effect.gen(function*() {
      yield* enqueueAll(["a", "b", "c"])
      yield* Worker.run({ jobs: [Task], concurrency: 2, once: true })
      assert.deepStrictEqual(ran, ["a", "b"])
      assert.strictEqual((yield* JobQueue.list({ status: "succeeded" })).jobs.length, 2)
      assert.strictEqual((yield* JobQueue.list({ status: "pending" })).jobs.length, 1)
    }).pipe(inHoldfast(handlers))
  })

  it.effect("once: ends also when no job was due", () =>
    Worker.run({ jobs: [Task], once: true }).pipe(inHoldfast(noting().handlers)))

  it.effect("once: ends also when a job failed", () =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Task, "a")
      yield* Worker.run({ jobs: [Task], once: true })
      assert.strictEqual((yield* JobQueue.get(id)).failures, 1)
    }).pipe(inHoldfast(Task.toLayer(() => Effect.fail("no")))))

  for (const [what, fault] of [["fails", failing], ["dies", dying]] as const) {
    it.effect(`once: fails when its one claim ${what}, and leaves it at that`, () =>
      Effect.gen(function*() {
        yield* StoreFaults.inject("claim", fault)
        const error = yield* Effect.flip(Worker.run({ jobs: [Task], once: true }))
        assert.strictEqual(error._tag, "StoreError")
        assert.include(error.message, "The job store failed in claim: ")
      }).pipe(inHoldfast(noting().handlers)))
  }

  it.effect("maxJobs: never claims more in all, and ends when they have settled", () => {
    const { handlers, names, running } = waiting()
    return Effect.gen(function*() {
      yield* enqueueAll(["a", "b", "c", "d", "e"])
      const worker = yield* Effect.fork(Worker.run({ ...calm, jobs: [Task], concurrency: 2, maxJobs: 3 }))
      yield* settled
      assert.deepStrictEqual(names(), ["a", "b"])
      running[0]?.end()
      running[0]?.end()
      yield* settled
      assert.deepStrictEqual(names(), ["c"])
      assert.isTrue(Option.isNone(yield* worker.poll))
      running[0]?.end()
      yield* settled
      assert.isTrue(Option.isSome(yield* worker.poll))
      assert.strictEqual((yield* JobQueue.list({ status: "succeeded" })).jobs.length, 3)
      assert.strictEqual((yield* JobQueue.list({ status: "pending" })).jobs.length, 2)
    }).pipe(inHoldfast(handlers))
  })

  it.effect("maxJobs: waits for as many as it was told", () => {
    const { handlers, ran } = noting()
    return Effect.gen(function*() {
      const worker = yield* Effect.fork(Worker.run({ ...calm, jobs: [Task], maxJobs: 2 }))
      yield* settled
      yield* enqueueAll(["a"])
      yield* TestClock.adjust("1 minute")
      assert.isTrue(Option.isNone(yield* worker.poll))
      yield* enqueueAll(["b", "c"])
      yield* settled
      assert.isTrue(Option.isSome(yield* worker.poll))
      assert.deepStrictEqual(ran, ["a", "b"])
    }).pipe(inHoldfast(handlers))
  })
})

describe("a worker and the transactions of others", () => {
  it.effect("a worker whose layer is built in a transaction does not become part of it", () => {
    const { handlers, ran } = noting()
    return Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.flip(sql.withTransaction(Effect.gen(function*() {
        yield* Layer.build(Worker.layer({ ...calm, jobs: [Task] }))
        yield* JobQueue.enqueue(Task, "rolled back")
        yield* settled
        return yield* Effect.fail("changed my mind")
      })))
      yield* settled
      assert.deepStrictEqual(ran, [])
      const { id } = yield* JobQueue.enqueue(Task, "kept")
      yield* settled
      assert.deepStrictEqual(ran, ["kept"])
      assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
    }).pipe(inHoldfast(handlers))
  })

  it.effect("a worker that is started in a transaction claims after its end", () => {
    const { handlers, ran } = noting()
    return Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* enqueueAll(["a"])
      yield* sql.withTransaction(Effect.gen(function*() {
        yield* work({ jobs: [Task] })
        assert.deepStrictEqual(ran, [])
      }))
      yield* settled
      assert.deepStrictEqual(ran, ["a"])
    }).pipe(inHoldfast(handlers))
  })

  it.effect("while a transaction goes on and on, a job whose heartbeats have to wait is stopped in time", () => {
    const stops: Array<number> = []
    const Held = Job.make("worker.held", { payload: Schema.Void, leaseFor: "60 seconds" })
    return Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const gate = yield* makeGate
      yield* work({ jobs: [Held], heartbeatInterval: "20 seconds" })
      yield* JobQueue.enqueue(Held, undefined)
      yield* settled
      yield* Effect.forkScoped(sql.withTransaction(gate.pass))
      yield* gate.reached
      yield* TestClock.adjust("50 seconds")
      assert.deepStrictEqual(stops, [45_000])
      yield* gate.open
    }).pipe(
      inHoldfast(
        Held.toLayer(() =>
          Effect.onInterrupt(Effect.never, () => Effect.map(TestClock.currentTimeMillis, (now) => void stops.push(now)))
        )
      )
    )
  })
})
