import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import type { Redacted } from "effect"
import { Array as Arr, Effect, HashMap, Layer, Logger, Option } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { PostgresJobStore, PostgresStore } from "holdfast/postgres"
import { readFileSync } from "node:fs"
import { JobStore } from "../../src/store/JobStore.ts"
import { asRole, freshRole } from "./freshRole.ts"
import { freshDatabase } from "./freshDatabase.ts"

const Ping = Job.make("ping", { maxAttempts: 2 })

/** The statements of docs/postgresql.md that give a role what it needs, for this role and schema. */
const grants = (role: string, schema: string): ReadonlyArray<string> => {
  const page = readFileSync(new URL("../../docs/postgresql.md", import.meta.url), "utf8")
  const [, statements] = /```sql\n(GRANT USAGE[^`]*)```/.exec(page) ?? []
  assert.isDefined(statements)
  return statements.trim().split("\n").map((statement) =>
    statement.replace("TO worker", `TO ${role}`).replace(/SCHEMA jobs|jobs\./, (name) => name.replace("jobs", schema))
  )
}

describe("a role with the rights that the documentation names", () => {
  for (const schema of ["public", "jobs"]) {
    it.live(`enqueues, runs, cancels, retries and prunes jobs in the schema ${schema}`, () =>
      Effect.gen(function*() {
        const url = yield* freshDatabase
        const admin = yield* PgClient.make({ url, maxConnections: 1 })
        yield* Effect.void.pipe(Effect.provide(PostgresStore.layer({ url, schema })))
        const role = yield* freshRole(admin)
        for (const statement of grants(role, schema)) yield* admin.unsafe(statement)
        let ran = 0
        const app = Ping.toLayer(() => Effect.sync(() => void ran++)).pipe(
          Layer.provideMerge(JobQueue.layer),
          Layer.provideMerge(PostgresStore.layer({ url: asRole(url, role), schema, maxConnections: 4 }))
        )
        yield* Effect.gen(function*() {
          const first = yield* JobQueue.enqueue(Ping, undefined, { uniqueKey: "one" })
          const second = yield* JobQueue.enqueue(Ping)
          yield* JobQueue.cancel(second.id)
          yield* Worker.run({ jobs: [Ping], once: true })
          yield* JobQueue.retry(second.id)
          yield* JobQueue.pause({ queue: "default" })
          yield* Worker.run({ jobs: [Ping], once: true })
          assert.isTrue(yield* JobQueue.resume({ queue: "default" }))
          assert.deepStrictEqual((yield* JobQueue.explain(second.id)).reasons.map(({ _tag }) => _tag), ["NoWorker"])
          assert.deepStrictEqual(yield* JobQueue.workers, [])
          yield* Worker.run({ jobs: [Ping], once: true })
          assert.strictEqual(ran, 2)
          assert.strictEqual((yield* JobQueue.get(first.id)).status, "succeeded")
          const store = yield* JobStore
          yield* store.releaseStale({ limit: 10 })
          yield* store.prune({ status: "succeeded", limit: 10, retention: 0 })
          assert.deepStrictEqual((yield* JobQueue.list()).jobs, [])
        }).pipe(Effect.provide(app))
      }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))
  }

  it.live("does not open without the right to read what is paused, and is told what to run", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const admin = yield* PgClient.make({ url, maxConnections: 1 })
      yield* Effect.void.pipe(Effect.provide(PostgresStore.layer({ url })))
      const role = yield* freshRole(admin)
      const [withPauses, others] = Arr.partition(grants(role, "public"), (grant) => !grant.includes("holdfast_pauses"))
      for (const statement of others) yield* admin.unsafe(statement)
      const open = Effect.scoped(Layer.build(PostgresStore.layer({ url: asRole(url, role) })))
      const refusal = String(yield* Effect.flip(open))
      assert.match(refusal, /this role may not read .*holdfast_pauses/)
      const [, missing = ""] = /run: (GRANT .*) TO <this role>/.exec(refusal) ?? []
      const unquoted = (statement: string) => statement.replaceAll("\"", "")
      assert.deepStrictEqual([`${missing} TO ${role};`].map(unquoted), withPauses.map(unquoted))
      yield* admin.unsafe(`${missing} TO ${role}`)
      yield* open
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))

  /** A role with all rights but those on the table of workers, and the statements that would give them. */
  const withoutWorkers = Effect.gen(function*() {
    const url = yield* freshDatabase
    const admin = yield* PgClient.make({ url, maxConnections: 1 })
    yield* Effect.void.pipe(Effect.provide(PostgresStore.layer({ url })))
    const role = yield* freshRole(admin)
    const [missing, others] = Arr.partition(grants(role, "public"), (grant) => !grant.includes("holdfast_workers"))
    for (const statement of others) yield* admin.unsafe(statement)
    return { role, url: asRole(url, role), missing }
  })

  it.live("works without the right on the table of workers, and its worker says once what to run", () =>
    Effect.gen(function*() {
      const { missing: withWorkers, role, url } = yield* withoutWorkers
      const lines: Array<string> = []
      const logger = Logger.make(({ annotations }) => {
        const error = HashMap.get(annotations, "error")
        if (Option.isSome(error)) lines.push(String(error.value))
      })
      const app = Ping.toLayer(() => Effect.void).pipe(
        Layer.provideMerge(JobQueue.layer),
        Layer.provideMerge(PostgresStore.layer({ url, maxConnections: 4 })),
        Layer.provideMerge(Logger.replace(Logger.defaultLogger, logger))
      )
      yield* Effect.gen(function*() {
        const { id } = yield* JobQueue.enqueue(Ping)
        // It beats some times before it ends.
        yield* Worker.run({ jobs: [Ping], heartbeatInterval: "50 millis" }).pipe(Effect.timeoutOption("1 second"))
        assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
        const told = lines.filter((line) => line.includes("holdfast_workers") && line.includes("GRANT"))
        assert.lengthOf(told, 1)
        const [, missing = ""] = /run: (GRANT .*) TO <this role>/.exec(told[0] ?? "") ?? []
        const unquoted = (statement: string) => statement.replaceAll("\"", "")
        assert.deepStrictEqual([`${missing} TO ${role};`].map(unquoted), withWorkers.map(unquoted))
      }).pipe(Effect.provide(app))
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))

  const clients = {
    "our client": (url: Redacted.Redacted) => PostgresStore.layer({ url, maxConnections: 4 }),
    "an app's own client": (url: Redacted.Redacted) =>
      Layer.provideMerge(PostgresJobStore.layer(), PgClient.layer({ url, maxConnections: 4 }))
  }
  for (const [name, storeOn] of Object.entries(clients)) {
    it.live(`explains a job without the right on the table of workers in a transaction that goes on, on ${name}`, () =>
      Effect.gen(function*() {
        const { url } = yield* withoutWorkers
        yield* Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          yield* sql.withTransaction(Effect.gen(function*() {
            const { id } = yield* JobQueue.enqueue(Ping)
            assert.deepStrictEqual((yield* JobQueue.explain(id)).reasons.map(({ _tag }) => _tag), ["InLine"])
            assert.strictEqual((yield* Effect.flip(JobQueue.workers))._tag, "StoreError")
            yield* JobQueue.enqueue(Ping)
          }))
          assert.lengthOf((yield* JobQueue.list()).jobs, 2)
        }).pipe(Effect.provide(JobQueue.layer), Effect.provide(storeOn(url)))
      }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))
  }

  it.live("fails in words where the tables are not there, or a right is missing", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const admin = yield* PgClient.make({ url, maxConnections: 1 })
      const role = yield* freshRole(admin)
      const opened = (options: { readonly migrate?: boolean }) =>
        Effect.map(
          Effect.flip(Effect.scoped(Layer.build(PostgresStore.layer({ url: asRole(url, role), ...options })))),
          String
        )
      assert.match(yield* opened({}), /StoreError: .*permission denied for schema public/)
      assert.match(yield* opened({ migrate: false }), /StoreError: .*no tables of Holdfast in this database yet/)
      yield* Effect.void.pipe(Effect.provide(PostgresStore.layer({ url })))
      assert.match(yield* opened({}), /StoreError: .*permission denied for table holdfast_migrations/)
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))
})
