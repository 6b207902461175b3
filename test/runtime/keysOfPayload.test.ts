import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { inHoldfast } from "./harness.ts"

const Sync = Job.make("keys.sync", {
  payload: { shop: Schema.String, tenant: Schema.optionalWith(Schema.String, { default: () => "acme" }) },
  uniqueKey: ({ shop }) => shop === "any" ? undefined : `shop ${shop}`,
  partitionKey: ({ tenant }) => tenant
})

const Nightly = Job.make("keys.nightly", { uniqueKey: "nightly", partitionKey: () => "house" })

const keysOf = (id: string) =>
  Effect.map(JobQueue.get(id), ({ partitionKey, uniqueKey, uniqueScope }) => [partitionKey, uniqueKey, uniqueScope])

describe("a key that follows from the payload", () => {
  it.effect("is its definition's, of every job that is enqueued without one", () =>
    Effect.gen(function*() {
      const first = yield* JobQueue.enqueue(Sync, { shop: "a", tenant: "globex" })
      assert.deepStrictEqual(yield* keysOf(first.id), ["globex", "shop a", "pending"])
      const again = yield* JobQueue.enqueue(Sync, { shop: "a", tenant: "globex" }, { uniqueScope: "pending" })
      assert.deepStrictEqual([again.id, again.outcome], [first.id, "kept"])
      const replaced = yield* JobQueue.enqueue(Sync, { shop: "a", tenant: "globex" }, { onConflict: "replace" })
      assert.deepStrictEqual([replaced.id, replaced.outcome], [first.id, "replaced"])
      const answers = yield* JobQueue.enqueueMany(Sync, [
        { payload: { shop: "b", tenant: "globex" } },
        { payload: { shop: "b", tenant: "globex" } },
        { payload: { shop: "b", tenant: "initech" } }
      ])
      assert.deepStrictEqual(answers.map(({ outcome }) => outcome), ["enqueued", "kept", "enqueued"])
    }).pipe(inHoldfast()))

  it.effect("gives way to the one that an enqueue names", () =>
    Effect.gen(function*() {
      const { id } = yield* JobQueue.enqueue(Sync, { shop: "a", tenant: "globex" }, {
        uniqueKey: "mine",
        partitionKey: "other"
      })
      assert.deepStrictEqual(yield* keysOf(id), ["other", "mine", "pending"])
    }).pipe(inHoldfast()))

  it.effect("may be none for some payloads, and the same for all", () =>
    Effect.gen(function*() {
      const none = yield* JobQueue.enqueue(Sync, { shop: "any", tenant: "globex" })
      assert.deepStrictEqual(yield* keysOf(none.id), ["globex", null, null])
      const nightly = yield* JobQueue.enqueue(Nightly)
      assert.deepStrictEqual(yield* keysOf(nightly.id), ["house", "nightly", "pending"])
      assert.strictEqual((yield* JobQueue.enqueue(Nightly)).id, nightly.id)
      const refused = yield* Effect.flip(JobQueue.enqueue(Sync, { shop: "any", tenant: "x" }, { onConflict: "move" }))
      assert(refused._tag === "InvalidJob")
      assert.include(refused.message, "onConflict: got move; expected nothing unless uniqueKey is given")
    }).pipe(inHoldfast()))

  it.effect("is refused by its name and value where it is no key, and nothing is enqueued", () =>
    Effect.gen(function*() {
      const define = (uniqueKey: (payload: { readonly text: string }) => string | undefined) =>
        Job.make("keys.odd", { payload: { text: Schema.String }, uniqueKey })
      const refusals: ReadonlyArray<readonly [(payload: { readonly text: string }) => string | undefined, string]> = [
        [() => "", `uniqueKey: got ""; expected well-formed text of 1 to 255 characters`],
        [({ text }) => text.repeat(200), "expected well-formed text of 1 to 255 characters"],
        [() => 5 as never, "uniqueKey: got 5; expected well-formed text of 1 to 255 characters"],
        [() => null as never, "uniqueKey: got null; expected well-formed text of 1 to 255 characters"]
      ]
      for (const [key, message] of refusals) {
        const refused = yield* Effect.flip(JobQueue.enqueue(define(key), { text: "two" }))
        assert(refused._tag === "InvalidJob")
        assert.include(refused.message, message)
      }
      const thrown = yield* Effect.flip(JobQueue.enqueue(
        define(({ text }) => {
          throw new Error(text)
        }),
        { text: "secret" }
      ))
      assert.strictEqual(thrown.message, `Job "keys.odd", uniqueKey: expected a function that does not throw`)
      assert.deepStrictEqual((yield* JobQueue.list()).jobs, [])
    }).pipe(inHoldfast()))

  it.effect("is asked for only of a payload that its schema takes", () =>
    Effect.gen(function*() {
      let asked = 0
      const Counted = Job.make("keys.counted", {
        payload: { text: Schema.String },
        uniqueKey: () => `${++asked}`
      })
      const refused = yield* Effect.flip(JobQueue.enqueue(Counted, { text: 5 as never }))
      assert.include(refused.message, "payload: expected string at text")
      assert.strictEqual(asked, 0)
    }).pipe(inHoldfast()))

  it("that is a text is checked when the kind is defined", () => {
    assert.throws(() => Job.make("keys.empty", { uniqueKey: "" }), `Job "keys.empty", uniqueKey: got ""; expected`)
    assert.throws(() => Job.make("keys.empty", { partitionKey: "" }), `Job "keys.empty", partitionKey: got ""`)
  })
})
