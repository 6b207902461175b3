import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Layer, Schema } from "effect"
import { dialect } from "./dialect.ts"
import { brandbrain } from "./migrations/0001_brandbrain.ts"
import { asStorageError } from "./StorageError.ts"
import type { StorageError } from "./StorageError.ts"
import { inTurnOf } from "./turns.ts"

const migrations = { "0001_brandbrain": brandbrain }

/** The version of the tables that this program works on. */
export const newest = Object.keys(migrations).length

/** The table that remembers which migrations have run. */
export const migrationsTable = "brandbrain_migrations"

/**
 * Brings the app's tables up to date in one transaction.
 *
 * Tables that are up to date are only read, so a start neither waits for a lock nor needs the right to make tables. Of
 * two processes that start together the second one waits, and then finds nothing to do.
 */
export const migrate: Effect.Effect<void, StorageError, SqlClient.SqlClient> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  if (yield* isUpToDate) return
  const run = Migrator.make({})({ loader: Migrator.fromRecord(migrations), table: migrationsTable })
  const applied = yield* Effect.zipRight(dialect(sql).makeMigrationsTable, run).pipe(inTurnOf(sql, "migration"))
  if (applied.length > 0) {
    yield* Effect.logInfo("Created BrandBrain's tables")
  }
}).pipe(
  Effect.catchTag("MigrationError", (error) => Effect.die(error)),
  asStorageError("migrate")
)

/** A database that was opened to be read only is older than this program. Nothing was changed. */
export class TablesOutOfDate extends Schema.TaggedError<TablesOutOfDate>()("TablesOutOfDate", {}) {
  override get message() {
    return "The tables of BrandBrain in this database are older than this program, or not there yet; a worker brings them "
      + "up to date when it starts"
  }
}

const isUpToDate = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [table] = yield* sql`${dialect(sql).selectTable(migrationsTable)}`
  if (table === undefined) return false
  const done = yield* sql`
    SELECT 1 FROM brandbrain_migrations WHERE migration_id >= ${newest}`
  return done.length > 0
})

/** Migrates when the layer is built. Provide it to everything that needs the tables. */
export const layer: Layer.Layer<never, StorageError, SqlClient.SqlClient> = Layer.effectDiscard(migrate)

/** Fails when the layer is built, unless the tables are up to date. For a database that is only read. */
export const layerChecked: Layer.Layer<never, StorageError | TablesOutOfDate, SqlClient.SqlClient> = Layer
  .effectDiscard(
    Effect.flatMap(isUpToDate, (isIt) => isIt ? Effect.void : new TablesOutOfDate()).pipe(asStorageError("migrate"))
  )
