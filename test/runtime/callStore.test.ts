import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, TestClock } from "effect"
import { StoreError } from "../../src/domain/errors.ts"
import { callStore } from "../../src/runtime/callStore.ts"

const unanswered = Effect.uninterruptible(Effect.never)

it.effect("a call of the store is answered as the store answers", () =>
  Effect.gen(function*() {
    const failure = new StoreError({ operation: "open", cause: new Error("no such file") })
    assert.strictEqual(yield* callStore("prune", "1 minute", () => Effect.succeed(3)), 3)
    assert.strictEqual(yield* Effect.flip(callStore("prune", "1 minute", () => Effect.fail(failure))), failure)
  }))

it.effect("a call that is never answered, and cannot be interrupted, fails when its time is over", () =>
  Effect.gen(function*() {
    const call = yield* Effect.fork(Effect.flip(callStore("prune", "1 minute", () => unanswered)))
    yield* TestClock.adjust(59_999)
    assert.isNull(call.unsafePoll())
    yield* TestClock.adjust(1)
    const error = yield* Fiber.join(call)
    assert.strictEqual(error._tag, "StoreError")
    assert.strictEqual(error.message, "The job store failed in prune: no answer in time")
    assert.strictEqual(error.reason, "unavailable")
  }))

it.effect("a caller that is interrupted ends at once, whatever the call is doing", () =>
  Effect.gen(function*() {
    const begun = yield* Deferred.make<void>()
    const call = yield* Effect.fork(
      callStore("prune", "1 minute", () => Effect.zipRight(Deferred.succeed(begun, undefined), unanswered))
    )
    yield* Deferred.await(begun)
    assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(call)))
  }))

it.effect("a call that the caller gives up is interrupted", () =>
  Effect.gen(function*() {
    const interrupted = yield* Deferred.make<void>()
    const call = yield* Effect.fork(Effect.exit(callStore("prune", "1 minute", () =>
      Effect.onInterrupt(Effect.never, () =>
        Deferred.succeed(interrupted, undefined)))))
    yield* TestClock.adjust("1 minute")
    assert.isTrue(Exit.isFailure(yield* Fiber.join(call)))
    yield* Deferred.await(interrupted)
  }))

for (
  const [what, call] of [
    ["throws", () => {
      throw thrown
    }],
    ["dies", () => Effect.die(thrown)]
  ] as ReadonlyArray<[string, () => Effect.Effect<never>]>
) {
  it.effect(`a call that ${what} fails, with what was thrown as the cause`, () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(callStore("prune", "1 minute", call))
      assert.strictEqual(error._tag, "StoreError")
      assert.strictEqual(error.operation, "prune")
      assert.strictEqual(error.cause, thrown)
    }))
}

const thrown = new TypeError("the driver lost its mind")

it.effect("a store error that a call dies of keeps its reason", () =>
  Effect.gen(function*() {
    const lasting = new StoreError({ operation: "claim", cause: new Error("replaced"), reason: "databaseReplaced" })
    const error = yield* Effect.flip(callStore("prune", "1 minute", () => Effect.die(lasting)))
    assert.strictEqual(error, lasting)
  }))
