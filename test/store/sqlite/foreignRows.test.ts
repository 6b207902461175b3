import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import type { JobId } from "../../../src/domain/JobId.ts"
import { JobStore } from "../../../src/store/JobStore.ts"
import {
  claim,
  claimOne,
  complete,
  enqueue,
  extend,
  fail,
  job,
  jobId,
  leaseFor,
  memory,
  progress,
  release,
  releaseStale,
  request,
  retry,
  staleLeases
} from "../someJobs.ts"

/** A UUID, but no id that an enqueue takes. */
const upperCase = "ABCDEF00-0000-7000-8000-000000000000" as JobId

/** SQLite reads JSON up to a NUL and takes this for `{}`; JSON.parse does not. */
const noJson = "{}\0{"

const changeId = (from: JobId) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql`UPDATE holdfast_jobs SET id = ${upperCase} WHERE id = ${from}`)

/** Five jobs, the second and the fourth of which are as if an app had inserted them by itself. */
const beside = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* enqueue(job(1), job(2), job(3), job(4), job(5))
  yield* changeId(jobId(2))
  yield* sql`UPDATE holdfast_jobs SET payload = ${noJson}, progress = 'half' WHERE id = ${jobId(4)}`
})

const all = [jobId(1), jobId(3), jobId(4), jobId(5), upperCase]

const idsOf = (jobs: ReadonlyArray<{ readonly id: JobId }>) => jobs.map(({ id }) => id).toSorted()

describe("a row that something else wrote", () => {
  it.effect("is claimed with the jobs beside it; a payload that is no JSON is undefined", () =>
    Effect.gen(function*() {
      yield* beside
      const claimed = yield* claim()
      const payloads = new Map(claimed.map(({ lease, payload }) => [lease.jobId, payload]))
      assert.deepStrictEqual([...payloads.keys()].toSorted(), all)
      assert.deepStrictEqual(payloads.get(upperCase), { number: 2 })
      assert.deepStrictEqual(payloads.get(jobId(5)), { number: 5 })
      assert.isUndefined(payloads.get(jobId(4)))
    }).pipe(Effect.provide(memory)))

  it.effect("is freed with the jobs beside it once its lease is over", () =>
    Effect.gen(function*() {
      yield* beside
      yield* claim()
      yield* TestClock.adjust(leaseFor)
      assert.deepStrictEqual(idsOf(yield* staleLeases), all)
      assert.deepStrictEqual(idsOf(yield* releaseStale), all)
      assert.lengthOf(yield* claim(), all.length)
    }).pipe(Effect.provide(memory)))

  it.effect("is shown with the jobs beside it, before it is claimed and in a list", () =>
    Effect.gen(function*() {
      yield* beside
      const store = yield* JobStore
      assert.deepStrictEqual(idsOf(yield* store.due(request())), all)
      const { jobs: listed } = yield* store.list({ limit: 10 })
      assert.deepStrictEqual(idsOf(listed), all)
      const noJson = listed.find(({ id }) => id === jobId(4))
      assert.deepStrictEqual([noJson?.payload, noJson?.progress, noJson?.result], [undefined, undefined, null])
    }).pipe(Effect.provide(memory)))

  it.effect("is kept and settled by its lease, and told when that is lost", () =>
    Effect.gen(function*() {
      yield* enqueue(job(1))
      yield* changeId(jobId(1))
      const first = yield* claimOne()
      yield* extend(first)
      yield* progress(first, "1")
      yield* release(first)
      yield* fail(yield* claimOne(), { retryAfter: 0 })
      yield* complete(yield* claimOne())
      assert.strictEqual((yield* Effect.flip(extend(first)))._tag, "LeaseLost")
    }).pipe(Effect.provide(memory)))

  it.effect("is named as what holds a unique key", () =>
    Effect.gen(function*() {
      const uniqueKey = "brand"
      yield* fail(yield* Effect.zipRight(enqueue(job(1, { uniqueKey })), claimOne()), { retryAfter: null })
      yield* enqueue(job(2, { uniqueKey }))
      yield* changeId(jobId(2))
      assert.deepStrictEqual(yield* enqueue(job(3, { uniqueKey })), [{
        id: upperCase,
        enqueued: false,
        outcome: "kept"
      }])
      const taken = yield* Effect.flip(retry(jobId(1)))
      assert(taken._tag === "UniqueKeyTaken")
      assert.strictEqual(taken.heldBy, upperCase)
    }).pipe(Effect.provide(memory)))
})
