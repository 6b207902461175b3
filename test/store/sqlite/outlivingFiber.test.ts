import { SqlClient } from "@effect/sql"
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { enqueue, get, job, jobId, memory } from "../someJobs.ts"

it.effect("a fiber that outlives its transaction may begin another, which ends like any other", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const go = yield* Deferred.make<void>()
    const fiber = yield* sql.withTransaction(Effect.forkDaemon(
      Effect.zipRight(Deferred.await(go), sql.withTransaction(enqueue(job(1))))
    ))
    yield* Deferred.succeed(go, undefined)
    yield* Fiber.join(fiber)
    // One that was left open would take this in, and undo it.
    yield* enqueue(job(2))
    yield* Effect.ignore(sql.withTransaction(Effect.fail("no")))
    assert.strictEqual((yield* get(jobId(1))).status, "pending")
    assert.strictEqual((yield* get(jobId(2))).status, "pending")
  }).pipe(Effect.provide(memory)))
