import { assert, it } from "@effect/vitest"
import { Effect, Schema, TestClock } from "effect"
import { CurrentJob } from "../../src/domain/CurrentJob.ts"
import * as Job from "../../src/domain/Job.ts"
import { snooze } from "../../src/domain/Verdict.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { inHoldfast, settled, work } from "./harness.ts"

const Sleepy = Job.make("backoffAfterSnooze.sleepy", { payload: Schema.Void })

const run = Effect.gen(function*() {
  const { attempt } = yield* CurrentJob
  if (attempt < 4) return yield* snooze("1 second")
  return yield* Effect.fail("no")
})

it.effect("a job that snoozed three times and then failed waits 60 s, as after any first failure", () =>
  Effect.gen(function*() {
    yield* work({ jobs: [Sleepy] })
    const { id } = yield* JobQueue.enqueue(Sleepy, undefined)
    yield* settled
    yield* TestClock.adjust("3 seconds")
    const { attempts, availableAt, failures } = yield* JobQueue.get(id)
    assert.deepStrictEqual([attempts, failures, availableAt], [4, 1, 63_000])
  }).pipe(inHoldfast(Sleepy.toLayer(() => run))))
