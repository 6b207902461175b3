import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, TestClock } from "effect"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import { makeWakeUps } from "../../src/runtime/lease/wakeUps.ts"
import { givingWayOnceAfter, settled } from "./harness.ts"

const inTenSeconds = makeWakeUps(Duration.seconds(10))

describe("what waits for an instant", () => {
  it.scoped("is woken then, each once, in the order of the instants, and not when it was called off", () =>
    Effect.gen(function*() {
      const { at } = yield* inTenSeconds
      const woken: Array<string> = []
      const wake = (name: string) => () => void woken.push(name)
      at(60_000, wake("last"))
      at(5000, wake("first"))
      const callOff = at(5000, wake("called off"))
      const alone = at(3000, wake("called off, alone"))
      yield* TestClock.adjust("2 seconds")
      at(4999.5, wake("second"))
      callOff()
      alone()
      yield* TestClock.adjust("2999 millis")
      assert.deepStrictEqual(woken, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(woken, ["first", "second"])
      at(4000, wake("overdue"))
      yield* settled
      assert.deepStrictEqual(woken, ["first", "second", "overdue"])
      callOff()
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(woken, ["first", "second", "overdue", "last"])
    }))

  it.scoped("can call off what is due with it", () =>
    Effect.gen(function*() {
      const { at } = yield* inTenSeconds
      const woken: Array<string> = []
      const callOffs: Array<() => void> = []
      at(1000, () => {
        woken.push("first")
        for (const callOff of callOffs) callOff()
      })
      callOffs.push(at(1000, () => void woken.push("second")))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(woken, ["first"])
    }))

  it.scoped("is woken where it is added in the middle of the look that finds none, wherever that is", () =>
    Effect.gen(function*() {
      for (let operations = 0; operations < 60; operations++) {
        const wakesInTime = Effect.gen(function*() {
          const { at } = yield* inTenSeconds
          yield* Effect.yieldNow()
          const woken = yield* Deferred.make<void>()
          const now = yield* TestClock.currentTimeMillis
          at(now + 5000, () => Deferred.unsafeDone(woken, Effect.void))
          yield* TestClock.adjust("5 seconds")
          return yield* Deferred.isDone(woken)
        })
        assert.isTrue(
          yield* wakesInTime.pipe(Effect.scoped, Effect.withScheduler(givingWayOnceAfter(operations))),
          `after ${operations} operations`
        )
      }
    }))

  it.scoped("is woken fifty in a turn of the event loop", () =>
    Effect.gen(function*() {
      const inTurns: Array<number> = []
      let woken = 0
      const { at } = yield* Effect.provideService(inTenSeconds, EventLoop, {
        overdue: () => false,
        turn: Effect.sync(() => {
          inTurns.push(woken)
          woken = 0
        })
      })
      for (let number = 0; number < 120; number++) at(1000, () => void woken++)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([...inTurns, woken], [50, 50, 20])
    }))
})

describe("a clock whose sleepers are woken a few at a time", () => {
  it.scoped("lets them sleep as long as any other, and be interrupted", () =>
    Effect.gen(function*() {
      const { clock } = yield* inTenSeconds
      const sleeps = (millis: number) => Effect.fork(Effect.withClock(Effect.sleep(Duration.millis(millis)), clock))
      const one = yield* sleeps(25_000)
      const other = yield* sleeps(1000)
      yield* settled
      yield* Fiber.interrupt(other)
      yield* TestClock.adjust("24999 millis")
      assert.isNull(one.unsafePoll())
      yield* TestClock.adjust(1)
      assert.isNotNull(one.unsafePoll())
      assert.strictEqual(clock.unsafeCurrentTimeMillis(), 25_000)
    }))

  it.scoped("sets no timer further ahead than it was told", () =>
    Effect.gen(function*() {
      const { at } = yield* inTenSeconds
      at(60_000, () => {})
      yield* settled
      assert.deepStrictEqual([...yield* TestClock.sleeps()], [10_000])
    }))
})
