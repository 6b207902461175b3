import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Option } from "effect"
import { PostgresJobStore } from "holdfast/postgres"
import { StoredJobId } from "../../src/domain/JobId.ts"
import { JobStore } from "../../src/store/JobStore.ts"
import { job, request } from "../../src/testing/conformance/StoreUnderTest.ts"
import { around } from "./around.ts"
import { freshDatabase } from "./freshDatabase.ts"

interface Explained {
  readonly text: string
  readonly plan: string
}

/**
 * A store on a table with 20,000 jobs each that are due, delayed and finished, and
 * 500 that run, of whose leases a fifth are over. Explains what an operation has run.
 */
const crowded = Effect.gen(function*() {
  const url = yield* freshDatabase
  const driver = yield* PgClient.make({ url, maxConnections: 2 })
  const statements: Array<{ readonly text: string; readonly parameters: ReadonlyArray<unknown> }> = []
  const client = around(driver, (text, run, parameters) => {
    if (text.includes("holdfast_jobs")) statements.push({ text, parameters })
    return run
  })
  const store = yield* Layer.build(PostgresJobStore.layer()).pipe(
    Effect.provideService(SqlClient.SqlClient, client),
    Effect.map(Context.get(JobStore))
  )
  yield* fill(driver)
  /** The plans of an operation's statements. */
  const explain = (operation: Effect.Effect<unknown, unknown>) =>
    Effect.gen(function*() {
      statements.length = 0
      yield* operation
      const ran = [...statements]
      assert.isNotEmpty(ran)
      return yield* Effect.forEach(ran, ({ parameters, text }) =>
        Effect.map(
          driver.unsafe<Readonly<Record<string, string>>>(`EXPLAIN ${text}`, [...parameters]),
          (rows): Explained => ({ text, plan: rows.map((row) => row["QUERY PLAN"]).join("\n") })
        ))
    })
  return { store, explain }
})

const fill = (sql: PgClient.PgClient) =>
  Effect.gen(function*() {
    yield* sql`
      INSERT INTO holdfast_jobs (
        id, queue, kind, payload, status, priority, attempts, max_attempts, available_at, created_at, updated_at,
        locked_at, locked_by, locked_until, finished_at, result, unique_key, unique_scope, holds_key
      )
      SELECT ('00000000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid,
        CASE n % 2 WHEN 0 THEN 'default' ELSE 'slow' END,
        CASE WHEN n <= 500 THEN 'crowd' WHEN n % 3 = 0 THEN 'email' ELSE 'report' END,
        jsonb_build_object('text', repeat('x', 200)), status, (n % 3)::int, CASE status WHEN 'pending' THEN 0 ELSE 1 END, 3,
        now() - interval '1 day' + n * interval '1 second' + CASE WHEN isDelayed THEN interval '2 days' ELSE interval '0' END,
        now(), now(),
        CASE status WHEN 'running' THEN now() END, CASE status WHEN 'running' THEN 'other' END,
        CASE status WHEN 'running' THEN now() + CASE n % 5 WHEN 0 THEN interval '-1 hour' ELSE interval '1 hour' END END,
        CASE status WHEN 'succeeded' THEN now() - n * interval '1 second' END,
        CASE status WHEN 'succeeded' THEN 'null'::jsonb END,
        'key' || n, 'pending', CASE status WHEN 'pending' THEN 1 ELSE 0 END
      FROM (
        SELECT n, CASE WHEN n <= 40000 THEN 'pending' WHEN n <= 60000 THEN 'succeeded' ELSE 'running' END AS status,
          n BETWEEN 20001 AND 40000 AS isDelayed
        FROM generate_series(1, 60500) AS n
      ) AS numbers`
    yield* sql`ANALYZE holdfast_jobs`
  })

/** Fails where a statement reads the whole table, or takes another instant for now than one that holds for all of it. */
const usesIndexes = (explained: ReadonlyArray<Explained>) => {
  for (const { plan, text } of explained) {
    assert.notMatch(plan, /Seq Scan on holdfast_jobs/, plan)
    assert.notMatch(text, /clock_timestamp|\bnow\(\)|CURRENT_TIMESTAMP/i)
  }
}

/** The same, for statements that find their rows by id. */
const goesById = (explained: ReadonlyArray<Explained>) => {
  usesIndexes(explained)
  for (const { plan, text } of explained) assert.match(plan, /holdfast_jobs_pkey/, text)
}

const planOf = (explained: ReadonlyArray<Explained>) => explained.map(({ plan }) => plan).join("\n")

