import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Layer } from "effect"
import type { Redacted } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { PostgresJobStore, PostgresStore } from "holdfast/postgres"
import { Store } from "holdfast/store"
import { JobStore } from "../../src/store/JobStore.ts"
import type { JobStoreOptions as Options } from "../../src/store/postgres/options.ts"
import { job, jobId, request } from "../../src/testing/conformance/StoreUnderTest.ts"
import { asRole, freshRole } from "./freshRole.ts"
import { freshDatabase } from "./freshDatabase.ts"
import { listening } from "./listening.ts"

const Ping = Job.make("ping")

const storeIn = (url: Redacted.Redacted, options: Options) =>
  Effect.map(Layer.build(PostgresStore.layer({ url, maxConnections: 2, ...options })), Context.get(JobStore))

const failureOf = (url: Redacted.Redacted, options: Options) =>
  Effect.map(Effect.flip(Effect.scoped(storeIn(url, options))), String)

const ids = (store: typeof JobStore.Service) =>
  Effect.map(store.list({ limit: 100 }), ({ jobs }) => jobs.map(({ id }) => id).toReversed())

const schemasWithTables = (admin: PgClient.PgClient) =>
  Effect.map(
    admin<{ readonly schema: string }>`
      SELECT schemaname AS schema FROM pg_tables WHERE tablename = 'holdfast_jobs' ORDER BY schemaname`,
    (rows) => rows.map(({ schema }) => schema)
  )

const onDatabase = <A, E, R>(use: (url: Redacted.Redacted, admin: PgClient.PgClient) => Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const url = yield* freshDatabase
    return yield* use(url, yield* PgClient.make({ url, maxConnections: 1 }))
  }).pipe(Effect.scoped, Effect.provide(Reactivity.layer))

