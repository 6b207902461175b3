import { SqlClient } from "@effect/sql"
import type { SqlError } from "@effect/sql/SqlError"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { PostgresStore } from "holdfast/postgres"
import { LoopWatch, makeLoopWatch } from "../../src/runtime/telemetry/LoopWatch.ts"
import { freshDatabase } from "./freshDatabase.ts"

/** Blocks the event loop, and ends a little later: a lease that was lost meanwhile stops it before. */
const Block = Job.make("postgres.block", { payload: { millis: Schema.Number } })

const BlockLive = Block.toLayer(({ millis }) =>
  Effect.zipRight(
    Effect.sync(() => {
      const until = performance.now() + millis
      while (performance.now() < until);
    }),
    Effect.sleep("50 millis")
  )
)

const blocked = (
  options: { readonly leaseKeeper?: boolean; readonly schema?: string },
  prepare: Effect.Effect<unknown, SqlError, SqlClient.SqlClient> = Effect.void,
  { leaseFor, millis } = { leaseFor: 2_000, millis: 4_000 }
) =>
  Effect.gen(function*() {
    const url = yield* freshDatabase
    const services = Layer.mergeAll(BlockLive, JobQueue.layer).pipe(
      Layer.provideMerge(PostgresStore.layer({ url, maxConnections: 3, ...options }))
    )
    return yield* Effect.gen(function*() {
      yield* prepare
      yield* Effect.forkScoped(Worker.run({
        jobs: [Block],
        leaseFor,
        heartbeatInterval: "200 millis",
        pollInterval: "50 millis",
        staleCheckInterval: "200 millis"
      }))
      const { id } = yield* JobQueue.enqueue(Block, { millis })
      return yield* JobQueue.get(id).pipe(
        Effect.delay("20 millis"),
        Effect.repeat({ until: ({ failures, finishedAt }) => finishedAt !== null || failures > 0 })
      )
    }).pipe(Effect.scoped, Effect.provide(services), Effect.provideService(LoopWatch, makeLoopWatch()))
  })

describe("on PostgreSQL a handler that blocks the event loop for longer than its lease", () => {
  it.scopedLive("keeps its job by a thread with a connection of its own, in any schema", () =>
    Effect.gen(function*() {
      for (const options of [{}, { schema: "Mine too" }]) {
        const { attempts, failures, status } = yield* blocked(options)
        assert.deepStrictEqual([status, attempts, failures], ["succeeded", 1, 0])
      }
    }))

  it.scopedLive("keeps it although the thread's connection breaks at its first write", () =>
    Effect.gen(function*() {
      const { attempts, failures, status } = yield* blocked(
        {},
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          yield* sql`CREATE SEQUENCE extensions`
          yield* sql`
            CREATE FUNCTION end_first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF nextval('extensions') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
              RETURN new;
            END $$`
          yield* sql`
            CREATE TRIGGER end_first BEFORE UPDATE OF locked_until ON holdfast_jobs FOR EACH ROW
            WHEN (old.status = 'running' AND new.status = 'running') EXECUTE FUNCTION end_first()`
        }),
        // On a busy machine two connections take more of a lease than a second has.
        { leaseFor: 4_000, millis: 6_000 }
      )
      assert.deepStrictEqual([status, attempts, failures], ["succeeded", 1, 0])
    }))

  it.scopedLive("loses it without the thread", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* blocked({ leaseKeeper: false })).failures, 1)
    }))
})
