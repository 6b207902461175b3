import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, Layer, Logger, LogLevel } from "effect"
import type { JobStore } from "../../../src/store/JobStore.ts"
import * as SqlJobStore from "../../../src/store/sqlite/SqliteJobStore.ts"
import { interruptedAt } from "./interruptedAt.ts"
import { allRows, claim, enqueue, job, jobId, memory, releaseStale } from "../someJobs.ts"

/** Four jobs whose last the table will not change, so that what is done to them takes several writes. */
const oddJobs = (n: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* enqueue(...Arr.makeBy(4, (index) => job(4 * n + index)))
    return sql.unsafe(
      `CREATE TRIGGER app_update BEFORE UPDATE ON holdfast_jobs WHEN OLD.id = '${jobId(4 * n + 3)}'
       BEGIN SELECT RAISE(ABORT, 'not this one'); END`
    )
  })

const countOf = (status: string) => Effect.map(allRows, (rows) => rows.filter((row) => row["status"] === status).length)

type Store = SqlClient.SqlClient | JobStore

/** Each with what is there before it, and how many jobs show that it has run. */
const operations: Readonly<
  Record<string, {
    readonly before: (n: number) => Effect.Effect<unknown, unknown, Store>
    readonly run: (n: number) => Effect.Effect<unknown, unknown, Store>
    readonly done: Effect.Effect<number, unknown, Store>
  }>
> = {
  "an enqueue of several": {
    before: (n) => enqueue(job(4 * n, { uniqueKey: "a" })),
    run: (n) =>
      enqueue(
        job(4 * n + 1, { uniqueKey: "a", onConflict: "replace", payload: "2" }),
        job(4 * n + 2, { payload: "2" }),
        job(4 * n + 3, { payload: "2" })
      ),
    done: Effect.map(allRows, (rows) => rows.filter((row) => row["payload"] === "2").length)
  },
  "a claim that a row refuses": {
    before: (n) => Effect.flatten(oddJobs(n)),
    run: () => claim(),
    done: countOf("running")
  },
  "a stale release that a row refuses": {
    before: (n) =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const refuse = yield* oddJobs(n)
        yield* claim()
        yield* sql`UPDATE holdfast_jobs SET locked_until = 0`
        yield* refuse
      }),
    run: () => releaseStale,
    done: countOf("pending")
  }
}

const clients = {
  "the store's own client": memory,
  "a client the app made": SqlJobStore.layer().pipe(
    Layer.provideMerge(Layer.orDie(SqliteClient.layer({ filename: ":memory:" })))
  )
}

for (const [whose, store] of Object.entries(clients)) {
  describe(`in a transaction of ${whose} that goes on`, () => {
    for (const [name, { before, done, run }] of Object.entries(operations)) {
      it.live(`${name} is there as a whole or not at all, wherever it is interrupted`, () =>
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          const counts: Array<number> = []
          const tried = (n: number) =>
            Effect.gen(function*() {
              yield* before(n)
              const interrupted = yield* interruptedAt(n, run(n))
              counts.push(yield* done)
              return yield* Effect.fail(interrupted)
            })
          let n = 0
          // Each part of what is done takes more operations than that.
          while ((yield* Effect.flip(sql.withTransaction(tried(n)))) === true) n += 7
          assert.deepStrictEqual(new Set(counts), new Set([0, 3]))
          assert.isAbove(n, 50)
        }).pipe(Effect.provide(store), Logger.withMinimumLogLevel(LogLevel.None)))
    }
  })
}