describe("the schema of the tables", () => {
  it.live("is made by the store that names it, and by one only where several start at once", () =>
    onDatabase((url, admin) =>
      Effect.gen(function*() {
        const stores = yield* Effect.forEach(
          Array.from({ length: 8 }, (_, number) => number % 2 === 0 ? "jobs" : "Jobs"),
          (schema) => storeIn(url, { schema }),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(stores.length, 8)
        assert.sameMembers([...yield* schemasWithTables(admin)], ["Jobs", "jobs"])
      })
    ))

  it.live("is that of older tables, also where another comes before it in the search path", () =>
    onDatabase((url, admin) =>
      Effect.gen(function*() {
        yield* Effect.scoped(Effect.flatMap(storeIn(url, {}), (store) => store.enqueue([job(1), job(2)])))
        // As a release finds them that has one more migration. Making the tables again does nothing then.
        yield* admin`DELETE FROM holdfast_migrations`
        yield* admin`DROP TABLE holdfast_jobs, holdfast_pauses, holdfast_workers`
        yield* admin`CREATE SCHEMA first`
        const [database] = yield* admin<{ readonly name: string }>`SELECT quote_ident(current_database()) AS name`
        yield* admin.unsafe(`ALTER DATABASE ${database?.name} SET search_path = first, public`)
        yield* storeIn(url, {})
        assert.deepStrictEqual(yield* schemasWithTables(admin), ["public"])
      })
    ))

  it.live("keeps two queues of one database apart, whose enqueues join one transaction", () =>
    onDatabase((url) =>
      Effect.gen(function*() {
        const client = yield* PgClient.make({ url, maxConnections: 4 })
        const storeOn = (schema: string) =>
          Layer.build(PostgresJobStore.layer({ schema })).pipe(
            Effect.provideService(SqlClient.SqlClient, client),
            Effect.map(Context.get(JobStore))
          )
        const mail = yield* storeOn("mail")
        const reports = yield* storeOn("reports")
        yield* client.withTransaction(Effect.zipRight(mail.enqueue([job(1)]), reports.enqueue([job(2)])))
        yield* Effect.exit(
          client.withTransaction(Effect.all([mail.enqueue([job(3)]), reports.enqueue([job(4)]), Effect.fail("undone")]))
        )
        assert.deepStrictEqual(yield* ids(mail), [jobId(1)])
        assert.deepStrictEqual(yield* ids(reports), [jobId(2)])
        assert.deepStrictEqual((yield* mail.claim(request())).map(({ lease }) => lease.jobId), [jobId(1)])
      })
    ))

  it.live("is that of the search path unless it is named, and stays so where the app changes its search path", () =>
    onDatabase((url, admin) =>
      Effect.gen(function*() {
        yield* admin`CREATE SCHEMA elsewhere`
        const client = yield* PgClient.make({ url, maxConnections: 2 })
        const store = yield* Layer.build(PostgresJobStore.layer()).pipe(
          Effect.provideService(SqlClient.SqlClient, client),
          Effect.map(Context.get(JobStore))
        )
        yield* client.withTransaction(
          Effect.zipRight(client`SET LOCAL search_path TO elsewhere`, store.enqueue([job(1)]))
        )
        assert.deepStrictEqual(yield* ids(yield* storeIn(url, { schema: "public" })), [jobId(1)])
        assert.deepStrictEqual(yield* schemasWithTables(admin), ["public"])
      })
    ))

  it.live("can be given to Store.fromUrl", () =>
    onDatabase((url, admin) =>
      Effect.gen(function*() {
        yield* Layer.build(Store.fromUrl(url, { postgres: { schema: "jobs" } }))
        assert.deepStrictEqual(yield* schemasWithTables(admin), ["jobs"])
      })
    ))

  for (
    const [schema, channel] of [["jobs", "holdfast_jobs"], ["ä".repeat(31), `holdfast_${"ä".repeat(27)}`]] as const
  ) {
    it.live(`has wake-ups of its own: ${schema}`, () =>
      onDatabase((url, admin) =>
        Effect.gen(function*() {
          const done = yield* Deferred.make<void>()
          yield* Layer.build(
            Worker.layer({ jobs: [Ping], pollInterval: "1 hour" }).pipe(
              Layer.provide(Ping.toLayer(() => Deferred.succeed(done, undefined))),
              Layer.provide(JobQueue.layer),
              Layer.provide(PostgresStore.layer({ url, schema, maxConnections: 3 }))
            )
          )
          assert.deepStrictEqual(yield* listening(admin), [`LISTEN "${channel}"`])
          const other = yield* Layer.build(
            Layer.provide(JobQueue.layer, PostgresStore.layer({ url, schema, maxConnections: 2 }))
          )
          yield* Effect.provide(JobQueue.enqueue(Ping), other)
          yield* Deferred.await(done)
        })
      ))
  }
})

describe("a schema that cannot be used is refused in words:", () => {
  it.live("a name that PostgreSQL would cut or refuse", () =>
    onDatabase((url) =>
      Effect.gen(function*() {
        for (const schema of ["", "x".repeat(64), "ä".repeat(32), "a\0b", "\uD800", "pg_jobs"]) {
          const failure = yield* failureOf(url, { schema })
          assert.include(failure, `schema: got ${JSON.stringify(schema)}`)
          assert.match(
            failure,
            /expected the name of a schema: .* 1 to 63 bytes without U\+0000 that does not begin with pg_/
          )
        }
      })
    ))

  it.live("one that is not there, by a store that makes no tables", () =>
    onDatabase((url, admin) =>
      Effect.gen(function*() {
        yield* storeIn(url, {})
        const failure = yield* failureOf(url, { schema: "jobs", migrate: false })
        assert.include(failure, `there are no tables of Holdfast in the schema "jobs" of this database yet`)
        assert.deepStrictEqual(yield* schemasWithTables(admin), ["public"])
      })
    ))

  it.live("one that is not there, where the role may not make it; one that it may not use", () =>
    onDatabase((url, admin) =>
      Effect.gen(function*() {
        const role = yield* freshRole(admin)
        assert.match(
          yield* failureOf(asRole(url, role), { schema: "jobs" }),
          /the schema "jobs" is not there, and this role may not make it; .* CREATE SCHEMA "jobs" AUTHORIZATION/
        )
        yield* storeIn(url, { schema: "jobs" })
        assert.match(yield* failureOf(asRole(url, role), { schema: "jobs" }), /permission denied for schema jobs/)
      })
    ))
})
