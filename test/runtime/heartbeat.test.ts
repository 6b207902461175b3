import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Metric, Schema, TestClock } from "effect"
import { CurrentJob } from "../../src/domain/CurrentJob.ts"
import * as Job from "../../src/domain/Job.ts"
import { neverRetry, snooze } from "../../src/domain/Verdict.ts"
import { metrics } from "../../src/runtime/telemetry/metrics.ts"
import type { EnqueueOptions } from "../../src/runtime/JobQueueService.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import type { Fault } from "../../src/testing.ts"
import { answeredAfter, dying, failing, hanging, StoreFaults, takeLeaseAway } from "../../src/testing.ts"
import { calm, counted, holdfast, inHoldfast, linesSaying, makeGate, notingStops, settled, work } from "./harness.ts"

/** Told to stop after three quarters of its lease, 45 s. */
const Long = Job.make("heartbeat.long", { payload: Schema.Void, leaseFor: "60 seconds", maxAttempts: 1 })

const beating = { jobs: [Long], heartbeatInterval: "20 seconds" } as const

const beats = Effect.flatMap(StoreFaults, ({ calls }) => calls("extend"))

/** Starts a worker and a job for it, which both are at their beginning when this returns. */
const startedWith = (options?: EnqueueOptions) =>
  Effect.gen(function*() {
    yield* work(beating)
    const { id } = yield* JobQueue.enqueue(Long, undefined, options)
    yield* settled
    return id
  })
const started = startedWith()

describe("a live job", () => {
  it.effect("a handler that runs for three times its lease is never released, and runs once", () => {
    let runs = 0
    const handler = Effect.zipRight(Effect.sync(() => runs++), Effect.sleep("180 seconds"))
    return Effect.gen(function*() {
      yield* work({ ...beating, staleCheckInterval: "10 seconds" })
      const { id } = yield* JobQueue.enqueue(Long, undefined)
      yield* TestClock.adjust("179 seconds")
      const running = yield* JobQueue.get(id)
      assert.strictEqual(running.status, "running")
      assert.strictEqual(running.attempts, 1)

      yield* TestClock.adjust("1 second")
      const ended = yield* JobQueue.get(id)
      assert.strictEqual(ended.status, "succeeded")
      assert.strictEqual(ended.failures, 0)
      assert.strictEqual(runs, 1)
    }).pipe(inHoldfast(Long.toLayer(() => Effect.asVoid(handler))))
  })

  it.effect("the same with what a worker does when it is told nothing: a lease of 10 minutes and a beat every 30 s", () => {
    const Plain = Job.make("heartbeat.plain", { payload: Schema.Void })
    return Effect.gen(function*() {
      yield* Effect.forkScoped(Worker.run({ jobs: [Plain], pollInterval: "1 hour", shutdownGrace: 0 }))
      yield* settled
      const { id } = yield* JobQueue.enqueue(Plain, undefined)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* JobQueue.get(id)).lockedUntil, 600_000)
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual((yield* JobQueue.get(id)).lockedUntil, 630_000)
      yield* TestClock.adjust("1770 seconds")
      const ended = yield* JobQueue.get(id)
      assert.strictEqual(ended.status, "succeeded")
      assert.strictEqual(ended.attempts, 1)
    }).pipe(inHoldfast(Plain.toLayer(() => Effect.sleep("30 minutes"))))
  })

  it.effect("a handler can ask until when it may run, and every heartbeat moves that instant", () => {
    const deadlines: Array<number> = []
    const ask = Effect.gen(function*() {
      const { deadline } = yield* CurrentJob
      deadlines.push(DateTime.toEpochMillis(yield* deadline))
    })
    return Effect.gen(function*() {
      yield* started
      yield* TestClock.adjust("50 seconds")
      assert.deepStrictEqual(deadlines, [45_000, 65_000, 85_000])
    }).pipe(inHoldfast(Long.toLayer(() => Effect.forever(Effect.zipRight(ask, Effect.sleep("21 seconds"))))))
  })
})

