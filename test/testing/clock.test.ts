import { assert, describe, it } from "@effect/vitest"
import { assertNone, assertSome } from "@effect/vitest/utils"
import { Duration, Effect } from "effect"
import { advance, inRealTime, nextTimer } from "../../src/testing/clock.ts"

describe("the test's clock", () => {
  it.effect("knows the next instant that anything waits for, and none of what waits for ever", () =>
    Effect.gen(function*() {
      assertNone(yield* nextTimer)
      yield* Effect.fork(Effect.sleep(Duration.infinity))
      yield* advance(0)
      assertNone(yield* nextTimer)
      yield* Effect.fork(Effect.sleep("3 seconds"))
      yield* Effect.fork(Effect.sleep("2 seconds"))
      yield* advance("1 second")
      assertSome(yield* nextTimer, 2000)
    }))

  it.effect("does not hold up what goes by the time of the real world", () => inRealTime(Effect.sleep("1 millis")))

  it.live("is missed where the clock moves by itself, with a word on what to do", () =>
    Effect.gen(function*() {
      assertNone(yield* nextTimer)
      assert.include(String(yield* Effect.exit(advance(0))), "run it with it.effect")
    }))
})
