import { assert, describe, it } from "@effect/vitest"
import { SqlClient } from "@effect/sql"
import { Effect, FastCheck, TestClock } from "effect"
import type { Lease } from "../../src/domain/Lease.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import type { Row } from "./JobModel.ts"
import { JobModel } from "./JobModel.ts"
import {
  answer,
  cancel,
  claim,
  complete,
  extend,
  fail,
  job,
  jobId,
  memory,
  release,
  releaseStale,
  retry
} from "./someJobs.ts"

const leaseFor = 1000

const delays = FastCheck.constantFrom(0, 1, 500, 1000)
const place = FastCheck.nat({ max: 7 })

/** What people and workers may do, in any order: names a job or a lease by its place among those there have been. */
const step = FastCheck.oneof(
  {
    weight: 4,
    arbitrary: record("enqueue", {
      priority: FastCheck.constantFrom(-1, 0, 5),
      after: delays,
      maxAttempts: FastCheck.integer({ min: 1, max: 3 }),
      uniqueKey: FastCheck.constantFrom(null, null, "a", "b"),
      uniqueScope: FastCheck.constantFrom("pending" as const, "pending" as const, "unfinished" as const),
      onConflict: FastCheck.constantFrom("keep" as const, "replace" as const, "move" as const),
      maxWait: FastCheck.constantFrom(null, 0, 700)
    })
  },
  {
    weight: 5,
    arbitrary: record("claim", {
      worker: FastCheck.constantFrom("v", "w"),
      limit: FastCheck.integer({ min: 1, max: 3 })
    })
  },
  { weight: 2, arbitrary: record("extend", { lease: place }) },
  { weight: 2, arbitrary: record("complete", { lease: place }) },
  { weight: 4, arbitrary: record("fail", { lease: place, delay: FastCheck.oneof(delays, FastCheck.constant(null)) }) },
  { weight: 2, arbitrary: record("release", { lease: place, delay: delays }) },
  { weight: 2, arbitrary: record("cancel", { job: place }) },
  { weight: 2, arbitrary: record("retry", { job: place }) },
  { weight: 2, arbitrary: record("releaseStale", {}) },
  {
    weight: 1,
    arbitrary: record("prune", {
      status: FastCheck.constantFrom("succeeded" as const, "failed" as const, "cancelled" as const),
      retention: delays
    })
  },
  { weight: 4, arbitrary: record("wait", { millis: FastCheck.constantFrom(1, 499, 500, 1000) }) }
)

type Step = typeof step extends FastCheck.Arbitrary<infer S> ? S : never

function record<const Name extends string, A extends Record<string, unknown>>(
  name: Name,
  fields: { readonly [K in keyof A]: FastCheck.Arbitrary<A[K]> }
) {
  return FastCheck.record(fields).map((values) => ({ ...values, does: name }))
}

const tagOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.catchAll(effect, (error) => Effect.succeed(error._tag === "LeaseLost" ? "lost" : error._tag))

