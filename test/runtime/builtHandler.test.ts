import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Schema, Scope, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import * as Worker from "../../src/runtime/Worker.ts"
import { perform } from "../../src/testing.ts"
import { calm, inHoldfast, settled } from "./harness.ts"

const Send = Job.make("builtHandler.send", { payload: Schema.String })

/** A handler that is built with a connection, and what became of both. */
const withConnection = (takes = 0) => {
  const seen: Array<string> = []
  const note = (what: string) => Effect.sync(() => void seen.push(what))
  const layer = Send.toLayer(Effect.gen(function*() {
    yield* Effect.acquireRelease(note("connected"), () => note("disconnected"))
    return (payload: string) =>
      Effect.gen(function*() {
        yield* Effect.acquireRelease(note(`began ${payload}`), () => note(`ended ${payload}`))
        yield* Effect.sleep(takes)
      })
  }))
  return { seen, layer }
}

/** A worker with its handler's layer, and how to close both. */
const built = <E, R>(handler: Layer.Layer<Job.Handler<"builtHandler.send">, E, R>) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const worker = Worker.layer({ ...calm, jobs: [Send], shutdownGrace: "10 seconds" })
    yield* Layer.buildWithScope(Layer.provide(worker, handler), scope)
    yield* settled
    return Scope.close(scope, Exit.void)
  })

describe("what a handler is built with", () => {
  it.effect("is acquired once, for every attempt, and released when the layer closes", () => {
    const { layer, seen } = withConnection()
    return Effect.gen(function*() {
      const close = yield* built(layer)
      for (const payload of ["a", "b"]) {
        yield* JobQueue.enqueue(Send, payload)
        yield* settled
      }
      assert.deepStrictEqual(seen, ["connected", "began a", "ended a", "began b", "ended b"])
      yield* close
      assert.deepStrictEqual(seen.slice(5), ["disconnected"])
    }).pipe(inHoldfast())
  })

  it.effect("is released only after the attempts have ended that run at a shutdown", () => {
    const { layer, seen } = withConnection(5000)
    return Effect.gen(function*() {
      const close = yield* built(layer)
      const { id } = yield* JobQueue.enqueue(Send, "a")
      yield* settled
      const closed = yield* Effect.fork(close)
      yield* TestClock.adjust(4999)
      assert.deepStrictEqual(seen, ["connected", "began a"])
      yield* TestClock.adjust(1)
      yield* closed
      assert.deepStrictEqual(seen, ["connected", "began a", "ended a", "disconnected"])
      assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
    }).pipe(inHoldfast())
  })

  it.effect("is there for a handler that is performed, whose own resources end with it", () => {
    const { layer, seen } = withConnection()
    return Effect.gen(function*() {
      yield* perform(Send, "a").pipe(Effect.provide(layer))
      assert.deepStrictEqual(seen, ["connected", "began a", "ended a", "disconnected"])
    }).pipe(inHoldfast())
  })
})
