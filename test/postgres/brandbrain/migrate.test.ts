import * as Reactivity from "@effect/experimental/Reactivity"
import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Layer, Logger, Redacted } from "effect"
import { layerChecked, migrate } from "../../../src/brandbrain/storage/migrate.ts"
import { PostgresStore } from "../../../src/postgres.ts"
import { addBrand, appOn } from "../../brandbrain/memoryApp.ts"
import { freshDatabase, onFreshDatabase } from "../freshDatabase.ts"

const on = (url: Redacted.Redacted, maxConnections = 2) => PostgresStore.layer({ url, maxConnections })

/** Migrates, and answers how often that said that it made the tables. */
const migrated = Effect.fn("migrated")(function*(url: Redacted.Redacted, times = 1) {
  let made = 0
  const counting = Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => {
      if (String(message) === "Created BrandBrain's tables") made++
    })
  )
  yield* Effect.all(Array.from({ length: times }, () => Effect.provide(migrate, on(url, 1))), {
    concurrency: "unbounded"
  }).pipe(Effect.provide(counting))
  return made
})

/** The app's columns, each with whether it may be NULL. */
const columns = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return yield* sql.onDialectOrElse({
    sqlite: () =>
      sql`
      SELECT t.name AS "table", c.name AS "column", CASE WHEN c."notnull" + c.pk > 0 THEN 'NO' ELSE 'YES' END AS nullable
      FROM sqlite_master t JOIN pragma_table_info(t.name) c
      WHERE t.type = 'table' AND t.name LIKE 'brandbrain_%' AND t.name <> 'brandbrain_migrations'
      ORDER BY t.name, c.cid`,
    orElse: () =>
      sql`
      SELECT table_name AS "table", column_name AS "column", is_nullable AS nullable FROM information_schema.columns
      WHERE table_name LIKE 'brandbrain_%' AND table_name <> 'brandbrain_migrations'
      ORDER BY table_name COLLATE "C", ordinal_position`
  })
})

describe("the tables of the app on PostgreSQL", () => {
  it.live("are made once by however many start at once, and a later start finds them", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      assert.strictEqual(yield* migrated(url, 8), 1)
      assert.strictEqual(yield* migrated(url), 0)
      yield* Effect.provide(Layer.build(layerChecked), on(url))
    }).pipe(Effect.scoped))

  it.live("have the columns that they have on SQLite", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const theirs = yield* Effect.provide(Effect.zipRight(migrate, columns), on(url))
      assert.isAbove(theirs.length, 80)
      assert.deepStrictEqual(
        theirs,
        yield* Effect.provide(Effect.zipRight(migrate, columns), SqliteClient.layer({ filename: ":memory:" }))
      )
    }).pipe(Effect.scoped))

  it.live("compare texts byte by byte, as SQLite does, whatever the locale of the database", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* migrate
      const collations = yield* sql`
        SELECT DISTINCT collation_name AS name FROM information_schema.columns
        WHERE table_name LIKE 'brandbrain_%' AND table_name <> 'brandbrain_migrations' AND data_type = 'text'`
      assert.deepStrictEqual(collations, [{ name: "C" }])
    }).pipe(Effect.provide(onFreshDatabase((url) => on(url)))))

  it.live("that are not there are reported to what only reads, and not made by it", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const refused = yield* Effect.flip(Effect.provide(Layer.build(layerChecked), on(url)))
      assert.strictEqual(refused._tag, "TablesOutOfDate")
      assert.deepStrictEqual(yield* Effect.provide(columns, on(url)), [])
    }).pipe(Effect.scoped))

  it.live("serve a role that may not make any, and one that finds none is told so", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      yield* Effect.scoped(Layer.build(on(url)))
      const admin = yield* PgClient.make({ url, maxConnections: 1 })
      const role = `brandbrain_${process.pid}`
      // Before PostgreSQL 15 everybody may.
      yield* admin.unsafe("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
      yield* admin.unsafe(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
      yield* Effect.addFinalizer(() => Effect.orDie(admin.unsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`)))
      const grant = admin.unsafe(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`)
      yield* grant
      const limited = new URL(Redacted.value(url))
      limited.username = role
      limited.password = "secret"
      const asRole = on(Redacted.make(limited.href))
      const refused = yield* Effect.flip(Effect.provide(migrate, asRole))
      assert.strictEqual(refused.message, "migrate: The database failed")
      assert.include(
        Cause.pretty(Cause.fail(refused), { renderErrorCause: true }),
        "permission denied for schema public"
      )

      assert.strictEqual(yield* migrated(url), 1)
      yield* grant
      yield* admin.unsafe(`REVOKE INSERT, UPDATE, DELETE ON brandbrain_migrations FROM ${role}`)
      yield* Effect.provide(addBrand("b"), appOn().pipe(Layer.provideMerge(asRole)))
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)))
})
