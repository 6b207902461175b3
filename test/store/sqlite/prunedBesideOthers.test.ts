import { assert, it } from "@effect/vitest"
import { SqlClient } from "@effect/sql"
import { Deferred, Effect, Fiber } from "effect"
import { JobStore } from "../../../src/store/JobStore.ts"
import { fail, get, jobId, memory, retry, running } from "../someJobs.ts"

it.effect("a job that is retried while it is about to be deleted is kept", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { prune } = yield* JobStore
    for (const number of [1, 2]) yield* fail(yield* running(number), { retryAfter: null })
    // While the connection is taken the two line up for it, the pruning first.
    const open = yield* Deferred.make<void>()
    const holder = yield* Effect.fork(sql.withTransaction(Deferred.await(open)))
    yield* Effect.yieldNow()
    const pruning = yield* Effect.fork(prune({ status: "failed", retention: 0, limit: 10 }))
    yield* Effect.yieldNow()
    const retrying = yield* Effect.fork(retry(jobId(2)))
    yield* Effect.yieldNow()
    yield* Deferred.succeed(open, undefined)
    yield* Fiber.join(holder)
    yield* Fiber.join(retrying)
    assert.deepStrictEqual(yield* Fiber.join(pruning), { deleted: 1, refused: 0 })
    assert.strictEqual((yield* get(jobId(2))).status, "pending")
  }).pipe(Effect.provide(memory)))