/** The index condition that finds due jobs. */
const isDue = /Index Cond: \(.*available_at <= date_trunc\('milliseconds'::text, statement_timestamp\(\)\)/

const kinds = [{ kind: "email", leaseFor: 60_000 }]
const isIn = (...names: ReadonlyArray<string>) =>
  request({ kinds, limit: 50, queues: Option.some(names.map((queue) => ({ queue, limit: 50 }))) })

describe("on a table with 60,000 jobs, the indexes lead to what PostgreSQL looks for:", () => {
  it.live("a page and a count of jobs by unique key, by their errors and by several statuses", () =>
    Effect.gen(function*() {
      const { explain, store } = yield* crowded
      for (
        const filter of [
          { uniqueKey: "key30000" },
          { uniqueKey: "key30000", kind: "email" },
          { uniqueKey: "key30000", status: "pending" },
          { error: "boom" },
          { error: "boom", status: "failed" },
          { status: ["failed", "cancelled"] }
        ] as const
      ) {
        for (const operation of [store.search({ limit: 20, ...filter }), store.count(filter)]) {
          usesIndexes(yield* explain(operation))
        }
      }
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))

  it.live("the jobs of an action on many, each by its id", () =>
    Effect.gen(function*() {
      const { explain, store } = yield* crowded
      const ids = [3, 6, 9].map((n) => StoredJobId.make(`00000000-0000-7000-9000-${n.toString(16).padStart(12, "0")}`))
      const filter = { status: "pending", kind: "crowd", queue: "default" } as const
      goesById(yield* explain(store.act({ action: "cancel", ids, filter })))
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))

  it.live("what is due, in claim order and lane by lane, and the claim of it", () =>
    Effect.gen(function*() {
      const { explain, store } = yield* crowded
      for (const asked of [request({ kinds, limit: 50 }), isIn("default"), isIn("default", "slow")]) {
        for (const operation of [store.nextDue(asked), store.due(asked), store.claim(asked)]) {
          const explained = yield* explain(operation)
          usesIndexes(explained)
          assert.match(planOf(explained), isDue)
          assert.match(planOf(explained), /holdfast_jobs_order/)
        }
        // Those in front are of another kind, so the lanes are asked.
        assert.match(planOf(yield* explain(store.due(asked))), /holdfast_jobs_claim/)
      }
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))

  it.live("what is due beside a paused queue or kind, and what people count", () =>
    Effect.gen(function*() {
      const { explain, store } = yield* crowded
      yield* store.pause({ queue: "default" }, undefined)
      yield* store.pause({ kind: "none" }, undefined)
      for (const asked of [request({ kinds, limit: 50 }), isIn("default", "slow")]) {
        for (const operation of [store.nextDue(asked), store.due(asked), store.claim(asked)]) {
          usesIndexes(yield* explain(operation))
        }
      }
      const heads = yield* store.laneHeads({ limit: 50 })
      usesIndexes(yield* explain(store.laneDepths({ heads, limit: 1000 })))
      const [head] = heads
      assert(head)
      usesIndexes(yield* explain(store.countAhead(head, { limit: 1000 })))
      usesIndexes(yield* explain(store.laneHolders({ areOver: true, limit: 1000 })))
      usesIndexes(yield* explain(store.endedLately({ status: "succeeded", within: 60_000, limit: 1000 })))
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))

  it.live("the rows under a lease, to extend and settle them", () =>
    Effect.gen(function*() {
      const { explain, store } = yield* crowded
      const claimed = yield* store.claim(request({ kinds, limit: 50 }))
      const leases = claimed.map(({ lease }) => lease)
      assert.strictEqual(leases.length, 50)
      goesById(yield* explain(store.extend(leases.map((lease) => ({ lease, leaseFor: 60_000 })))))
      goesById(yield* explain(store.progress(leases.map((lease) => ({ lease, progress: "1" })))))
      const some = (from: number, to: number) => leases.slice(from, to).map((lease) => ({ lease }))
      const completes = some(0, 20).map((item) => ({ ...item, result: "null" }))
      goesById(yield* explain(store.complete(completes)))
      // The second time none has its lease, so it is looked whether it was settled before.
      goesById(yield* explain(store.complete(completes)))
      goesById(yield* explain(store.fail(some(20, 40).map((item) => ({ ...item, error: "no", retryAfter: 1 })))))
      goesById(yield* explain(store.release(some(40, 50).map((item) => ({ ...item, delay: 1 })))))
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))

  it.live("leases that are over, and jobs to prune", () =>
    Effect.gen(function*() {
      const { explain, store } = yield* crowded
      for (const operation of [store.staleLeases({ limit: 100 }), store.releaseStale({ limit: 100 })]) {
        const explained = yield* explain(operation)
        usesIndexes(explained)
        assert.match(planOf(explained), /holdfast_jobs_lease[^\n]*\n\s*Index Cond: \(locked_until <= date_trunc/)
      }
      usesIndexes(yield* explain(store.laneHolders({ limit: 100 })))
      const pruned = yield* explain(store.prune({ status: "succeeded", limit: 100, retention: 1000 }))
      usesIndexes(pruned)
      assert.match(planOf(pruned), /holdfast_jobs_finished[^\n]*\n\s*Index Cond: \(.*finished_at <= \(?date_trunc/)
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))

  it.live("the jobs in the way of those that are enqueued", () =>
    Effect.gen(function*() {
      const { explain, store } = yield* crowded
      const keyed = Array.from({ length: 50 }, (_, number) =>
        job(number, { kind: "report", uniqueKey: `key${number * 300 + 1}`, uniqueScope: "pending" }))
      const explained = yield* explain(store.enqueue(keyed))
      usesIndexes(explained)
      assert.match(planOf(explained), /holdfast_jobs_unique/)
      usesIndexes(yield* explain(store.enqueue([job(100), job(101)])))
      usesIndexes(yield* explain(store.laneHeads({ limit: 100 })))
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))
})
