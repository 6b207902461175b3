import { assert, it } from "@effect/vitest"
import { Effect, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import { hanging, StoreFaults } from "../../src/testing.ts"
import { inHoldfast, linesSaying, work } from "./harness.ts"

const Idle = Job.make("unansweredMaintenance.idle", { payload: Schema.Void })

for (const operation of ["staleLeases", "prune"] as const) {
  it.effect(`a ${operation} that is never answered is given up after five minutes, and the next one is made`, () =>
    Effect.gen(function*() {
      yield* StoreFaults.inject(operation, hanging, 1)
      yield* work({ jobs: [Idle], staleCheckInterval: "1 minute" })
      yield* JobQueue.enqueue(Idle, undefined)
      const [job] = yield* JobQueue.claim({ jobs: [Idle], leaseFor: "1 minute" })
      assert(job)
      yield* TestClock.adjust("4 minutes")
      assert.deepStrictEqual(yield* linesSaying("The job store failed, trying again"), [])
      yield* TestClock.adjust("3 minutes")
      const [line] = yield* linesSaying("The job store failed, trying again")
      assert.strictEqual(line?.annotations["step"], operation === "prune" ? "prune" : "release stale")
      assert.strictEqual((yield* JobQueue.get(job.lease.jobId)).failures, 1)
      assert.isAbove(yield* StoreFaults.calls(operation), 1)
    }).pipe(inHoldfast(Idle.toLayer(() => Effect.never))))
}

for (
  const [what, tidy] of [
    ["is never answered", Effect.uninterruptible(Effect.never)],
    ["dies", Effect.die(new Error("the driver lost its mind"))]
  ] as const
) {
  it.effect(`a tidying that ${what} is told of, and pruning goes on`, () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      const broken = { ...store, tidy }
      yield* Effect.provideService(work({ jobs: [Idle], staleCheckInterval: "1 minute" }), JobStore, broken)
      const before = yield* StoreFaults.calls("prune")
      yield* TestClock.adjust("7 minutes")
      assert.isAbove(yield* StoreFaults.calls("prune"), before)
      const [line] = yield* linesSaying("The job store failed, trying again")
      assert.strictEqual(line?.annotations["step"], "tidy")
    }).pipe(inHoldfast(Idle.toLayer(() => Effect.never))))
}
