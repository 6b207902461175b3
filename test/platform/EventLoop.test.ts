import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { AsyncLocalStorage } from "node:async_hooks"
import { EventLoop, giveWay } from "../../src/platform/EventLoop.ts"

const nextTurn = Effect.promise(() => new Promise(setImmediate))

/** Stands for more than 10 ms, as a fiber does that runs one statement after the other. */
const stand = Effect.sync(() => {
  const until = performance.now() + 11
  while (performance.now() < until);
})

describe("the event loop of the process", () => {
  it.live("a turn lets what waits on it go first", () =>
    Effect.gen(function*() {
      let immediate = false
      setImmediate(() => void (immediate = true))
      yield* (yield* EventLoop).turn
      assert.isTrue(immediate)
    }))

  it.live("is overdue 10 ms after it was first asked in a turn, until its next one", () =>
    Effect.gen(function*() {
      const { overdue } = yield* EventLoop
      yield* nextTurn
      assert.isFalse(overdue())
      assert.isFalse(overdue())
      yield* stand
      assert.isTrue(overdue())
      assert.isTrue(overdue())
      yield* nextTurn
      assert.isFalse(overdue())
    }))

  it.live("of many that wait for a turn, no more are resumed in one than fit into it", () =>
    Effect.gen(function*() {
      const { turn } = yield* EventLoop
      const order: Array<string> = []
      const waiter = (name: string) =>
        Effect.gen(function*() {
          yield* turn
          order.push(name)
          setImmediate(() => void order.push("another turn"))
          yield* stand
        })
      yield* Effect.forEach(["a", "b", "c"], waiter, { concurrency: "unbounded" })
      assert.deepStrictEqual(order, ["a", "another turn", "b", "another turn", "c"])
    }))

  it.live("one that waits again in its turn waits for another", () =>
    Effect.gen(function*() {
      const { turn } = yield* EventLoop
      yield* turn
      let immediate = false
      setImmediate(() => void (immediate = true))
      yield* turn
      assert.isTrue(immediate)
    }))

  it.live("one that is interrupted as it waits for a turn keeps none from its own", () =>
    Effect.gen(function*() {
      const { turn } = yield* EventLoop
      const first = yield* Effect.fork(turn)
      const second = yield* Effect.fork(turn)
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(first)
      yield* Fiber.join(second)
    }))

  it.live("each that waits for a turn goes on in its own async context", () =>
    Effect.gen(function*() {
      const request = new AsyncLocalStorage<string>()
      const loop = yield* EventLoop
      const seen = yield* Effect.promise(() =>
        Promise.all(["a", "b"].map((name) =>
          request.run(name, () => Effect.runPromise(Effect.map(loop.turn, () => request.getStore())))
        ))
      )
      assert.deepStrictEqual(seen, ["a", "b"])
    }))

  it.live("is given way to when it is overdue, and only then", () =>
    Effect.gen(function*() {
      yield* nextTurn
      let immediate = false
      yield* giveWay
      setImmediate(() => void (immediate = true))
      yield* giveWay
      assert.isFalse(immediate)
      yield* stand
      yield* giveWay
      assert.isTrue(immediate)
    }))
})
