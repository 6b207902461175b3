import { Migrator, SqlClient } from "@effect/sql"
import { Effect, Option } from "effect"
import { StoreError } from "../domain/errors.ts"
import { jobs } from "./migrations/0001_jobs.ts"
import { immediateTransaction } from "./connection.ts"

/** A shipped migration is never edited: a change of the tables is another one. */
const migrations = { "0001_jobs": jobs }

const newest = Object.keys(migrations).length

/**
 * Brings the tables up to date, remembering how far in `holdfast_migrations`.
 *
 * The migrator alone lets the second of two processes that start at once go on
 * without tables. Here the first takes the write lock before it looks, and the
 * others wait for it. Tables that a newer Holdfast has made are refused.
 */
export const migrate: Effect.Effect<void, StoreError, SqlClient.SqlClient> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const upToDate = Effect.gen(function*() {
    yield* Migrator.make({})({ loader: Migrator.fromRecord(migrations), table: "holdfast_migrations" }).pipe(
      // A migration that fails is a defect of the migrator's, and one of the database for us.
      Effect.catchSomeDefect((defect) =>
        defect instanceof Migrator.MigrationError ? Option.some(Effect.fail(defect)) : Option.none()
      )
    )
    // SQLite opens a file that may not be written to without a word, begins this transaction, and only fails, for as long
    // as the connection lives, where something is written: so something is, which changes nothing.
    yield* sql`DELETE FROM holdfast_migrations WHERE FALSE`
    const [newer] = yield* sql`
      SELECT migration_id AS version FROM holdfast_migrations WHERE migration_id > ${newest}
      ORDER BY migration_id DESC LIMIT 1`
    if (newer !== undefined) {
      const found = String(newer["version"])
      const cause = new Error(`the tables are of version ${found}, and this is made for version ${newest}`)
      return yield* new StoreError({ operation: "migrate", cause })
    }
  })
  yield* immediateTransaction(sql)(upToDate).pipe(
    Effect.withTracerEnabled(false),
    Effect.mapError((cause) => cause instanceof StoreError ? cause : new StoreError({ operation: "migrate", cause }))
  )
})
