import { SqlClient } from "@effect/sql"
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { inHoldfast, linesSaying, work } from "./harness.ts"

const Task = Job.make("foreignRows.task", { payload: Schema.Unknown })

it.effect("a row that an app inserted by itself keeps no other job from being run", () => {
  const ran: Array<unknown> = []
  return Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const [, upperCase, noJson] = yield* JobQueue.enqueueMany(Task, [1, 2, 3, 4].map((payload) => ({ payload })))
    yield* sql`UPDATE holdfast_jobs SET id = upper(id) WHERE id = ${String(upperCase?.id)}`
    yield* sql`UPDATE holdfast_jobs SET payload = ${"{}\0{"} WHERE id = ${String(noJson?.id)}`
    yield* work({ jobs: [Task] })
    assert.deepStrictEqual(ran, [1, 2, 4])
    assert.lengthOf((yield* JobQueue.list({ status: "succeeded" })).jobs, 3)
    const { attempts, lastError, payload, status } = yield* JobQueue.get(String(noJson?.id))
    assert.deepStrictEqual([status, attempts, payload], ["failed", 1, undefined])
    assert.strictEqual(lastError, `Job "foreignRows.task", payload: expected JSON`)
    assert.lengthOf(yield* linesSaying("The attempt died; its lease will run out"), 0)
  }).pipe(inHoldfast(Task.toLayer((payload) => Effect.sync(() => void ran.push(payload)))))
})
