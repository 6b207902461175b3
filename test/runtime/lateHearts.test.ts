import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, TestClock } from "effect"
import { monotonicMillis } from "../../src/platform/monotonic.ts"
import { makeLateHearts } from "../../src/runtime/lease/lateHearts.ts"
import { givingWayOnceAfter } from "./harness.ts"

describe("hearts that start late", () => {
  it.scoped("start half an interval after their claim, each once, and not when called off", () =>
    Effect.gen(function*() {
      const hearts = yield* makeLateHearts(Duration.seconds(10))
      const started: Array<string> = []
      const start = (name: string) => Effect.sync(() => void started.push(name))
      hearts.add(0, start("first"), 0)
      const callOff = hearts.add(0, start("called off"), 0)
      yield* TestClock.adjust("2 seconds")
      hearts.add(2000, start("second"), 2000)
      callOff?.()
      yield* TestClock.adjust("2999 millis")
      assert.deepStrictEqual(started, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(started, ["first"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(started, ["first", "second"])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(started, ["first", "second"])
    }))

  it.scoped("are left to the caller where that instant has passed, or a later claim is waited for", () =>
    Effect.gen(function*() {
      const hearts = yield* makeLateHearts(Duration.seconds(10))
      const started: Array<string> = []
      const start = (name: string) => Effect.sync(() => void started.push(name))
      yield* TestClock.adjust("20 seconds")
      assert.isUndefined(hearts.add(15_000, start("overdue"), 20_000))
      assert.isDefined(hearts.add(20_000, start("now"), 20_000))
      assert.isUndefined(hearts.add(19_000, start("earlier"), 20_000))
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(started, ["now"])
    }))

  it.scoped("start when they are added in the middle of the look that finds none, wherever that is", () =>
    Effect.gen(function*() {
      for (let operations = 0; operations < 60; operations++) {
        const startsInTime = Effect.gen(function*() {
          const hearts = yield* makeLateHearts(Duration.seconds(10))
          yield* Effect.yieldNow()
          const started = yield* Deferred.make<void>()
          const now = yield* monotonicMillis
          hearts.add(now, Deferred.succeed(started, undefined), now)
          yield* TestClock.adjust("5 seconds")
          return yield* Deferred.isDone(started)
        })
        assert.isTrue(
          yield* startsInTime.pipe(Effect.scoped, Effect.withScheduler(givingWayOnceAfter(operations))),
          `after ${operations} operations`
        )
      }
    }))
})
