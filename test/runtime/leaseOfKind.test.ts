import { assert, it } from "@effect/vitest"
import { Effect, Layer, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { failing, StoreFaults } from "../../src/testing.ts"
import { inHoldfast, notingStops, settled, work } from "./harness.ts"

const Short = Job.make("leaseOfKind.short", { payload: Schema.Void, leaseFor: "1 minute" })
const Long = Job.make("leaseOfKind.long", { payload: Schema.Void, leaseFor: "3 minutes" })

it.effect("of a worker's kinds each is claimed, kept and stopped by its own lease", () => {
  const short: Array<number> = []
  const long: Array<number> = []
  return Effect.gen(function*() {
    const ids = [
      (yield* JobQueue.enqueue(Short, undefined)).id,
      (yield* JobQueue.enqueue(Long, undefined)).id
    ]
    const held = Effect.forEach(ids, (id) => Effect.map(JobQueue.get(id), ({ lockedUntil }) => lockedUntil))
    yield* work({ jobs: [Long, Short], heartbeatInterval: "20 seconds" })
    yield* settled
    assert.deepStrictEqual(yield* held, [60_000, 180_000])
    yield* TestClock.adjust("20 seconds")
    assert.deepStrictEqual(yield* held, [80_000, 200_000])
    yield* StoreFaults.inject("extend", failing)
    yield* TestClock.adjust("3 minutes")
    assert.deepStrictEqual([short, long], [[65_000], [170_000]])
  }).pipe(inHoldfast(Layer.mergeAll(
    Short.toLayer(() => notingStops(short, Effect.never)),
    Long.toLayer(() => notingStops(long, Effect.never))
  )))
})