describe("the heartbeat stops with the job", () => {
  /** After 30 s, so that each has had one beat, at 20 s. */
  const ends: Readonly<
    Record<string, { readonly handler: Parameters<typeof Long.toLayer>[0]; readonly status: string }>
  > = {
    "succeeds": { handler: () => Effect.sleep("30 seconds"), status: "succeeded" },
    "fails": { handler: () => Effect.zipRight(Effect.sleep("30 seconds"), Effect.fail("no")), status: "failed" },
    "dies": { handler: () => Effect.zipRight(Effect.sleep("30 seconds"), Effect.die("no")), status: "failed" },
    "interrupts itself": {
      handler: () => Effect.zipRight(Effect.sleep("30 seconds"), Effect.interrupt),
      status: "failed"
    },
    "snoozes": { handler: () => Effect.zipRight(Effect.sleep("30 seconds"), snooze("10 hours")), status: "pending" },
    "says never again": {
      handler: () => Effect.zipRight(Effect.sleep("30 seconds"), neverRetry("no")),
      status: "failed"
    }
  }

  for (const [end, { handler, status }] of Object.entries(ends)) {
    it.effect(`when the handler ${end}`, () =>
      Effect.gen(function*() {
        const id = yield* started
        yield* TestClock.adjust("30 seconds")
        yield* expectNoMoreBeats(id, status)
      }).pipe(inHoldfast(Long.toLayer(handler))))
  }

  /** The job has ended with one beat made, and makes none from here on. */
  const expectNoMoreBeats = (id: string, status: string, made = 1) =>
    Effect.gen(function*() {
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, status)
      assert.strictEqual(yield* beats, made)
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(yield* beats, made)
      assert.deepStrictEqual(yield* JobQueue.get(id), job)
    })

  it.effect("when the handler is timed out", () => {
    const Timed = Job.make("heartbeat.timed", { payload: Schema.Void, timeout: "30 seconds", maxAttempts: 1 })
    return Effect.gen(function*() {
      yield* work({ jobs: [Timed], heartbeatInterval: "20 seconds" })
      const { id } = yield* JobQueue.enqueue(Timed, undefined)
      yield* TestClock.adjust("30 seconds")
      yield* expectNoMoreBeats(id, "failed")
    }).pipe(inHoldfast(Timed.toLayer(() => Effect.never)))
  })

  it.effect("when the job is cancelled", () =>
    Effect.gen(function*() {
      const id = yield* started
      yield* TestClock.adjust("30 seconds")
      yield* JobQueue.cancel(id)
      yield* settled
      yield* expectNoMoreBeats(id, "cancelled")
    }).pipe(inHoldfast(Long.toLayer(() => Effect.never))))

  it.effect("when the worker shuts down", () =>
    Effect.gen(function*() {
      const worker = yield* Effect.forkScoped(Worker.run({ ...calm, ...beating }))
      yield* settled
      const { id } = yield* JobQueue.enqueue(Long, undefined)
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.interrupt(worker)
      // The second has shortened the lease.
      yield* expectNoMoreBeats(id, "pending", 2)
    }).pipe(inHoldfast(Long.toLayer(() => Effect.never))))

  it.effect("and not before: it goes on while the job settles", () =>
    Effect.gen(function*() {
      const { inject, mend } = yield* StoreFaults
      yield* inject("complete", failing)
      const id = yield* started
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(yield* beats, 2)
      assert.strictEqual((yield* JobQueue.get(id)).lockedUntil, 100_000)
      yield* mend("complete")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
    }).pipe(inHoldfast(Long.toLayer(() => Effect.void))))
})

