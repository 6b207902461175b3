import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, TestClock } from "effect"
import { EventLoop } from "../../src/platform/EventLoop.ts"
import { makeWakeUps } from "../../src/runtime/lease/wakeUps.ts"
import { givingWayOnceAfter, inHoldfast, linesSaying, settled } from "./harness.ts"

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

  it.scoped("is woken although all that waited for its instant were called off as that came", () =>
    Effect.gen(function*() {
      const { at } = yield* inTenSeconds
      const woken: Array<string> = []
      at(1000, () => {
        woken.push("first")
        callOff()
        at(1000, () => void woken.push("again"))
      })
      const callOff = at(1000, () => void woken.push("second"))
      yield* TestClock.adjust("1 second")
      yield* settled
      assert.deepStrictEqual(woken, ["first", "again"])
    }))

  it.scoped("is woken although what was woken before it has thrown, which the log says", () =>
    Effect.gen(function*() {
      const { at } = yield* inTenSeconds
      let isWoken = false
      at(1000, () => {
        throw new Error("a bug")
      })
      at(1000, () => void (isWoken = true))
      yield* TestClock.adjust("1 second")
      assert.isTrue(isWoken)
      const lines = yield* linesSaying("A wake-up threw; the lease that it was for may run out")
      assert.deepStrictEqual(lines.map(({ level }) => level), ["ERROR"])
    }).pipe(inHoldfast()))

  it.scoped("is woken although a timer was set late, as by a process that was stopped meanwhile", () =>
    Effect.gen(function*() {
      const clock = yield* Effect.clock
      const late = { sleep: (duration: Duration.Duration) => clock.sleep(Duration.times(duration, 2)) }
      const { at } = yield* Effect.withClock(inTenSeconds, Object.assign(Object.create(clock), late))
      const woken: Array<string> = []
      at(1000, () => void woken.push("late"))
      yield* TestClock.adjust("1500 millis")
      assert.deepStrictEqual(woken, [])
      at(1500, () => void woken.push("now"))
      yield* settled
      assert.deepStrictEqual(woken, ["late", "now"])
    }))

  it.scoped("has its timer set by a fiber that does not give way between its look at the clock and that", () =>
    Effect.gen(function*() {
      const clock = yield* Effect.clock
      for (let operations = 0; operations < 400; operations++) {
        let now = 0
        const timersAt: Array<number> = []
        const noting = {
          unsafeCurrentTimeNanos: () => BigInt(now * 1e6),
          sleep: (duration: Duration.Duration) =>
            Effect.async<void>(() => void timersAt.push(now + Duration.toMillis(duration)))
        }
        // As a handler that blocks the process.
        const blocked = givingWayOnceAfter(operations, () => void (now += 300))
        yield* Effect.gen(function*() {
          const { at } = yield* inTenSeconds
          at(1000, () => {})
          yield* settled
        }).pipe(
          Effect.scoped,
          Effect.withClock(Object.assign(Object.create(clock), noting)),
          Effect.withScheduler(blocked)
        )
        assert.deepStrictEqual(timersAt, [1000], `after ${operations} operations`)
      }
    }))

  it.effect("is woken also after the end of its worker, unless it is called off", () =>
    Effect.gen(function*() {
      const { at, clock } = yield* Effect.scoped(inTenSeconds)
      const woken: Array<string> = []
      at(15_000, () => void woken.push("first"))
      at(15_000, () => void woken.push("called off"))()
      const sleeper = yield* Effect.fork(Effect.withClock(Effect.sleep("15 seconds"), clock))
      yield* TestClock.adjust("14999 millis")
      assert.deepStrictEqual(woken, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(woken, ["first"])
      assert.isNotNull(sleeper.unsafePoll())
    }))

  it.scoped("is woken where it is added in the middle of the look that finds none, wherever that is", () =>
    Effect.gen(function*() {
      for (let operations = 0; operations < 400; operations++) {
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
      // Also of those that were due one after the other while the loop stood.
      for (let number = 0; number < 80; number++) at(900 + number, () => void woken++)
      yield* settled
      assert.deepStrictEqual([...inTurns, woken], [50, 50, 50, 50, 0])
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
