import * as SqlClient from "@effect/sql/SqlClient"
import type { Duration } from "effect"
import { Effect } from "effect"
import { StoreError } from "../../../domain/errors.ts"
import { failingAs, runMigrations, wrongVersion } from "../../migrating.ts"
import { answeredWithin } from "../answering.ts"
import { lacksRight } from "../errorCodes.ts"
import { quoted, tableIn } from "../schema.ts"
import { postgresTransaction } from "../transaction.ts"
import { migrations, newest } from "./migrations.ts"

/** Of those who start at once one makes the tables. The number is "holdfast" in the ASCII of its first letters. */
const lock = 0x686f6c64

/** The schema that was asked for; undefined: the search path's. */
type Schema = string | undefined

/**
 * Brings the tables up to date, remembering how far in `holdfast_migrations`, and
 * answers the schema that they are in. A database that is up to date is only read,
 * so a role that may not create tables can open it. A look may take as long as
 * `limit`, a migration as long as it takes.
 */
export const migrate = (
  limit: Duration.Duration,
  schema: Schema
): Effect.Effect<string, StoreError, SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const found = yield* answeredWithin(limit)(look(schema))
    if (found === undefined || found.version < newest) {
      yield* postgresTransaction(sql, limit)(Effect.gen(function*() {
        // The lock ends with the transaction, so it holds also through a pooler that lends a connection for one transaction.
        // Older tables are brought up to date where they are, and not where new ones would be made.
        const target = schema ?? found?.schema
        const its = target === undefined ? sql`current_schema()` : sql`${target}`
        yield* sql`SELECT pg_advisory_xact_lock(${sql.literal(String(lock))}, hashtext(${its}))`
        if (target !== undefined) yield* enter(target)
        // The migrator finds out by a statement that fails, which would spoil the transaction.
        yield* sql`
          CREATE TABLE IF NOT EXISTS holdfast_migrations (
            migration_id integer PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now(), name text NOT NULL
          )`
        yield* runMigrations(migrations)
      }))
    }
    return yield* answeredWithin(limit)(check(schema))
  }).pipe(failingAs("migrate"))

/** Checks that the tables are up to date, changes nothing, and answers the schema that they are in. */
export const checkMigrated = (
  limit: Duration.Duration,
  schema: Schema
): Effect.Effect<string, StoreError, SqlClient.SqlClient> =>
  Effect.suspend(() => answeredWithin(limit)(check(schema))).pipe(failingAs("open"))

/** The version that made the tables, 0 if none did. Changes nothing. */
export const version = (
  limit: Duration.Duration,
  schema: Schema
): Effect.Effect<number, StoreError, SqlClient.SqlClient> =>
  Effect.suspend(() => answeredWithin(limit)(look(schema))).pipe(
    Effect.map((found) => found?.version ?? 0),
    failingAs("open")
  )

/** Makes the schema if it is not there, and makes tables in it until the transaction ends. */
const enter = (schema: string) =>
  Effect.gen(function*() {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const name = sql.literal(quoted(schema))
    // CREATE SCHEMA IF NOT EXISTS asks for the right to create one also where it is there.
    const there = yield* sql`SELECT 1 FROM pg_namespace WHERE nspname = ${schema}`
    if (there.length === 0) {
      yield* Effect.mapError(sql`CREATE SCHEMA ${name}`, (error) => lacksRight(error) ? mayNot(schema) : error)
    }
    yield* sql`SET LOCAL search_path TO ${name}`
  })

const mayNot = (schema: string) =>
  new StoreError({
    operation: "migrate",
    cause: new Error(
      `the schema ${quoted(schema)} is not there, and this role may not make it; `
        + `ask a role that may make schemas to run: CREATE SCHEMA ${quoted(schema)} AUTHORIZATION <this role>`
    )
  })

/** The schema of the tables and the version that made them; undefined if none did. */
const look = (schema: Schema) =>
  Effect.gen(function*() {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const [found] = yield* sql<{ readonly schema: string }>`
      SELECT nspname AS schema FROM pg_class JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
      WHERE pg_class.oid = to_regclass(${tableIn(schema, "holdfast_migrations")})`
    if (found === undefined) return undefined
    const [row] = yield* sql<{ readonly version: number | null }>`
      SELECT max(migration_id) AS version FROM ${sql.literal(tableIn(found.schema, "holdfast_migrations"))}`
    return { schema: found.schema, version: row?.version ?? 0 }
  })

const check = (schema: Schema) =>
  Effect.gen(function*() {
    const found = yield* look(schema)
    if (found?.version !== newest) {
      const where = schema === undefined ? "this database" : `the schema ${quoted(schema)} of this database`
      return yield* wrongVersion(found?.version ?? 0, newest, where)
    }
    const missing = yield* missingTables(found.schema)
    if (missing.length > 0) {
      const problem = `${missing.join(", ")} is missing although holdfast_migrations says that it was made. `
        + "Tools that push a schema, such as drizzle-kit push, drop what they do not know: exclude holdfast_* there."
      return yield* new StoreError({ operation: "check the tables", cause: new Error(problem) })
    }
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const pauses = tableIn(found.schema, "holdfast_pauses")
    const [may] = yield* sql<{ readonly read: boolean }>`SELECT has_table_privilege(${pauses}, 'SELECT') AS read`
    if (may?.read !== true) {
      const problem = `this role may not read ${pauses}, which every claim does; ask its owner to run: `
        + `GRANT SELECT, INSERT, UPDATE, DELETE ON ${pauses} TO <this role>`
      return yield* new StoreError({ operation: "check the tables", cause: new Error(problem) })
    }
    return found.schema
  })

/** The tables and the indexes that the statements name or need, as far as they are not there. */
const missingTables = (schema: string) =>
  Effect.gen(function*() {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const rows = yield* sql<{ readonly name: string }>`
      SELECT name FROM unnest(${sql.literal(`ARRAY[${needed.map((name) => `'${name}'`).join(", ")}]`)}) AS name
      WHERE to_regclass(${`${quoted(schema)}.`} || name) IS NULL`
    return rows.map(({ name }) => name)
  })

const needed = [
  "holdfast_jobs",
  "holdfast_pauses",
  "holdfast_workers",
  ...["claim", "order", "lease", "unique", "finished", "by_status", "by_kind", "by_queue", "by_partition"].map(
    (index) => `holdfast_jobs_${index}`
  )
]