describe("a heartbeat that does not get through", () => {
  const faults: Readonly<Record<string, Fault>> = { "fails": failing, "dies": dying, "hangs": hanging }
  for (const [what, fault] of Object.entries(faults)) {
    it.effect(`a heartbeat that ${what} is logged and tried again, and the job goes on`, () =>
      Effect.gen(function*() {
        yield* StoreFaults.inject("extend", fault, 1)
        const id = yield* started
        yield* TestClock.adjust("100 seconds")
        assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
        assert.strictEqual((yield* JobQueue.get(id)).attempts, 1)
        const [line, ...more] = yield* linesSaying("Heartbeat failed, trying again")
        assert.strictEqual(line?.level, "WARN")
        assert.strictEqual(line?.annotations["jobId"], id)
        assert.deepStrictEqual(more, [])
      }).pipe(inHoldfast(Long.toLayer(() => Effect.sleep("100 seconds")))))

    it.effect(`where the interval is nearly half the lease, one heartbeat that ${what} does not cost the job`, () =>
      Effect.gen(function*() {
        yield* StoreFaults.inject("extend", fault, 1)
        yield* work({ jobs: [Long], heartbeatInterval: 29_999 })
        const { id } = yield* JobQueue.enqueue(Long, undefined)
        yield* TestClock.adjust("100 seconds")
        assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
      }).pipe(inHoldfast(Long.toLayer(() => Effect.sleep("100 seconds")))))

    it.effect(`when every heartbeat ${what}, the handler is stopped before its lease ends, and not sooner than it must`, () => {
      const stops: Array<number> = []
      return Effect.gen(function*() {
        yield* StoreFaults.inject("extend", fault)
        const id = yield* started
        yield* TestClock.adjust(44_999)
        assert.deepStrictEqual(stops, [])
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(stops, [45_000])
        const left = yield* JobQueue.get(id)
        assert.strictEqual(left.status, "running")
        assert.strictEqual(left.lockedUntil, 60_000)
        assert.strictEqual((yield* linesSaying("Stopping the handler"))[0]?.annotations["reason"], "DeadlinePassed")

        yield* TestClock.adjust("15 seconds")
        yield* JobQueue.releaseStale
        assert.include((yield* JobQueue.get(id)).lastError ?? "", "Stale lock")
      }).pipe(inHoldfast(Long.toLayer(() => notingStops(stops, Effect.never))))
    })
  }

  it.effect("a lease whose deadline has passed is not extended any more, though the store is back", () =>
    Effect.gen(function*() {
      const faults = yield* StoreFaults
      yield* faults.inject("extend", failing)
      const id = yield* started
      yield* TestClock.adjust("46 seconds")
      yield* faults.mend("extend")
      yield* TestClock.adjust("13 seconds")
      assert.strictEqual((yield* JobQueue.get(id)).lockedUntil, 60_000)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* JobQueue.releaseStale, 1)
      yield* TestClock.adjust("10 seconds")
    }).pipe(
      inHoldfast(Long.toLayer(() => Effect.onInterrupt(Effect.never, () => Effect.sleep("20 seconds"))))
    ))

  it.effect("a lease whose deadline passes while an extension is under way is not extended again", () =>
    Effect.gen(function*() {
      const faults = yield* StoreFaults
      // Beats are sent at 20, 27, 34 and 41 s.
      yield* faults.inject("extend", (call, operation) => Effect.delay(failing(call, operation), "2 seconds"), 3)
      const id = yield* started
      yield* TestClock.adjust("37 seconds")
      yield* faults.inject("extend", answeredAfter("4500 millis"), 1)
      yield* TestClock.adjust("33 seconds")
      assert.strictEqual(yield* beats, 4)
      assert.strictEqual((yield* JobQueue.get(id)).lockedUntil, 101_000)
      yield* TestClock.adjust("1 minute")
    }).pipe(
      inHoldfast(Long.toLayer(() => Effect.onInterrupt(Effect.never, () => Effect.sleep("60 seconds"))))
    ))

  it.effect("of a long lease only the last 30 s are left to stop in", () => {
    const Longer = Job.make("heartbeat.longer", { payload: Schema.Void, leaseFor: "10 minutes" })
    const stops: Array<number> = []
    return Effect.gen(function*() {
      yield* StoreFaults.inject("extend", failing)
      yield* work({ jobs: [Longer], heartbeatInterval: "4 minutes" })
      yield* JobQueue.enqueue(Longer, undefined)
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(stops, [570_000])
    }).pipe(inHoldfast(Longer.toLayer(() => notingStops(stops, Effect.never))))
  })

  it.effect("the time that counts is that before the claim was sent, however late its answer comes", () => {
    const stops: Array<number> = []
    return Effect.gen(function*() {
      const { inject } = yield* StoreFaults
      yield* inject("claim", answeredAfter("20 seconds"))
      yield* inject("extend", failing)
      yield* started
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(stops, [45_000])
    }).pipe(inHoldfast(Long.toLayer(() => notingStops(stops, Effect.never))))
  })

  it.effect("a job whose claim is answered after its deadline is not begun but handed back, which costs it nothing", () => {
    const runs: Array<number> = []
    const handler = Effect.flatMap(CurrentJob, ({ attempt }) => Effect.sync(() => void runs.push(attempt)))
    return Effect.gen(function*() {
      const { inject } = yield* StoreFaults
      yield* inject("claim", answeredAfter("45 seconds"), 1)
      yield* work(beating)
      const { id } = yield* JobQueue.enqueue(Long, undefined)
      yield* TestClock.adjust("45 seconds")
      assert.deepStrictEqual(runs, [2])
      const job = yield* JobQueue.get(id)
      assert.strictEqual(job.status, "succeeded")
      assert.strictEqual(job.failures, 0)
      assert.strictEqual(yield* beats, 0)
      const [line] = yield* linesSaying("Claimed too late to begin, handing the job back")
      assert.strictEqual(line?.annotations["jobId"], id)
    }).pipe(inHoldfast(Long.toLayer(() => handler)))
  })

  for (const answered of ["26 seconds", "39 seconds"] as const) {
    it.effect(`a claim that is answered after ${answered}, before its deadline, has its first beat in time`, () => {
      const stops: Array<number> = []
      return Effect.gen(function*() {
        yield* StoreFaults.inject("claim", answeredAfter(answered), 1)
        yield* work(beating)
        const { id } = yield* JobQueue.enqueue(Long, undefined)
        yield* TestClock.adjust("70 seconds")
        assert.deepStrictEqual(stops, [])
        assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
      }).pipe(inHoldfast(Long.toLayer(() => notingStops(stops, Effect.sleep("30 seconds")))))
    })
  }

  it.effect("a job is not begun that its first beat may come too late for, and costs nothing either", () => {
    const runs: Array<number> = []
    return Effect.gen(function*() {
      yield* StoreFaults.inject("claim", answeredAfter("40 seconds"), 1)
      yield* work(beating)
      const { id } = yield* JobQueue.enqueue(Long, undefined)
      yield* TestClock.adjust("45 seconds")
      assert.deepStrictEqual(runs, [2])
      assert.strictEqual((yield* JobQueue.get(id)).failures, 0)
    }).pipe(inHoldfast(Long.toLayer(() => Effect.map(CurrentJob, ({ attempt }) => void runs.push(attempt)))))
  })

  it.effect("the same holds for an extension: its answer may come late, its lease counts from when it was sent", () => {
    const stops: Array<number> = []
    return Effect.gen(function*() {
      const { inject } = yield* StoreFaults
      yield* inject("extend", answeredAfter("4 seconds"), 1)
      yield* started
      yield* TestClock.adjust("25 seconds")
      yield* inject("extend", failing)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(stops, [65_000])
    }).pipe(inHoldfast(Long.toLayer(() => notingStops(stops, Effect.never))))
  })
})