/** Does the step to both, and compares what each answered. */
const take = (model: JobModel, leases: Array<Lease>, step: Step, number: number) =>
  Effect.gen(function*() {
    const store = yield* JobStore
    const leaseAt = (place: number) => leases.at(-1 - (place % Math.max(1, leases.length)))
    switch (step.does) {
      case "enqueue": {
        const { after, does: _, uniqueScope, ...options } = step
        const added = job(number, {
          ...options,
          uniqueScope: options.uniqueKey === null ? null : uniqueScope,
          available: { after }
        })
        return assert.deepStrictEqual<unknown>(yield* store.enqueue([added]), [model.enqueue(added)])
      }
      case "claim": {
        const claimed = yield* claim({ worker: step.worker, limit: step.limit, kinds: [{ kind: "email", leaseFor }] })
        leases.push(...claimed.map(({ lease }) => lease))
        return assert.deepStrictEqual<unknown>(
          claimed.map(({ lease: { attempt, failures, jobId } }) => ({ jobId, attempt, failures })),
          model.claim(step.worker, step.limit, leaseFor)
        )
      }
      case "extend": {
        const lease = leaseAt(step.lease)
        if (lease === undefined) return
        const extended = yield* tagOf(Effect.map(
          answer(store.extend([{ lease, leaseFor }])),
          ({ cancelRequested }) => cancelRequested ? "cancel" : "extended"
        ))
        return assert.strictEqual(extended, model.extend(lease, leaseFor))
      }
      case "complete":
      case "fail":
      case "release": {
        const lease = leaseAt(step.lease)
        if (lease === undefined) return
        const [settle, delay] = step.does === "complete"
          ? [complete(lease), 0]
          : step.does === "fail"
          ? [fail(lease, { retryAfter: step.delay }), step.delay]
          : [release(lease, step.delay), step.delay]
        const status = yield* tagOf(Effect.map(settle, ({ status }) => status))
        return assert.strictEqual(status, model.settle(lease, step.does, delay))
      }
      case "cancel":
        return assert.strictEqual(yield* tagOf(cancel(jobId(step.job))), model.cancel(jobId(step.job)))
      case "retry":
        return assert.strictEqual(
          yield* tagOf(Effect.as(retry(jobId(step.job)), "retried")),
          model.retry(jobId(step.job))
        )
      case "releaseStale": {
        const released = (yield* releaseStale).map((each) =>
          `${each.id} ${each.lockedBy} ${each.lockedAt} ${each.status}`
        )
        return assert.sameMembers(released, model.releaseStale())
      }
      case "prune": {
        const { retention, status } = step
        const { deleted } = yield* store.prune({ status, retention, limit: 100 })
        return assert.strictEqual(deleted, model.prune(status, retention))
      }
      case "wait":
        model.now += step.millis
        return yield* TestClock.adjust(step.millis)
    }
  })

/** What holds of every row at all times, whatever the model says. */
const holds = (rows: ReadonlyArray<Row>, before: ReadonlyMap<string, Row>) => {
  for (const row of rows) {
    const running = row.status === "running"
    assert.deepStrictEqual([row.locked_at !== null, row.locked_by !== null, row.locked_until !== null], [
      running,
      running,
      running
    ])
    assert.strictEqual(row.finished_at !== null, ["succeeded", "failed", "cancelled"].includes(row.status))
    assert.isAtLeast(row.attempts, before.get(row.id)?.attempts ?? 0)
    assert.isAtMost(row.failures, row.max_attempts)
    if (row.failures >= row.max_attempts) assert.include(["failed", "cancelled"], row.status)
  }
  const holders = rows.filter((row) => row.holds_key === 1)
  assert.strictEqual(new Set(holders.map((row) => row.unique_key)).size, holders.length)
  for (const row of rows) {
    if (row.unique_scope === "unfinished") assert.strictEqual(row.holds_key, row.finished_at === null ? 1 : 0)
    if (row.unique_scope === "pending" && row.status === "running") assert.strictEqual(row.holds_key, 0)
  }
}

describe("the life of a job", () => {
  it.effect.prop(
    "whatever people and workers do, in whatever order, each job is where its life says it is",
    [FastCheck.array(step, { minLength: 1, maxLength: 60, size: "max" })],
    ([steps]) =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const model = new JobModel()
        const leases: Array<Lease> = []
        let before = new Map<string, Row>()
        let enqueued = 0
        for (const step of steps) {
          yield* take(model, leases, step, step.does === "enqueue" ? enqueued++ : 0)
          const rows = yield* sql<Row>`
            SELECT id, unique_key, unique_scope, holds_key, payload, first_payload, created_at, priority, max_attempts, status, attempts, failures, available_at, locked_at, locked_by,
              locked_until, settled_attempt, settled_by, settled_as, settled_to, cancel_requested_at, last_error, finished_at
            FROM holdfast_jobs ORDER BY id`
          assert.deepStrictEqual(rows, model.rows)
          holds(rows, before)
          before = new Map(rows.map((row) => [row.id, row]))
        }
        // No attempt of a job was given to two claims, and no job has two leases that the store would still take.
        assert.strictEqual(new Set(leases.map(({ attempt, jobId }) => `${jobId} ${attempt}`)).size, leases.length)
        const live = yield* Effect.filter(
          leases,
          (lease) => Effect.map(tagOf(extend(lease)), (told) => told !== "lost")
        )
        assert.strictEqual(new Set(live.map(({ jobId }) => jobId)).size, live.length)
      }).pipe(Effect.provide(memory)),
    { fastCheck: { numRuns: 60 }, timeout: 30_000 }
  )
})
