import { assert, describe, it } from "@effect/vitest"
import type { Fiber } from "effect"
import { Duration, Effect, Either, Runtime, Schema, Scope, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { toMillis } from "../../src/platform/monotonic.ts"
import { StoreError } from "../../src/domain/errors.ts"
import type { Extend } from "../../src/runtime/lease/beats.ts"
import { makeExtend } from "../../src/runtime/lease/beats.ts"
import { KeptLease } from "../../src/runtime/lease/heartbeat.ts"
import { makeWakeUps } from "../../src/runtime/lease/wakeUps.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import type { KeptLeases, Terms } from "../../src/store/keeper/LeaseKeeper.ts"
import { StoreFaults } from "../../src/testing.ts"
import { inHoldfast, settled } from "./harness.ts"

const Task = Job.make("keptLease.task", { payload: Schema.Void, leaseFor: "1 minute" })

/** A lease of a minute, beaten every 20 s once it has started, and started by nobody but the test. */
const keptBy = (extendWith?: Extend, keptByThread?: KeptLeases) =>
  Effect.gen(function*() {
    const store = yield* JobStore
    yield* JobQueue.enqueue(Task, undefined)
    const [job] = yield* JobQueue.claim({ jobs: [Task] })
    if (job === undefined) throw new Error("nothing was claimed")
    const runtime = yield* Effect.runtime()
    const clock = yield* Effect.clock
    /** As long as the event loop has stood, so that timers fire late. */
    let stoodFor = 0
    const now = () => toMillis(clock.unsafeCurrentTimeNanos()) + stoodFor
    const began = now()
    const scope = yield* Scope.make()
    const wakeUps = yield* makeWakeUps(Duration.seconds(20))
    const fork = <A, E>(effect: Effect.Effect<A, E>, scope?: Scope.Scope) =>
      Runtime.runFork(runtime)(Effect.interruptible(effect), {
        immediate: false,
        ...scope === undefined ? {} : { scope }
      })
    const hearts: Array<Fiber.RuntimeFiber<unknown, unknown>> = []
    let startLate: (() => void) | undefined
    const asked: Array<number> = []
    const lease = new KeptLease({
      job,
      leaseFor: 60_000,
      stallLimit: 300_000,
      keptByThread,
      interval: Duration.seconds(20),
      claimSentAt: began,
      stop: () => Effect.void,
      wakeUps: {
        at: (at, wake) => {
          asked.push(at - began)
          if (startLate !== undefined) return wakeUps.at(at, wake)
          startLate = wake
          return () => {}
        }
      },
      extend: extendWith ?? (yield* makeExtend(store)),
      events: store.events,
      now,
      scope,
      forkHeart: (beating) => {
        const heart = fork(beating, scope)
        hearts.push(heart)
        return heart
      },
      fork
    })
    lease.keep()
    return {
      lease,
      hearts,
      asked,
      startLate: Effect.sync(() => startLate?.()),
      stand: (millis: number) => Effect.sync(() => void (stoodFor = millis))
    }
  })

const kept = keptBy()

/** The beats that are sent in so many seconds from now. */
const beatsIn = (seconds: number) =>
  Effect.gen(function*() {
    const before = yield* StoreFaults.calls("extend")
    yield* TestClock.adjust(Duration.seconds(seconds))
    return (yield* StoreFaults.calls("extend")) - before
  })

/** A thread that keeps leases, of which a test says what it does. */
const makeThread = () => {
  const kept = new Set<Terms>()
  const told: Array<readonly [sentAt: number, deadline: number]> = []
  let heldUntil = -Infinity
  const leases: KeptLeases = {
    keep: (_, terms) => {
      kept.add(terms)
      return {
        heldUntil: () => heldUntil,
        extended: (sentAt, deadline) => void told.push([sentAt, deadline]),
        letGo: () => void kept.delete(terms)
      }
    }
  }
  return { kept, told, leases, holdsUntil: (until: number) => void (heldUntil = until) }
}

describe("a lease that a thread keeps, too", () => {
  it.effect("is told to it as it is, after each beat and in a drain, and once", () =>
    Effect.gen(function*() {
      const { kept, leases, told } = makeThread()
      const { lease, startLate } = yield* keptBy(undefined, leases)
      assert.deepStrictEqual([...kept], [
        { sentAt: 0, leaseFor: 60_000, interval: 20_000, holdsFor: 45_000, deadline: 45_000, stallLimit: 300_000 }
      ])
      yield* startLate
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(told, [[20_000, 65_000]])
      yield* lease.drain
      assert.deepStrictEqual([...kept], [
        { sentAt: 20_000, leaseFor: 30_000, interval: 5_000, holdsFor: 22_500, deadline: 42_500, stallLimit: 300_000 }
      ])
      yield* lease.end() ?? Effect.void
      assert.deepStrictEqual([...kept], [])
    }).pipe(inHoldfast()))

  it.effect("is in no slot twice where its worker drains while it goes on after a crash, and in none once it was let go", () =>
    Effect.gen(function*() {
      const { kept, leases } = makeThread()
      const { lease, startLate } = yield* keptBy(undefined, leases)
      yield* startLate
      yield* Effect.all([lease.drain, lease.resume], { concurrency: 2 })
      yield* lease.resume
      assert.strictEqual(kept.size, 1)
      yield* lease.cut
      assert.strictEqual(kept.size, 0)
      yield* lease.resume
      assert.strictEqual(kept.size, 1)
      yield* lease.letGo
      assert.strictEqual(kept.size, 0)
    }).pipe(inHoldfast()))

  it.effect("is held until the deadline that the thread has bought, and beaten again after that", () =>
    Effect.gen(function*() {
      const { holdsUntil, leases } = makeThread()
      const { asked, lease, stand, startLate } = yield* keptBy(undefined, leases)
      yield* startLate
      holdsUntil(110_000)
      assert.strictEqual(lease.deadline, 110_000)
      // The loop was blocked past the deadline that the worker knows of itself.
      yield* stand(80_000)
      assert.strictEqual(yield* beatsIn(20), 1)
      assert.isTrue(asked.every((at) => at >= 0))
    }).pipe(inHoldfast()))
})

describe("a lease that is kept", () => {
  it.effect("is not extended by a heart that was about to begin when its job ended", () =>
    Effect.gen(function*() {
      const { hearts, lease, startLate } = yield* kept
      yield* startLate
      yield* lease.end() ?? Effect.void
      yield* settled
      assert.deepStrictEqual(hearts.map((heart) => heart.unsafePoll() === null), [false])
      assert.strictEqual(yield* beatsIn(40), 0)
    }).pipe(inHoldfast()))

  it.effect("has one heart where its worker began to drain as that was to start", () =>
    Effect.gen(function*() {
      const { lease, startLate } = yield* kept
      yield* lease.drain
      yield* startLate
      assert.strictEqual(yield* beatsIn(24), 5)
    }).pipe(inHoldfast()))

  it.effect("has one heart where its worker drains while it goes on after a crash", () =>
    Effect.gen(function*() {
      const { lease, startLate } = yield* kept
      yield* startLate
      yield* settled
      yield* Effect.all([lease.drain, lease.resume], { concurrency: 2 })
      assert.strictEqual(yield* beatsIn(24), 5)
    }).pipe(inHoldfast()))

  it.effect("has no heart once it was let go while its worker began to drain", () =>
    Effect.gen(function*() {
      const { lease, startLate } = yield* kept
      yield* startLate
      yield* settled
      yield* Effect.all([lease.drain, lease.letGo], { concurrency: 2 })
      assert.strictEqual(yield* beatsIn(40), 0)
    }).pipe(inHoldfast()))

  it.effect("is not extended any more by a beat that waited for the store as the lease was let go", () =>
    Effect.gen(function*() {
      const { lease, startLate } = yield* kept
      const lockedUntil = Effect.map(JobQueue.list({ kind: Task.kind }), ({ jobs: [job] }) => job?.lockedUntil)
      const before = yield* lockedUntil
      yield* StoreFaults.inject("extend", (call) => Effect.delay(call, "3 seconds"))
      yield* startLate
      yield* TestClock.adjust("21 seconds")
      assert.strictEqual(yield* StoreFaults.calls("extend"), 1)
      yield* lease.letGo
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* lockedUntil, before)
    }).pipe(inHoldfast()))

  it.effect("is first extended an interval after its claim, also where the loop has stood as its heart started", () =>
    Effect.gen(function*() {
      const { asked, stand, startLate } = yield* kept
      yield* startLate
      yield* stand(12_000)
      yield* settled
      // The late start, the deadline, the first beat.
      assert.deepStrictEqual(asked, [10_000, 45_000, 20_000])
    }).pipe(inHoldfast()))

  it.effect("is not extended where the loop has stood until its deadline had passed", () =>
    Effect.gen(function*() {
      const { stand, startLate } = yield* kept
      yield* startLate
      yield* TestClock.adjust("19 seconds")
      yield* stand(40_000)
      assert.strictEqual(yield* beatsIn(20), 0)
    }).pipe(inHoldfast()))

  it.effect("is not kept any more by an answer that comes after its deadline", () =>
    Effect.gen(function*() {
      let beats = 0
      const { lease, startLate } = yield* keptBy(({ lease }) =>
        Effect.suspend(() => {
          beats++
          return Effect.delay(
            Effect.succeed(Either.right({ lease, kind: Task.kind, cancelRequested: false })),
            "50 seconds"
          )
        })
      )
      yield* startLate
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual(lease.deadline, 45_000)
      assert.strictEqual(beats, 1)
    }).pipe(inHoldfast()))

  it.effect("has no beat that is answered after its deadline", () =>
    Effect.gen(function*() {
      const answersBy: Array<number> = []
      const failed = Effect.delay(new StoreError({ operation: "extend", cause: new Error("away") }), "2 seconds")
      const { startLate } = yield* keptBy((_, answerBy) => Effect.suspend(() => (answersBy.push(answerBy), failed)))
      yield* startLate
      yield* TestClock.adjust("44 seconds")
      // Sent at 20, 27, 34 and 41 s, each with a quarter of the interval. The deadline is at 45 s.
      assert.deepStrictEqual(answersBy, [25_000, 32_000, 39_000, 45_000])
    }).pipe(inHoldfast()))
})