describe("a heartbeat that is late", () => {
  const Blocked = Job.make("heartbeat.blocked", { payload: Schema.Void, leaseFor: "60 seconds" })
  it.effect("is measured: by how much it was sent after its time", () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject("extend", answeredAfter("3 seconds"))
      yield* work({ jobs: [Blocked], heartbeatInterval: "20 seconds" })
      yield* JobQueue.enqueue(Blocked, undefined)
      yield* TestClock.adjust("50 seconds")
      const { count, max } = yield* Metric.value(Metric.tagged(metrics.heartbeatLateness, "kind", Blocked.kind))
      // The first is on time; the second waits for an interval after the first was answered.
      assert.deepStrictEqual([count, max], [2, 3])
    }).pipe(inHoldfast(Blocked.toLayer(() => Effect.never))))
})

describe("a lease that is lost", () => {
  /** A job that may go stale once, and what another worker does while this one cannot be heard. */
  const startedToBeTaken = startedWith({ maxAttempts: 2 })
  const takeLease = (id: string) =>
    Effect.gen(function*() {
      yield* takeLeaseAway(id)
      const [job] = yield* JobQueue.claim({ jobs: [Long], worker: "bob" })
      assert.strictEqual(job?.lease.attempt, 2)
    })

  it.effect("a handler whose lease is taken is interrupted at the next beat, its finalizers run, and nothing is written", () => {
    const stops: Array<number> = []
    return Effect.gen(function*() {
      const id = yield* startedToBeTaken
      yield* TestClock.adjust("1 second")
      yield* takeLease(id)
      const bobs = yield* JobQueue.get(id)
      yield* TestClock.adjust(18_999)
      assert.deepStrictEqual(stops, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(stops, [20_000])
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* beats, 1)
      assert.deepStrictEqual(yield* JobQueue.get(id), bobs)
      const [line] = yield* linesSaying("Lease lost, the attempt's outcome is not written")
      assert.strictEqual(line?.annotations["jobId"], id)
    }).pipe(inHoldfast(Long.toLayer(() => notingStops(stops, Effect.never))))
  })

  const lateEnds: Readonly<Record<string, Parameters<typeof Long.toLayer>[0]>> = {
    "complete": () => Effect.sleep("15 seconds"),
    "fail": () => Effect.zipRight(Effect.sleep("15 seconds"), Effect.fail("no")),
    "snooze": () => Effect.zipRight(Effect.sleep("15 seconds"), snooze("1 hour"))
  }
  for (const [end, handler] of Object.entries(lateEnds)) {
    it.effect(`a handler whose lease is taken cannot ${end} the job, even before it hears of it`, () =>
      Effect.gen(function*() {
        const id = yield* startedToBeTaken
        yield* takeLease(id)
        const bobs = yield* JobQueue.get(id)
        yield* TestClock.adjust("15 seconds")
        assert.deepStrictEqual(yield* JobQueue.get(id), bobs)
        assert.strictEqual((yield* linesSaying("Lease lost, the attempt's outcome is not written")).length, 1)
      }).pipe(inHoldfast(Long.toLayer(handler))))
  }

  it.effect("a handler whose lease is taken and that goes on to succeed all the same cannot complete", () =>
    Effect.gen(function*() {
      const id = yield* startedToBeTaken
      yield* takeLease(id)
      const bobs = yield* JobQueue.get(id)
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* JobQueue.get(id), bobs)
    }).pipe(inHoldfast(Long.toLayer(() => Effect.uninterruptible(Effect.sleep("25 seconds"))))))

  it.effect("a handler whose lease is taken cannot say how far it is", () => {
    const answers: Array<string> = []
    const report = Effect.gen(function*() {
      const { progress } = yield* CurrentJob
      yield* progress({ pages: 1 })
      yield* Effect.sleep("10 seconds")
      answers.push((yield* Effect.flip(progress({ pages: 2 })))._tag)
    })
    return Effect.gen(function*() {
      const id = yield* startedToBeTaken
      assert.deepStrictEqual((yield* JobQueue.get(id)).progress, { pages: 1 })
      yield* takeLease(id)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(answers, ["LeaseLost"])
      assert.deepStrictEqual((yield* JobQueue.get(id)).progress, { pages: 1 })
    }).pipe(inHoldfast(Long.toLayer(() => report)))
  })

  it.effect("a lease that is lost is counted", () => {
    const Lost = Job.make("heartbeat.lost", { payload: Schema.Void, leaseFor: "60 seconds" })
    return Effect.gen(function*() {
      yield* work({ jobs: [Lost], heartbeatInterval: "20 seconds" })
      const { id } = yield* JobQueue.enqueue(Lost, undefined)
      yield* settled
      yield* takeLeaseAway(id)
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* counted(metrics.leasesLost, { kind: "heartbeat.lost" }), 1)
    }).pipe(inHoldfast(Lost.toLayer(() => Effect.never)))
  })

  it.effect("a lease that is over, but that nobody released, can still be extended and settled", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const id = yield* started
      yield* sql`UPDATE holdfast_jobs SET locked_until = 1`
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual((yield* JobQueue.get(id)).lockedUntil, 80_000)
      yield* sql`UPDATE holdfast_jobs SET locked_until = 1`
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
    }).pipe(inHoldfast(Long.toLayer(() => Effect.sleep("30 seconds")))))
})

