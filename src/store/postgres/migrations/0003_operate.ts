import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"

/**
 * The table of the workers that were live in the last hour, as SQLite has it. No index
 * has a column that a beat changes, and `fillfactor` leaves room for the new
 * version of a row in its page, so that a beat writes no index. With it comes the
 * index by which people find all jobs of a unique key.
 */
export const operate = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE holdfast_workers (
      worker text NOT NULL PRIMARY KEY CHECK (worker <> ''),
      host text NOT NULL,
      pid integer NOT NULL,
      version text NOT NULL,
      started_at timestamptz(3) NOT NULL,
      beat_at timestamptz(3) NOT NULL,
      beat_every integer NOT NULL CHECK (beat_every > 0),
      kinds jsonb NOT NULL,
      queues jsonb,
      concurrency integer NOT NULL CHECK (concurrency >= 1),
      running integer NOT NULL CHECK (running >= 0),
      draining smallint NOT NULL CHECK (draining IN (0, 1))
    ) WITH (fillfactor = 50)`
  yield* sql`
    CREATE INDEX holdfast_jobs_by_unique_key ON holdfast_jobs (unique_key, id) WHERE unique_key IS NOT NULL`
})
