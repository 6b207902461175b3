import * as PgClient from "@effect/sql-pg/PgClient"
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { JobId, Lease } from "../../src/index.ts"
import { PostgresStore } from "../../src/postgres.ts"
import { postgresDialect } from "../../src/store/postgres/dialect.ts"
import { makeStatements } from "../../src/store/statements/Statements.ts"
import { job, request } from "../../src/testing/conformance/StoreUnderTest.ts"
import { freshDatabase } from "./freshDatabase.ts"

/** A connection on which statements are planned and not run. */
const explaining = (connection: Connection, plans: Array<string>): Connection => ({
  ...connection,
  execute: (text, parameters) =>
    Effect.map(connection.execute(`EXPLAIN (FORMAT JSON) ${text}`, parameters, undefined), (rows) => {
      plans.push(JSON.stringify(rows))
      return []
    })
})

/** 20,000 pending jobs, 2,000 running ones, and no statistics: as a queue is that has just begun. */
const fill = (sql: SqlClient.SqlClient) =>
  Effect.gen(function*() {
    yield* sql`ALTER TABLE holdfast_jobs SET (autovacuum_enabled = false)`
    yield* sql`
      INSERT INTO holdfast_jobs (
        id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at,
        attempts, locked_at, locked_by, locked_until
      )
      SELECT gen_random_uuid(), 'default', 'plans.some', '{}', CASE WHEN runs THEN 'running' ELSE 'pending' END,
        0, 3, now(), now(), now(), runs::int, CASE WHEN runs THEN now() END, CASE WHEN runs THEN 'worker' END,
        CASE WHEN runs THEN now() + interval '10 minutes' END
      FROM (SELECT n <= 2000 AS runs FROM generate_series(1, 22000) AS n) AS job`
  })

const lease = new Lease({
  jobId: JobId.make("01976000-0000-7000-8000-000000000001"),
  worker: "worker",
  attempt: 1,
  failures: 0,
  lockedAt: 1,
  lockedUntil: 2
})

describe("a statement that names its jobs", () => {
  it.effect("finds them by their ids, however many others run, also where the planner knows nothing of the table", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      yield* Effect.scoped(Effect.provide(Effect.void, PostgresStore.layer({ url })))
      const sql = yield* PgClient.make({ url, maxConnections: 1 })
      yield* fill(sql)
      const dialect = postgresDialect(sql, "public")
      const statements = makeStatements(dialect, sql.literal("TRUE"))
      const now = sql.literal("now()")
      const plans: Array<string> = []
      const connection = explaining(yield* sql.reserve, plans)
      const planOf = (statement: Effect.Effect<unknown, unknown, SqlClient.TransactionConnection>) =>
        Effect.gen(function*() {
          plans.length = 0
          yield* Effect.exit(Effect.provideService(statement, SqlClient.TransactionConnection, [connection, 0]))
          return plans.join("\n")
        })
      const stale = { id: lease.jobId, attempt: 1, lockedBy: "worker", lockedUntil: 2 }
      for (
        const [name, statement] of Object.entries({
          extend: statements.extend([{ lease, leaseFor: 1 }], now),
          progress: statements.progress([{ lease, progress: "1" }], now),
          complete: statements.complete([{ lease, result: "1" }], now),
          fail: statements.fail([{ lease, error: "it failed", retryAfter: 1 }], now),
          release: statements.release([{ lease, delay: 1 }], now),
          claimThese: statements.claimThese([{ id: lease.jobId }], request(), now),
          change: statements.change([{ id: lease.jobId, payload: "{}", traceContext: null, availableAt: null }], now),
          findKept: statements.findKept([job(1)]),
          findInTheWay: statements.findInTheWay([job(1)]),
          prune: statements.prune([{ id: lease.jobId }], { status: "succeeded", since: now }),
          staleJobs: statements.staleJobs({ leases: [stale] }, now),
          releaseStale: statements.releaseStale(
            [{
              id: lease.jobId,
              attempts: 1,
              failures: 0,
              died_before: 0,
              kind: "plans.some",
              locked_by: "worker",
              locked_at: 1,
              locked_until: 2
            }],
            now
          )
        })
      ) {
        const plan = yield* planOf(statement)
        assert.include(plan, "holdfast_jobs_pkey", name)
        assert.notInclude(plan, "holdfast_jobs_lease", name)
        assert.notInclude(plan, "\"Seq Scan\"", name)
      }
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))
})
