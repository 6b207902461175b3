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
