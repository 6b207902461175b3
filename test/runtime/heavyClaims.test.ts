import { assert, it } from "@effect/vitest"
import { Array as Arr, Effect, Schema } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import type { Fault } from "../../src/testing.ts"
import { StoreFaults } from "../../src/testing.ts"
import { inHoldfast, settled, work } from "./harness.ts"

const Heavy = Job.make("heavyClaims.heavy", { payload: Schema.String })

it.effect("a worker with room for many large jobs claims 4 MiB of them at a time, one claim right after the other", () => {
  const claims: Array<unknown> = []
  const noting: Fault = (call) => Effect.tap(call, (jobs) => Effect.sync(() => claims.push((jobs as []).length)))
  let ran = 0
  return Effect.gen(function*() {
    const payload = "x".repeat(1_000_000)
    yield* JobQueue.enqueueMany(Heavy, Arr.makeBy(10, () => ({ payload })))
    yield* StoreFaults.inject("claim", noting)
    yield* work({ jobs: [Heavy], concurrency: 100 })
    yield* settled
    assert.deepStrictEqual(claims, [4, 4, 2])
    assert.strictEqual(ran, 10)

    yield* JobQueue.enqueueMany(Heavy, Arr.makeBy(5, () => ({ payload })))
    assert.lengthOf(yield* JobQueue.claim({ jobs: [Heavy], limit: 5 }), 4)
  }).pipe(inHoldfast(Heavy.toLayer(() => Effect.sync(() => void ran++))))
})
