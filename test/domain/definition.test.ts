import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer, Schema } from "effect"
import * as Job from "../../src/domain/Job.ts"

it.effect("each kind's handler is found under that kind, however many are provided", () => {
  const [First, Second] = [Job.make("first", { payload: Schema.Void }), Job.make("second", { payload: Schema.Void })]
  const handlers = Layer.mergeAll(First.toLayer(() => Effect.void), Second.toLayer(() => Effect.void))
  return Effect.scoped(Effect.map(Layer.build(handlers), (context) => {
    assert.strictEqual(Context.get(context, Job.handlerTag("first")).job, First)
    assert.strictEqual(Context.get(context, Job.handlerTag("second")).job, Second)
  }))
})

it("a definition that says no more has any error and no result, and one that does keeps its schemas", () => {
  const plain = Job.make("plain", { payload: Schema.Void })
  assert.strictEqual(plain.successSchema, Schema.Void)
  assert.strictEqual(plain.errorSchema, Schema.Unknown)
  const exact = Job.make("exact", { payload: Schema.Void, success: Schema.Number, error: Schema.String })
  assert.strictEqual(exact.successSchema, Schema.Number)
  assert.strictEqual(exact.errorSchema, Schema.String)
})

it("a kind and a queue may be 255 characters long, and no longer", () => {
  const longest = "n".repeat(255)
  const { kind, queue } = Job.make(longest, { payload: Schema.Void, queue: longest })
  assert.deepStrictEqual([kind, queue], [longest, longest])
  assert.throws(() => Job.make(`${longest}n`, { payload: Schema.Void }), "255 characters")
})
