import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { awaitAnswer, groupCalls } from "../../src/runtime/groupCalls.ts"
import { settled } from "./harness.ts"

/** Calls for one number each, which are doubled, and the calls that they became. */
const doubling = (
  limits: { readonly most: number; readonly mostBytes: number; readonly gathering?: Effect.Effect<void> }
) => {
  const calls: Array<ReadonlyArray<number>> = []
  return Effect.map(
    groupCalls<number, number, string>((items) => {
      calls.push(items)
      return Effect.succeed(items.map((item) => item === 13 ? Exit.fail("unlucky") : Exit.succeed(2 * item)))
    }, { ...limits, sizeOf: (item) => item }),
    (double) => ({ calls, double: (item: number) => awaitAnswer(double, item) })
  )
}

const together = { concurrency: "unbounded" } as const

describe("calls that are grouped", () => {
  it.effect("are one where fibers ask in the same turn, and each gets its own answer", () =>
    Effect.gen(function*() {
      const { calls, double } = yield* doubling({ most: 10, mostBytes: 1000 })
      const answers = yield* Effect.forEach([1, 13, 3], (item) => Effect.exit(double(item)), together)
      assert.deepStrictEqual(answers, [Exit.succeed(2), Exit.fail("unlucky"), Exit.succeed(6)])
      assert.deepStrictEqual(calls, [[1, 13, 3]])
    }))

  it.effect("hold no more items and no more bytes than they may, but always one", () =>
    Effect.gen(function*() {
      const { calls, double } = yield* doubling({ most: 3, mostBytes: 10 })
      const items = [1, 2, 3, 4, 6, 1, 500, 7]
      assert.deepStrictEqual(yield* Effect.forEach(items, double, together), items.map((item) => 2 * item))
      assert.deepStrictEqual(calls, [[1, 2, 3], [4, 6], [1], [500], [7]])
    }))

  it.effect("leave out a fiber that was interrupted before they are sent", () =>
    Effect.gen(function*() {
      const { calls, double } = yield* doubling({ most: 10, mostBytes: 1000 })
      const gone = yield* Effect.fork(double(1))
      const stays = yield* Effect.fork(double(2))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(gone)
      assert.strictEqual(yield* Fiber.join(stays), 4)
      assert.isAtMost(calls.flat().length, 2)
      assert.strictEqual(yield* double(3), 6)
    }))

  it.effect("take what comes while they gather, and leave out what was taken back meanwhile", () =>
    Effect.gen(function*() {
      const gathered = yield* Deferred.make<void>()
      const { calls, double } = yield* doubling({ most: 2, mostBytes: 1000, gathering: Deferred.await(gathered) })
      const fibers: Array<Fiber.Fiber<number, string>> = []
      for (const item of [1, 2, 3, 4]) {
        fibers.push(yield* Effect.fork(double(item)))
        yield* settled
      }
      const [, second] = fibers
      if (second !== undefined) yield* Fiber.interrupt(second)
      yield* Deferred.succeed(gathered, undefined)
      yield* settled
      assert.deepStrictEqual(calls, [[1, 3], [4]])
    }))

  for (const isWithdrawn of [true, false]) {
    it.effect(`${isWithdrawn ? "end" : "go on"} once nobody waits for any of their items, and not before`, () =>
      Effect.gen(function*() {
        let ended = false
        const call = yield* groupCalls<number, number, never>(
          () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => void (ended = true))),
          { most: 10, mostBytes: 10, sizeOf: () => 0, isWithdrawn }
        )
        const first = yield* Effect.fork(awaitAnswer(call, 1))
        const second = yield* Effect.fork(awaitAnswer(call, 2))
        yield* settled
        yield* Fiber.interrupt(first)
        yield* settled
        assert.isFalse(ended)
        yield* Fiber.interrupt(second)
        yield* settled
        assert.strictEqual(ended, isWithdrawn)
      }))
  }

  it.effect("answer a worker that nothing can interrupt", () =>
    Effect.uninterruptible(Effect.gen(function*() {
      const one = yield* groupCalls<number, number, never>(
        (items) => Effect.raceFirst(Effect.succeed(items.map((item) => Exit.succeed(item))), Effect.never),
        { most: 1, mostBytes: 1, sizeOf: () => 1 }
      )
      assert.strictEqual(yield* awaitAnswer(one, 1), 1)
    })))
})
