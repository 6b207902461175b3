import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, TestClock } from "effect"
import { monotonicMillis } from "../../src/platform/monotonic.ts"
import { makeLateHearts } from "../../src/runtime/attempt/lateHearts.ts"
import { givingWayOnceAfter } from "./harness.ts"

describe("hearts that start late", () => {
  it.scoped("start half an interval after their claim, each once, and not when called off", () =>
    Effect.gen(function*() {
      const hearts = yield* makeLateHearts(Duration.seconds(10))
      const started: Array<string> = []
      const start = (name: string) => Effect.sync(() => void started.push(name))
      yield* hearts.add(0, start("first"))
      const callOff = yield* hearts.add(0, start("called off"))
      yield* TestClock.adjust("2 seconds")
      yield* hearts.add(2000, start("second"))
      callOff()
      yield* TestClock.adjust("2999 millis")
      assert.deepStrictEqual(started, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(started, ["first"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(started, ["first", "second"])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(started, ["first", "second"])
    }))

  it.scoped("start at once where that instant has passed, or a later claim is waited for", () =>
    Effect.gen(function*() {
      const hearts = yield* makeLateHearts(Duration.seconds(10))
      const started: Array<string> = []
      const start = (name: string) => Effect.sync(() => void started.push(name))
      yield* TestClock.adjust("20 seconds")
      yield* hearts.add(15_000, start("overdue"))
      assert.deepStrictEqual(started, ["overdue"])
      yield* hearts.add(20_000, start("now"))
      yield* hearts.add(19_000, start("earlier"))
      assert.deepStrictEqual(started, ["overdue", "earlier"])
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(started, ["overdue", "earlier", "now"])
    }))

  it.scoped("start when they are added in the middle of the look that finds none, wherever that is", () =>
    Effect.gen(function*() {
      for (let operations = 0; operations < 60; operations++) {
        const startsInTime = Effect.gen(function*() {
          const hearts = yield* makeLateHearts(Duration.seconds(10))
          yield* Effect.yieldNow()
          const started = yield* Deferred.make<void>()
          yield* hearts.add(yield* monotonicMillis, Deferred.succeed(started, undefined))
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
