import { assert, it } from "@effect/vitest"
import { Effect, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { inHoldfast, work } from "./harness.ts"

const Task = Job.make("betweenMillis.task", { payload: Schema.Void, leaseFor: "1 minute" })

it.effect("a job runs and keeps its lease on a TestClock that a jittered wait has left between two milliseconds", () =>
  Effect.gen(function*() {
    yield* TestClock.setTime(1000 / 3)
    yield* work({ jobs: [Task], heartbeatInterval: "20 seconds" })
    const { id } = yield* JobQueue.enqueue(Task, undefined)
    yield* TestClock.adjust("2 minutes")
    const { failures, status } = yield* JobQueue.get(id)
    assert.deepStrictEqual([status, failures], ["succeeded", 0])
  }).pipe(inHoldfast(Task.toLayer(() => Effect.sleep("90 seconds")))))
