import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"

/**
 * The table of the workers that were live in the last hour, and the index by which people find all jobs of a unique key.
 * Nothing that runs a job reads them.
 */
export const operate = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE holdfast_workers (
      worker TEXT NOT NULL PRIMARY KEY CHECK (worker <> ''),
      host TEXT NOT NULL,
      pid INTEGER NOT NULL,
      version TEXT NOT NULL,
      started_at INTEGER NOT NULL,
      beat_at INTEGER NOT NULL,
      beat_every INTEGER NOT NULL CHECK (beat_every > 0),
      kinds TEXT NOT NULL CHECK (json_valid(kinds)),
      queues TEXT CHECK (json_valid(queues)),
      concurrency INTEGER NOT NULL CHECK (concurrency >= 1),
      running INTEGER NOT NULL CHECK (running >= 0),
      draining INTEGER NOT NULL CHECK (draining IN (0, 1))
    ) STRICT, WITHOUT ROWID`
  yield* sql`
    CREATE INDEX holdfast_jobs_by_unique_key ON holdfast_jobs (unique_key, id) WHERE unique_key IS NOT NULL`
})
