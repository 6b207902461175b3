import { assert, describe, it } from "@effect/vitest"
import type { Tracer } from "effect"
import { Effect, Option } from "effect"
import { enqueuedIn, traceContextOf } from "../../src/runtime/telemetry/traceContext.ts"

const traceId = "0af7651916cd43dd8448eb211c80319c"
const spanId = "b7ad6b7169203331"

const currentTraceContext = Effect.withFiberRuntime<string | null>((fiber) => Effect.succeed(traceContextOf(fiber)))

describe("the trace context that a job keeps", () => {
  it.effect("is null outside any span", () =>
    Effect.gen(function*() {
      assert.isNull(yield* currentTraceContext)
    }))

  for (const [sampled, flags] of [[true, "01"], [false, "00"]] as const) {
    it.effect(`says in its flags whether the span is sampled: ${flags}`, () =>
      Effect.gen(function*() {
        const span: Tracer.Span = Object.assign(yield* Effect.makeSpan("request"), { traceId, spanId, sampled })
        const context = yield* Effect.withParentSpan(currentTraceContext, span)
        assert.strictEqual(context, `00-${traceId}-${spanId}-${flags}`)
        const parent = Option.getOrThrow(enqueuedIn(context))
        assert.deepStrictEqual([parent.traceId, parent.spanId, parent.sampled], [traceId, spanId, sampled])
      }))
  }

  const unreadable = [
    null,
    "",
    "nonsense",
    `00-${traceId}-${spanId}`,
    `00-${traceId}--01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    ` 00-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01 `
  ]
  for (const context of unreadable) {
    it(`is no parent when it cannot be read: ${JSON.stringify(context)}`, () => {
      assert.isTrue(Option.isNone(enqueuedIn(context)))
    })
  }
})
