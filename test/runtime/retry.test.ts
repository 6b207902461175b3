import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { neverRetry } from "../../src/domain/Verdict.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { inHoldfast, settled, work } from "./harness.ts"

const Task = Job.make("retry.task", { payload: Schema.Void })

it.effect("a job that a person retries is run at once by a worker of the same process", () => {
  let runs = 0
  const run = Effect.suspend(() => (runs += 1) === 1 ? neverRetry("no") : Effect.void)
  return Effect.gen(function*() {
    yield* work({ jobs: [Task] })
    const { id } = yield* JobQueue.enqueue(Task, undefined)
    yield* settled
    assert.strictEqual((yield* JobQueue.get(id)).status, "failed")
    yield* JobQueue.retry(id)
    yield* settled
    assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
  }).pipe(inHoldfast(Task.toLayer(() => run)))
})