describe("a handler that refuses to stop", () => {
  const Stubborn = Job.make("heartbeat.stubborn", { payload: Schema.Void, leaseFor: "60 seconds" })

  it.effect("30 s after it was told to, it is a zombie: logged and counted, its heartbeat ends, its slot stays taken", () =>
    Effect.gen(function*() {
      const gate = yield* makeGate
      yield* Effect.gen(function*() {
        yield* work({ jobs: [Stubborn], heartbeatInterval: "20 seconds", concurrency: 1 })
        const { id } = yield* JobQueue.enqueue(Stubborn, undefined)
        const next = yield* JobQueue.enqueue(Stubborn, undefined)
        yield* gate.reached
        yield* JobQueue.cancel(id)
        yield* TestClock.adjust(29_999)
        assert.deepStrictEqual(yield* zombies, [])
        yield* TestClock.adjust(1)
        assert.deepStrictEqual((yield* zombies).map((line) => [line.level, line.annotations["jobId"]]), [["ERROR", id]])
        assert.strictEqual(yield* counted(metrics.zombies, { kind: "heartbeat.stubborn" }), 1)

        yield* TestClock.adjust("2 minutes")
        assert.strictEqual(yield* beats, 1)
        const left = yield* JobQueue.get(id)
        assert.strictEqual(left.status, "running")
        assert.strictEqual(left.lockedUntil, 80_000)
        assert.strictEqual((yield* JobQueue.get(next.id)).status, "pending")

        yield* JobQueue.releaseStale
        assert.strictEqual((yield* JobQueue.get(id)).status, "cancelled")
        yield* gate.open
        yield* settled
        assert.strictEqual((yield* JobQueue.get(id)).status, "cancelled")
        assert.strictEqual((yield* JobQueue.get(next.id)).status, "succeeded")
      }).pipe(
        Effect.scoped,
        Effect.provide(Stubborn.toLayer(() => Effect.uninterruptible(gate.pass)))
      )
    }).pipe(Effect.provide(holdfast())))

  it.effect("one that takes 29 s to clean up keeps its lease meanwhile, and is no zombie", () =>
    Effect.gen(function*() {
      const id = yield* started
      yield* JobQueue.cancel(id)
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual((yield* JobQueue.get(id)).status, "cancelled")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* zombies, [])
    }).pipe(inHoldfast(Long.toLayer(() => Effect.ensuring(Effect.never, Effect.sleep("29 seconds"))))))

  const zombies = linesSaying("The handler does not stop; its heartbeat ends and its lease will run out")
})
