import { SqlClient } from "@effect/sql"
import { assert, it } from "@effect/vitest"
import { Effect, Schema, TestClock } from "effect"
import * as Job from "../../src/domain/Job.ts"
import { JobQueue } from "../../src/runtime/JobQueue.ts"
import { StoreFaults } from "../../src/testing.ts"
import { inHoldfast, linesSaying, settled, work } from "./harness.ts"

const Long = Job.make("lostLease.long", { payload: Schema.Void, leaseFor: "60 seconds" })

it.effect("a lease that is lost is not asked for again, however long its handler takes to stop", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* work({ jobs: [Long], heartbeatInterval: "5 seconds" })
    yield* JobQueue.enqueue(Long, undefined)
    yield* settled
    yield* TestClock.adjust("5 seconds")
    assert.strictEqual(yield* StoreFaults.calls("extend"), 1)
    yield* sql`UPDATE holdfast_jobs SET locked_by = 'bob'`
    yield* TestClock.adjust("25 seconds")
    assert.strictEqual(yield* StoreFaults.calls("extend"), 2)
    yield* TestClock.adjust("10 seconds")
  }).pipe(inHoldfast(Long.toLayer(() => Effect.uninterruptible(Effect.sleep("40 seconds"))))))

it.effect("an attempt that ends before it hears that its lease is lost is told so as it settles, and so is the log", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* work({ jobs: [Long], heartbeatInterval: "20 seconds" })
    const { id } = yield* JobQueue.enqueue(Long, undefined)
    yield* settled
    yield* sql`UPDATE holdfast_jobs SET locked_by = 'bob'`
    yield* TestClock.adjust("10 seconds")
    const lines = yield* linesSaying("Lease lost, the attempt's outcome is not written")
    assert.deepStrictEqual(lines.map(({ annotations }) => annotations["reason"]), ["LeaseLost"])
    assert.strictEqual((yield* JobQueue.get(id)).status, "running")
  }).pipe(inHoldfast(Long.toLayer(() => Effect.sleep("10 seconds")))))
