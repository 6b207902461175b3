import * as SqlClient from "@effect/sql/SqlClient"
import type { Duration } from "effect"
import { Effect } from "effect"
import { StoreError } from "../../../domain/errors.ts"
import { failingAs, runMigrations, wrongVersion } from "../../migrating.ts"
import { answeredWithin } from "../answering.ts"
import { postgresTransaction } from "../transaction.ts"
import { migrations, newest } from "./migrations.ts"

/** Of those who start at once one makes the tables. The number is "holdfast" in the ASCII of its first letters. */
const lock = 0x686f6c64

/**
 * Brings the tables up to date, remembering how far in `holdfast_migrations`. A
 * database that is up to date is only read, so a role that may not create tables
 * can open it. A look may take as long as `limit`, a migration as long as it takes.
 */
export const migrate = (limit: Duration.Duration): Effect.Effect<void, StoreError, SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    if ((yield* answeredWithin(limit)(look)) < newest) {
      yield* postgresTransaction(sql, limit)(Effect.gen(function*() {
        // The lock ends with the transaction, so it holds also through a pooler that lends a connection for one transaction.
        yield* sql`SELECT pg_advisory_xact_lock(${sql.literal(String(lock))})`
        // The migrator finds out by a statement that fails, which would spoil the transaction.
        yield* sql`
          CREATE TABLE IF NOT EXISTS holdfast_migrations (
            migration_id integer PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now(), name text NOT NULL
          )`
        yield* runMigrations(migrations)
      }))
    }
    yield* answeredWithin(limit)(check)
  }).pipe(failingAs("migrate"))

/** Checks that the tables are up to date, and changes nothing. */
export const checkMigrated = (limit: Duration.Duration): Effect.Effect<void, StoreError, SqlClient.SqlClient> =>
  Effect.suspend(() => answeredWithin(limit)(check)).pipe(failingAs("open"))

/** The version that made the tables; 0 if none did. */
const look = Effect.gen(function*() {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const [found] = yield* sql<
    { readonly there: boolean }
  >`SELECT to_regclass('holdfast_migrations') IS NOT NULL AS there`
  if (found?.there !== true) return 0
  const [row] = yield* sql<{ readonly version: number | null }>`
    SELECT max(migration_id) AS version FROM holdfast_migrations`
  return row?.version ?? 0
})

const check = Effect.gen(function*() {
  const version = yield* look
  if (version !== newest) return yield* wrongVersion(version, newest)
  const missing = yield* missingTables
  if (missing.length > 0) {
    const problem = `${missing.join(", ")} is missing although holdfast_migrations says that it was made. `
      + "Tools that push a schema, such as drizzle-kit push, drop what they do not know: exclude holdfast_* there."
    return yield* new StoreError({ operation: "check the tables", cause: new Error(problem) })
  }
})

/** The table and the indexes that the statements name or need, as far as they are not there. */
const missingTables = Effect.gen(function*() {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const rows = yield* sql<{ readonly name: string }>`
    SELECT name FROM unnest(${sql.literal(`ARRAY[${needed.map((name) => `'${name}'`).join(", ")}]`)}) AS name
    WHERE to_regclass(name) IS NULL`
  return rows.map(({ name }) => name)
})

const needed = [
  "holdfast_jobs",
  ...["claim", "order", "lease", "unique", "finished", "by_status", "by_kind", "by_queue", "by_partition"].map(
    (index) => `holdfast_jobs_${index}`
  )
]
