import { assert, describe, it, vi } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { LoopDelay } from "../../src/platform/LoopDelay.ts"

/** Keeps the loop busy. */
const stand = (millis: number) =>
  Effect.sync(() => {
    const until = performance.now() + millis
    while (performance.now() < until);
  })

const realTime = (millis: number) => Effect.promise(() => new Promise((resolve) => setTimeout(resolve, millis)))

/** Notes the delays that are told, and waits for the next one. */
const watching = Effect.gen(function*() {
  const { watch } = yield* LoopDelay
  const told: Array<number> = []
  let next = Deferred.unsafeMake<void>(yield* Effect.fiberId)
  const id = yield* Effect.fiberId
  yield* watch((late) => {
    told.push(late)
    Deferred.unsafeDone(next, Effect.void)
    next = Deferred.unsafeMake<void>(id)
  })
  return { told, next: Effect.suspend(() => Deferred.await(next)) }
})

describe("the delay of the process's event loop", () => {
  it.scopedLive("is known as soon as the loop has stood, and told once its timer comes due", () =>
    Effect.gen(function*() {
      const { next, told } = yield* watching
      const { computed, overdue } = yield* LoopDelay
      yield* next
      const used = process.cpuUsage()
      yield* stand(500)
      assert.isAtLeast(overdue(), 399)
      const { system, user } = process.cpuUsage(used)
      assert.isAtLeast(computed(), (system + user) / 1000)
      const before = told.length
      yield* next
      assert.isAtLeast(told[before] ?? 0, 399)
      yield* next
      assert.isBelow(overdue(), 400)
      assert.isBelow(computed(), (system + user) / 1000 + 400)
    }))

  it.scopedLive("is none when the wall clock is set", () =>
    Effect.gen(function*() {
      const { next, told } = yield* watching
      yield* Effect.acquireRelease(
        Effect.sync(() => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 })),
        () => Effect.sync(() => vi.useRealTimers())
      )
      yield* next
      yield* next
      assert.isBelow(Math.max(...told), 600_000)
    }))

  it.live("is told until the scope closes", () =>
    Effect.gen(function*() {
      const { told } = yield* Effect.scoped(Effect.tap(watching, ({ next }) => next))
      const count = told.length
      yield* realTime(250)
      assert.strictEqual(told.length, count)
      yield* stand(300)
      assert.strictEqual((yield* LoopDelay).overdue(), 0)
    }))

  it.scoped("is nothing to who lives by a clock that a test moves", () =>
    Effect.gen(function*() {
      const { told } = yield* watching
      yield* realTime(250)
      assert.deepStrictEqual(told, [])
    }))
})
