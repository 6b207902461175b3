import * as PgClient from "@effect/sql-pg/PgClient"
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import { Job, JobQueue, snooze } from "holdfast"
import * as Testing from "holdfast/testing"
import { inject } from "vitest"
import { freshDatabase } from "./freshDatabase.ts"

const server = inject("postgres")

const Step = Job.make("run.step", { payload: { name: Schema.String } })

const handledBy = (handler: (payload: { readonly name: string }) => Effect.Effect<unknown, unknown>) =>
  Effect.provide(
    Layer.provideMerge(
      Step.toLayer((payload) => Effect.asVoid(handler(payload))),
      Testing.layerPostgres({ url: server })
    )
  )

const databases = Effect.gen(function*() {
  const sql = yield* PgClient.make({ url: Redacted.make(server), maxConnections: 1 })
  const rows = yield* sql<{ readonly datname: string }>`
    SELECT datname FROM pg_database WHERE datname LIKE 'holdfast_test_%'`
  return new Set(rows.map(({ datname }) => datname))
}).pipe(Effect.scoped, Effect.provide(Reactivity.layer))

const ownDatabase = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql<{ readonly name: string }>`SELECT current_database() AS name`,
    ([row]) => row?.name ?? ""
  ))

describe("a test with a PostgreSQL database of its own", () => {
  it.effect("runs delayed jobs, retries and snoozes to their end, by the test's clock", () => {
    const ran: Array<string> = []
    return Effect.gen(function*() {
      yield* JobQueue.enqueue(Step, { name: "fails twice" })
      yield* JobQueue.enqueue(Step, { name: "snoozes" }, { delay: "3 hours" })
      const attempts = yield* Testing.runAll({ jobs: [Step] })
      assert.deepStrictEqual(
        attempts.map(({ ended }) => ended),
        ["retrying", "retrying", "succeeded", "snoozed", "succeeded"]
      )
      assert.deepStrictEqual(ran, ["fails twice", "fails twice", "fails twice", "snoozes", "snoozes"])
    }).pipe(handledBy(({ name }) => {
      ran.push(name)
      const times = ran.filter((other) => other === name).length
      if (name === "snoozes") return times === 1 ? snooze("1 hour") : Effect.void
      return times < 3 ? Effect.fail("not yet") : Effect.void
    }))
  })

  it.effect("waits for the server and not for the clock: a heartbeat is due only when its time has come", () =>
    Effect.gen(function*() {
      yield* JobQueue.enqueue(Step, { name: "long" })
      yield* Testing.runAll({ jobs: [Step], heartbeatInterval: "10 seconds" })
      // One for each ten seconds of the minute, and no more while the server answered.
      assert.strictEqual(yield* Testing.StoreFaults.calls("extend"), 5)
    }).pipe(handledBy(() => Effect.sleep("55 seconds"))))

  it.effect("shares it with the app's own tables, and with nobody else", () =>
    Effect.gen(function*() {
      const mine = yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TABLE users (id text)`
        yield* sql.withTransaction(
          Effect.zipRight(sql`INSERT INTO users VALUES ('ada')`, JobQueue.enqueue(Step, { name: "ada" }))
        )
        yield* Testing.assertEnqueued(Step, { name: "ada" })
        const other = yield* Effect.zipLeft(ownDatabase, Testing.assertNotEnqueued(Step)).pipe(
          Effect.provide(Testing.layerPostgres({ url: server }))
        )
        const mine = yield* ownDatabase
        assert.notStrictEqual(mine, other)
        const left = yield* databases
        assert.isTrue(left.has(mine))
        assert.isFalse(left.has(other))
        return mine
      }).pipe(Effect.provide(Testing.layerPostgres({ url: server })))
      assert.isFalse((yield* databases).has(mine))
    }))

  it.effect("begins with what the template has", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      yield* Effect.scoped(Effect.flatMap(
        PgClient.make({ url, maxConnections: 1 }),
        (sql) => sql`CREATE TABLE of_the_app (id text)`
      ))
      yield* Effect.provide(
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT * FROM of_the_app`),
        Testing.layerPostgres({ url: server, template: new URL(Redacted.value(url)).pathname.slice(1) })
      )
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))

  it.effect("says what failed where no database can be made", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.provide(
        Effect.void,
        Testing.layerPostgres({ url: server, template: "no such template" })
      ))
      assert.strictEqual(error.operation, "create the database of a test")
      assert.include(error.message, "no such template")
    }))
})
