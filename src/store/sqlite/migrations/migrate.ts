import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import type { StoreError } from "../../../domain/errors.ts"
import { failingAs, runMigrations, wrongVersion } from "../../migrating.ts"
import { withoutWaiting } from "../appsConnection.ts"
import { checkTables, readTables, refuseUnversioned } from "./checkTables.ts"
import { isBusy } from "../errorCodes.ts"
import { immediateTransaction } from "../transaction/immediateTransaction.ts"
import { migrations, newest } from "./migrations.ts"

/**
 * Brings the tables up to date, remembering how far in `holdfast_migrations`, and
 * checks that they are as the store's statements need them. A database that is
 * up to date is only read, so that a start does not wait for the write lock.
 *
 * The migrator alone lets the second of two processes that start at once go on
 * without tables. Here the first takes the write lock before it looks, and the
 * others wait for it.
 */
export const migrate: Effect.Effect<void, StoreError, SqlClient.SqlClient> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  if ((yield* look).version < newest) yield* immediateTransaction(sql)(bringUpToDate)
  yield* refuseUnwritable
  yield* check
}).pipe(failingAs("migrate"))

/** The same in the open transaction: the tables are there if it commits. */
export const migrateInside: Effect.Effect<void, StoreError, SqlClient.SqlClient> = Effect.suspend(() =>
  Effect.zipRight(bringUpToDate, check)
).pipe(failingAs("migrate"))

/** Checks that the tables are up to date, and changes nothing. */
export const checkMigrated: Effect.Effect<void, StoreError, SqlClient.SqlClient> = Effect.suspend(() => check).pipe(
  failingAs("open")
)

/** The version that made the tables, 0 if none did. Changes nothing. */
export const version: Effect.Effect<number, StoreError, SqlClient.SqlClient> = Effect.suspend(() =>
  Effect.map(look, ({ version }) => version)
).pipe(failingAs("open"))

/** The version that made the tables, 0 if none did, and the tables. */
const look = Effect.gen(function*() {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const tables = yield* readTables
  if (!tables.some(({ name }) => name === "holdfast_migrations")) return { version: 0, tables }
  const [row] = yield* sql<{ readonly version: number | bigint | null }>`
    SELECT max(migration_id) AS version FROM holdfast_migrations`
  return { version: Number(row?.version ?? 0), tables }
})

const bringUpToDate = Effect.gen(function*() {
  // Another process may have been faster.
  const { tables, version } = yield* look
  if (version === 0) yield* refuseUnversioned(tables)
  yield* runMigrations(migrations)
})

const check = Effect.gen(function*() {
  const { tables, version } = yield* look
  if (version === 0) yield* refuseUnversioned(tables)
  if (version !== newest) return yield* wrongVersion(version, newest)
  yield* checkTables(tables)
})

/**
 * Fails if the database cannot be written to. SQLite opens a read-only file without
 * an error, and begins transactions on it; only a write fails. So this makes a
 * write that changes nothing. It fails before SQLite asks for the lock: a lock that
 * another process holds shows that the file can be written to, and is not waited
 * for.
 */
const refuseUnwritable = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) =>
    Effect.scoped(Effect.flatMap(sql.reserve, (connection) => {
      const write = connection.execute("DELETE FROM holdfast_migrations WHERE FALSE", [], undefined)
      return withoutWaiting(connection, Effect.catchIf(write, isBusy, () => Effect.void))
    }))
)
