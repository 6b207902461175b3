import type { SqlError } from "@effect/sql"
import { Migrator, SqlClient } from "@effect/sql"
import { Effect } from "effect"
import { StoreError } from "../domain/errors.ts"
import { jobs } from "./migrations/0001_jobs.ts"
import { immediateTransaction } from "./connection.ts"

/** A shipped migration is never edited: a change of the tables is another one. */
const migrations = Migrator.fromRecord({ "0001_jobs": jobs })

/**
 * Brings the tables up to date, remembering how far in `holdfast_migrations`.
 *
 * The migrator alone lets the second of two processes that start at once go on
 * without tables. Here the first takes the write lock before it looks, and the
 * others wait for it.
 */
export const migrate: Effect.Effect<void, StoreError, SqlClient.SqlClient> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* immediateTransaction(sql)(Migrator.make({})({ loader: migrations, table: "holdfast_migrations" })).pipe(
    Effect.withTracerEnabled(false),
    Effect.mapError((cause: Migrator.MigrationError | SqlError.SqlError) =>
      new StoreError({ operation: "migrate", cause })
    )
  )
})
