import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, TestClock } from "effect"
import { JobStore } from "../../src/store/JobStore.ts"
import { queryPlan, statementsOf } from "./queryPlan.ts"
import { claim, claimOne, enqueue, job, jobId, leaseFor, memory, request, totalChanges } from "./someJobs.ts"

/** Jobs that are not due for ever and sort before all others, and jobs that are over. */
const backlog = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 50000)
    INSERT INTO holdfast_jobs (
      id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at, finished_at, result
    )
    SELECT printf('%s-%d', status, i), 'default', 'email', '{}', status, 1000, 3, 9e12, 0, 0, finished_at, result
    FROM number, (
      SELECT 'pending' AS status, NULL AS finished_at, NULL AS result
      UNION ALL SELECT 'succeeded', 9e12, 'null'
    )`
})

/** More due jobs than a claim of one looks at in claim order. */
const crowd = Array.from({ length: 20 }, (_, index) => job(index + 1))

/** The steps that read jobs: their table appears under its own name, or one of those the statements give it. */
const ofJobs = (plan: ReadonlyArray<string>) =>
  plan.filter((step) => /^(?:SCAN|SEARCH) (?:holdfast_jobs|j|due|other|rival)\b/.test(step))

/** One row at the end of an index, which SQLite calls a scan although a LIMIT ends it at once. */
const firstQueue = "SCAN holdfast_jobs USING COVERING INDEX holdfast_jobs_claim"
const firstInOrder = "SCAN j USING COVERING INDEX holdfast_jobs_order"

/** Every seek in claim order names a priority or comes to the next; one that walks it is bounded by what is due, or by LIMIT 1. */
const orderSeek =
  /^SEARCH (?:j|due) USING COVERING INDEX holdfast_jobs_order \((?:priority<\?|priority=\?(?: AND available_at<\?)?)\)$/

/** Comes after the jobs were found, whose order only a page's own clause can promise. */
const sortedPage = ["USE TEMP B-TREE FOR ORDER BY"]

/** Every seek in the claim index names its lane; one that walks a lane is bounded by what is due, or by LIMIT 1. */
const claimSeek =
  /^SEARCH (?:j|due) USING COVERING INDEX holdfast_jobs_claim \((?:queue>\?|queue=\? AND kind=\?(?: AND priority(?:<\?|=\?(?: AND available_at<\?)?))?)\)$/

const byId = /^SEARCH \w+ USING (?:COVERING )?INDEX sqlite_autoindex_holdfast_jobs_1 \(id=\?\)$/

const keyHolder = "SEARCH other USING INDEX holdfast_jobs_unique (kind=? AND <expr>=? AND unique_key=?)"

const assertSeeksOnly = (plan: ReadonlyArray<string>, ...allowed: ReadonlyArray<RegExp | string>) => {
  const walks = ofJobs(plan).filter((step) =>
    !allowed.some((one) => typeof one === "string" ? one === step : one.test(step))
  )
  assert.isAbove(ofJobs(plan).length, 0)
  assert.deepStrictEqual(walks, [])
}

const statistics = {
  "without statistics": Effect.void,
  "with statistics of the empty table": Effect.flatMap(SqlClient.SqlClient, (sql) => sql`ANALYZE`)
}

describe("what a claim costs", () => {
  for (const [how, analyse] of Object.entries(statistics)) {
    it.effect(`a claim seeks its jobs, and walks neither the backlog nor finished jobs, ${how}`, () =>
      Effect.gen(function*() {
        yield* analyse
        yield* backlog
        yield* enqueue(...crowd)
        for (const queues of [Option.none(), Option.some([{ queue: "default", limit: 5 }])]) {
          const inOrder = yield* queryPlan(claim({ queues, limit: 1 }))
          assertSeeksOnly(inOrder, orderSeek, firstInOrder, byId)
          assert.include(inOrder.join("\n"), "(priority=? AND available_at<?)")
          // Others stand before those of this kind, as far as a claim looks in claim order, so the lanes are asked as well.
          const both = yield* queryPlan(claim({ queues, limit: 1, kinds: [{ kind: "none", leaseFor }] }))
          assertSeeksOnly(
            both,
            claimSeek,
            orderSeek,
            firstInOrder,
            byId,
            ...(Option.isNone(queues) ? [firstQueue] : [])
          )
          assert.include(both.join("\n"), "(queue=? AND kind=? AND priority=? AND available_at<?)")
        }
      }).pipe(Effect.provide(memory)))
  }

  it.effect("a claim that finds nothing due asks no lane", () =>
    Effect.gen(function*() {
      yield* backlog
      assertSeeksOnly(yield* queryPlan(claim()), orderSeek, firstInOrder, byId)
    }).pipe(Effect.provide(memory)))

  it.effect("a claim seeks its jobs also when the statistics were taken of the backlog", () =>
    Effect.gen(function*() {
      yield* backlog
      const sql = yield* SqlClient.SqlClient
      yield* sql`ANALYZE`
      yield* enqueue(...crowd)
      for (const kind of ["email", "none"]) {
        const plan = yield* queryPlan(claim({ limit: 1, kinds: [{ kind, leaseFor }] }))
        assertSeeksOnly(plan, claimSeek, orderSeek, firstInOrder, byId, firstQueue)
      }
    }).pipe(Effect.provide(memory)))

  it.effect("the due jobs behind 50,000 that are not due yet are the ones claimed", () =>
    Effect.gen(function*() {
      yield* backlog
      yield* enqueue(job(1), job(2), job(3))
      assert.deepStrictEqual((yield* claim({ limit: 2 })).map(({ lease }) => lease.jobId), [jobId(1), jobId(2)])
      assert.strictEqual((yield* claimOne()).jobId, jobId(3))
      assert.deepStrictEqual(yield* claim(), [])
    }).pipe(Effect.provide(memory)))

  it.effect("asking when the next job is due, and which would be claimed, seeks like a claim", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* backlog
      yield* enqueue(...crowd)
      const seeks = [claimSeek, orderSeek, firstInOrder, byId, firstQueue] as const
      for (const kind of ["email", "none"]) {
        const asked = request({ limit: 1, kinds: [{ kind, leaseFor }] })
        assertSeeksOnly(yield* queryPlan(store.nextDue(asked)), ...seeks)
        assertSeeksOnly(yield* queryPlan(store.due(asked)), ...seeks)
      }
    }).pipe(Effect.provide(memory)))
})

describe("what the other operations cost", () => {
  for (const [how, analyse] of Object.entries(statistics)) {
    it.effect(`writes under a lease, and their repetitions, find each job by its id, ${how}`, () =>
      Effect.gen(function*() {
        const store = yield* JobStore
        yield* analyse
        yield* enqueue(job(1), job(2), job(3))
        const [a, b, c] = (yield* claim()).map(({ lease }) => lease)
        assert(a !== undefined && b !== undefined && c !== undefined)
        const writes: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
          store.extend([{ lease: a, leaseFor }]),
          store.progress([{ lease: a, progress: "1" }]),
          store.complete([{ lease: a, result: "1" }]),
          store.fail([{ lease: b, error: "boom", retryAfter: 0 }]),
          store.release([{ lease: c, delay: 0 }])
        ]
        for (const write of writes) {
          assertSeeksOnly(yield* queryPlan(write), byId, keyHolder)
          assertSeeksOnly(yield* queryPlan(write), byId, keyHolder)
        }
      }).pipe(Effect.provide(memory)))

    it.effect(`an enqueue finds what is in its way by id and by unique key, ${how}`, () =>
      Effect.gen(function*() {
        const store = yield* JobStore
        yield* analyse
        yield* enqueue(job(1, { uniqueKey: "a" }))
        const plan = yield* queryPlan(store.enqueue([job(1, { uniqueKey: "a" }), job(2, { uniqueKey: "a" })]))
        assertSeeksOnly(
          plan,
          byId,
          "SEARCH j USING INDEX holdfast_jobs_unique (kind=? AND <expr>=? AND unique_key=?)"
        )
      }).pipe(Effect.provide(memory)))

    it.effect(`a release of stale jobs, a pruning, a cancel and a retry seek too, ${how}`, () =>
      Effect.gen(function*() {
        const store = yield* JobStore
        yield* analyse
        yield* enqueue(job(1))
        yield* claimOne()
        yield* TestClock.adjust(leaseFor)
        assertSeeksOnly(
          yield* queryPlan(store.releaseStale({ limit: 10 })),
          byId,
          keyHolder,
          /INDEX holdfast_jobs_lease \(locked_until<\?\)$/
        )
        yield* claimOne()
        yield* TestClock.adjust(leaseFor)
        assertSeeksOnly(
          yield* queryPlan(store.staleLeases({ limit: 10 })),
          /INDEX holdfast_jobs_lease \(locked_until<\?\)$/
        )
        const [stale] = yield* store.staleLeases({ limit: 10 })
        assertSeeksOnly(
          yield* queryPlan(store.staleLeases({ limit: 10, after: stale })),
          /INDEX holdfast_jobs_lease \(locked_until>\? AND locked_until<\?\)$/
        )
        assertSeeksOnly(
          yield* queryPlan(store.releaseStale({ leases: stale === undefined ? [] : [stale] })),
          byId,
          keyHolder
        )
        assertSeeksOnly(yield* queryPlan(store.cancel(jobId(1), undefined)), byId)
        assertSeeksOnly(
          yield* queryPlan(store.retry(jobId(1), undefined)),
          byId,
          keyHolder
        )
        yield* store.cancel(jobId(1), undefined)
        assertSeeksOnly(
          yield* queryPlan(store.prune({ status: "cancelled", retention: 0, limit: 10 })),
          byId,
          /INDEX holdfast_jobs_finished \(status=\? AND finished_at>\? AND finished_at<\?\)$/
        )
      }).pipe(Effect.provide(memory)))
  }

  it.effect("a job and a page of jobs are found by an index, and nothing is sorted but the page", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      assertSeeksOnly(yield* queryPlan(Effect.either(store.get(jobId(1), undefined))), byId)
      assertSeeksOnly(yield* queryPlan(Effect.either(store.get(jobId(1), "acme"))), byId)
      const filters = [
        { status: "failed" },
        { kind: "email" },
        { queue: "default" },
        { partitionKey: "acme" },
        { status: "pending", kind: "email" },
        { status: "failed", kind: "email", queue: "default", partitionKey: "acme" }
      ] as const
      for (const filter of filters) {
        for (const cursor of [undefined, jobId(9)]) {
          // Running jobs are few, so that they are sorted.
          const running = yield* queryPlan(store.list({ status: "running", cursor, limit: 10 }))
          assertSeeksOnly(running, byId, "SCAN holdfast_jobs USING INDEX holdfast_jobs_lease")
          const plan = yield* queryPlan(store.list({ ...filter, cursor, limit: 10 }))
          assertSeeksOnly(plan, byId, /INDEX holdfast_jobs_by_(?:status|kind|queue|partition) \(\w+=\?/)
          assert.deepStrictEqual(plan.filter((step) => step.includes("TEMP B-TREE")), sortedPage)
          assert.deepStrictEqual(plan.slice(-1), sortedPage)
        }
      }
      const unfiltered = yield* queryPlan(store.list({ limit: 10 }))
      assertSeeksOnly(unfiltered, byId, "SCAN holdfast_jobs USING INDEX sqlite_autoindex_holdfast_jobs_1")
      assert.deepStrictEqual(unfiltered.filter((step) => step.includes("TEMP B-TREE")), sortedPage)
    }).pipe(Effect.provide(memory)))

  it.effect("asking when the next job is due, and sweeps with nothing to do, write nothing", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1), job(2, { available: { after: 1000 } }))
      yield* claimOne()
      const before = yield* totalChanges
      yield* store.nextDue(request())
      yield* store.due(request())
      yield* store.laneHeads({ limit: 100 })
      yield* store.laneHolders({ limit: 100 })
      yield* store.staleLeases({ limit: 100 })
      yield* store.releaseStale({ limit: 100 })
      yield* store.prune({ status: "succeeded", retention: 0, limit: 100 })
      yield* store.pruneWorkers()
      yield* store.list({ limit: 100 })
      yield* store.search({ limit: 100, error: "boom" })
      yield* store.count({ kind: "email" })
      yield* store.get(jobId(1), undefined)
      assert.strictEqual(yield* totalChanges, before)
    }).pipe(Effect.provide(memory)))

  it.effect("a search reads no payload, and seeks its jobs by the index of its filter", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1))
      const json = /payload|progress|result|errors|last_error_value/
      for (
        const [filter, index] of [
          [{}, /^SCAN holdfast_jobs USING COVERING INDEX sqlite_autoindex_holdfast_jobs_1$/],
          [{ kind: "email" }, /INDEX holdfast_jobs_by_kind \(kind=\?\)$/],
          [{ status: "failed" }, /INDEX holdfast_jobs_by_status \(status=\?\)$/],
          [{ status: "failed", error: "boom" }, /INDEX holdfast_jobs_by_status \(status=\?(?: AND id>\?)?\)$/],
          [{ partitionKey: "acme", uniqueKey: "k" }, /INDEX holdfast_jobs_by_unique_key \(unique_key=\?\)$/],
          [{ status: ["failed", "cancelled"] }, /INDEX holdfast_jobs_by_status \(status=\?\)$/],
          [
            { kind: "email", status: ["failed", "running"] },
            /INDEX holdfast_jobs_(?:by_status|lease|by_kind)(?: \(\w+=\?(?: AND id>\?)?\))?$/
          ]
        ] as const
      ) {
        const asked = store.search({ limit: 10, ...filter })
        const texts = (yield* statementsOf(asked)).map(([text]) => text)
        assert.deepStrictEqual(texts.filter((text) => json.test(text)), [])
        assertSeeksOnly(yield* queryPlan(asked), byId, index)
      }
    }).pipe(Effect.provide(memory)))

  it.effect("a count reads an index alone where the filter has one condition", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1))
      assertSeeksOnly(yield* queryPlan(store.count({})), /^SCAN holdfast_jobs USING COVERING INDEX/)
      assertSeeksOnly(
        yield* queryPlan(store.count({ kind: "email" })),
        /COVERING INDEX holdfast_jobs_by_kind \(kind=\?\)$/
      )
      assertSeeksOnly(
        yield* queryPlan(store.count({ status: "failed" })),
        /COVERING INDEX holdfast_jobs_by_status \(status=\?\)$/
      )
    }).pipe(Effect.provide(memory)))

  it.effect("an action on many finds each job by its id", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1), job(2), job(3))
      const filter = { status: "pending", kind: "email", queue: "default" } as const
      for (const action of ["run-now", "cancel", "retry", "delete"] as const) {
        const acted = store.act({ action, ids: [jobId(1), jobId(2)], filter: action === "retry" ? {} : filter })
        assertSeeksOnly(yield* queryPlan(acted), byId, keyHolder)
      }
    }).pipe(Effect.provide(memory)))

  it.effect("no statement is prepared again each time its limit is bound", () =>
    Effect.gen(function*() {
      const store = yield* JobStore
      yield* enqueue(job(1), job(2))
      yield* claimOne()
      yield* TestClock.adjust(leaseFor)
      const sent = yield* statementsOf(Effect.all([
        store.nextDue(request()),
        store.due(request()),
        store.laneHeads({ limit: 10 }),
        store.claim(request()),
        store.laneHolders({ limit: 10 }),
        store.staleLeases({ limit: 10 }),
        store.releaseStale({ limit: 10 }),
        store.list({ limit: 10 }),
        store.search({ limit: 10, uniqueKey: "k", kind: "email" }),
        store.count({ status: "failed" }),
        store.cancel(jobId(1), undefined),
        store.laneDepths({ heads: [{ queue: "default", kind: "email", priority: 0 }], limit: 10 }),
        store.countAhead(
          { queue: "default", kind: "email", priority: 0, availableAt: 0, id: jobId(1) },
          { limit: 10 }
        ),
        store.endedLately({ status: "cancelled", within: 1000, limit: 10 }),
        store.workers({ limit: 10 }),
        store.prune({ status: "cancelled", retention: 0, limit: 10 })
      ]))
      const limited = sent.map(([text]) => text).filter((text) => text.includes("LIMIT ?"))
      assert.isAtLeast(limited.length, 8)
      // SQLite's planner looks at the value of a bare parameter, and at that of no expression.
      assert.deepStrictEqual(limited.filter((text) => /(?:LIMIT|OFFSET) \?(?! \+ 0)/.test(text)), [])
    }).pipe(Effect.provide(memory)))
})
