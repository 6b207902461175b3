import { SqlClient } from "@effect/sql"
import { assert, it } from "@effect/vitest"
import { Array as Arr, Effect, Schema } from "effect"
import * as Job from "../../src/domain/Job.ts"
import type { Page } from "../../src/runtime/JobQueueService.ts"
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
    // Ids of one millisecond are ordered by their text, where upper case goes first.
    assert.sameMembers(ran, [1, 2, 4])
    assert.lengthOf((yield* JobQueue.list({ status: "succeeded" })).jobs, 3)
    const { attempts, lastError, payload, status } = yield* JobQueue.get(String(noJson?.id))
    assert.deepStrictEqual([status, attempts, payload], ["failed", 1, undefined])
    assert.strictEqual(lastError, `Job "foreignRows.task", payload: expected JSON`)
    assert.lengthOf(yield* linesSaying("The attempt died; its lease will run out"), 0)
  }).pipe(inHoldfast(Task.toLayer((payload) => Effect.sync(() => void ran.push(payload)))))
})

it.effect("a job whose id no enqueue would take can be looked at, cancelled, retried and paged past", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const jobs = yield* JobQueue.enqueueMany(Task, [1, 2, 3, 4].map((payload) => ({ payload })))
    yield* sql`UPDATE holdfast_jobs SET id = 'job ' || payload WHERE payload IN ('2', '3')`
    const pages: Array<ReadonlyArray<unknown>> = []
    let cursor: string | null | undefined
    while (cursor !== null) {
      const page: Page = yield* JobQueue.list(cursor === undefined ? { limit: 1 } : { limit: 1, cursor })
      pages.push(page.jobs.map(({ payload }) => payload))
      cursor = page.cursor
    }
    assert.deepStrictEqual(pages, [[3], [2], [4], [1]])

    assert.strictEqual((yield* JobQueue.get("job 2")).payload, 2)
    assert.strictEqual((yield* Effect.flip(JobQueue.retry("job 2")))._tag, "JobNotRetryable")
    assert.strictEqual(yield* JobQueue.cancel("job 2"), "cancelled")
    yield* JobQueue.retry("job 2")
    assert.strictEqual((yield* JobQueue.get("job 2")).status, "pending")
    for (const ask of [JobQueue.get, JobQueue.cancel, JobQueue.retry]) {
      for (const nobodys of ["job 5", "", "job 2\0", "\ud800", "JOB 2", String(jobs[1]?.id)]) {
        assert.strictEqual((yield* Effect.flip(Effect.asVoid(ask(nobodys))))._tag, "JobNotFound")
      }
    }
  }).pipe(inHoldfast()))

it.effect("finished jobs that a table of the app's refers to keep no others from being pruned, however many they are", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE receipts (job TEXT REFERENCES holdfast_jobs (id))`
    yield* JobQueue.enqueueMany(Task, Arr.makeBy(700, (payload) => ({ payload })))
    yield* sql`UPDATE holdfast_jobs SET status = 'cancelled', finished_at = CAST(payload AS INTEGER) - 700`
    yield* sql`INSERT INTO receipts SELECT id FROM holdfast_jobs WHERE CAST(payload AS INTEGER) < 600`
    yield* work({ jobs: [Task], retention: { cancelled: 0 } })
    assert.deepStrictEqual(yield* sql`SELECT count(*) AS jobs FROM holdfast_jobs`, [{ jobs: 600 }])
    assert.lengthOf(yield* linesSaying("Finished jobs cannot be deleted"), 2)
  }).pipe(inHoldfast(Task.toLayer(() => Effect.void))))
