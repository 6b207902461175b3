import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Layer, Logger, Schedule } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { PostgresStore } from "holdfast/postgres"
import { outsideTransaction } from "../../src/store/ambientTransaction.ts"
import { asRole, freshRole } from "./freshRole.ts"
import { freshDatabase } from "./freshDatabase.ts"

const Ping = Job.make("ping")

/** A database with the tables, a role that works with them, and the superuser's connection, which no fault below concerns. */
const prepared = Effect.gen(function*() {
  const url = yield* freshDatabase
  yield* Effect.void.pipe(Effect.provide(PostgresStore.layer({ url })))
  const admin = yield* PgClient.make({ url, maxConnections: 1 })
  const [named] = yield* admin<{ readonly name: string }>`SELECT current_database() AS name`
  const role = yield* freshRole(admin)
  yield* admin.unsafe(
    `GRANT SELECT, INSERT, UPDATE, DELETE ON holdfast_jobs, holdfast_pauses, holdfast_workers TO ${role}`
  )
  yield* admin.unsafe(`GRANT SELECT ON holdfast_migrations TO ${role}`)
  return { admin, role, url: asRole(url, role), database: String(named?.name) }
})

interface Prepared extends Effect.Effect.Success<typeof prepared> {}

/** Ends the connections of the role, as a failover does, so that new ones have the role's new settings. */
const endConnections = ({ admin, role }: Prepared) =>
  admin`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${role}`

/** A setting for the role's connections, which the operator changes, and takes back. */
const setting = (assignment: string) => (prepared: Prepared) => {
  const { admin, role } = prepared
  const [name] = assignment.split(" ")
  return {
    begin: Effect.zipRight(admin.unsafe(`ALTER ROLE ${role} SET ${assignment}`), endConnections(prepared)),
    end: Effect.zipRight(admin.unsafe(`ALTER ROLE ${role} RESET ${name}`), endConnections(prepared))
  }
}

/** Every write to a job is refused with this code: how a server reports what a test cannot bring about. */
const writesFailWith = (code: string) => ({ admin }: Prepared) => ({
  begin: Effect.zipRight(
    admin.unsafe(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '${code}'; END $$`),
    admin.unsafe(`
      CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON holdfast_jobs
      FOR EACH STATEMENT EXECUTE FUNCTION refuse()`)
  ),
  end: admin.unsafe("DROP FUNCTION refuse CASCADE")
})

const tooManyConnections = (prepared: Prepared) => {
  const limit = (most: number) => prepared.admin.unsafe(`ALTER ROLE ${prepared.role} CONNECTION LIMIT ${most}`)
  return { begin: Effect.zipRight(limit(0), endConnections(prepared)), end: limit(-1) }
}

/** A table that is locked, and a `statement_timeout` that ends what waits for it. */
const statementTimeout = (prepared: Prepared) => {
  const { begin, end } = setting("statement_timeout = '50ms'")(prepared)
  const { admin } = prepared
  return {
    begin: Effect.all([begin, admin.unsafe("BEGIN"), admin.unsafe("LOCK TABLE holdfast_jobs")]),
    end: Effect.zipRight(admin.unsafe("COMMIT"), end)
  }
}

describe("a server that refuses is an error of each call and ends no worker, which goes on afterwards:", () => {
  for (
    const [what, fault, says] of [
      ["it takes no writes, as a standby", setting("default_transaction_read_only = on"), /read-only transaction/],
      ["it has too many connections", tooManyConnections, /too many connections for role/],
      ["an operator's statement_timeout ends what waits for a lock", statementTimeout, /statement timeout/],
      ["its disk is full", writesFailWith("53100"), /refused/],
      ["it cannot take connections now", writesFailWith("57P03"), /refused/]
    ] as const
  ) {
    it.live(what, () =>
      Effect.gen(function*() {
        const server = yield* prepared
        const { begin, end } = fault(server)
        const begun = yield* Deferred.make<void>()
        const proceed = yield* Deferred.make<void>()
        let ran = 0
        const handler = Effect.suspend(() => {
          ran++
          return Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(proceed))
        })
        const failed = yield* Deferred.make<void>()
        const log = Logger.replace(
          Logger.defaultLogger,
          Logger.make(({ message }) => {
            if (String(message).startsWith("Settling failed")) Deferred.unsafeDone(failed, Exit.void)
          })
        )
        const app = Worker.layer({ jobs: [Ping], pollInterval: "50 millis" }).pipe(
          Layer.provide(Ping.toLayer(() => handler)),
          Layer.provideMerge(JobQueue.layer),
          Layer.provideMerge(PostgresStore.layer({ url: server.url, maxConnections: 4 })),
          Layer.provide(log)
        )
        yield* Effect.gen(function*() {
          const first = yield* JobQueue.enqueue(Ping)
          yield* Deferred.await(begun)
          yield* begin
          const refused = yield* Effect.exit(JobQueue.enqueue(Ping))
          assert(Exit.isFailure(refused) && Cause.isFailType(refused.cause), "a defect")
          assert.strictEqual(refused.cause.error._tag, "StoreError")
          // The handler ends while nothing can be written, and its result is kept until something can.
          yield* Deferred.succeed(proceed, undefined)
          yield* Deferred.await(failed)
          // The first may hear of a connection's end.
          yield* Effect.repeat(Effect.exit(JobQueue.enqueue(Ping)), {
            until: (again) => Exit.isFailure(again) && says.test(Cause.pretty(again.cause, { renderErrorCause: true })),
            schedule: Schedule.spaced("20 millis")
          })
          yield* end
          const isDone = { until: (status: string) => status === "succeeded", schedule: Schedule.spaced("20 millis") }
          const statusOf = (id: typeof first.id) =>
            Effect.map(Effect.retry(JobQueue.get(id), { times: 50 }), ({ status }) => status)
          yield* Effect.repeat(statusOf(first.id), isDone)
          const last = yield* Effect.retry(JobQueue.enqueue(Ping), { times: 50 })
          yield* Effect.repeat(statusOf(last.id), isDone)
          assert.strictEqual(ran, 2)
        }).pipe(Effect.provide(app))
      }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))
  }
})

describe("an operator's idle_in_transaction_session_timeout", () => {
  it.live("fails the transaction that it ends, and nothing of it is there", () =>
    Effect.gen(function*() {
      const server = yield* prepared
      yield* setting("idle_in_transaction_session_timeout = '50ms'")(server).begin
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const ended = yield* Effect.exit(sql.withTransaction(Effect.gen(function*() {
          yield* JobQueue.enqueue(Ping)
          yield* outsideTransaction(Effect.repeat(
            server.admin`SELECT 1 FROM pg_stat_activity WHERE usename = ${server.role} AND state LIKE 'idle in trans%'`,
            { until: (rows) => rows.length === 0, schedule: Schedule.spaced("10 millis") }
          ))
          yield* JobQueue.enqueue(Ping)
        })))
        assert(Exit.isFailure(ended) && Cause.isFailure(ended.cause), "a defect")
        assert.deepStrictEqual((yield* JobQueue.list()).jobs, [])
        yield* sql.withTransaction(JobQueue.enqueue(Ping))
        assert.strictEqual((yield* JobQueue.list()).jobs.length, 1)
      }).pipe(
        Effect.provide(Layer.provideMerge(JobQueue.layer, PostgresStore.layer({ url: server.url, maxConnections: 2 })))
      )
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))
})
