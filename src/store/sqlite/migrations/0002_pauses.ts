import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"

/** The table of the queues and kinds from which nothing is claimed. Every claim reads all of it, so it must stay small. */
export const pauses = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE holdfast_pauses (
      scope TEXT NOT NULL CHECK (scope IN ('queue', 'kind')),
      name TEXT NOT NULL CHECK (name <> ''),
      paused_at INTEGER NOT NULL,
      paused_by TEXT,
      PRIMARY KEY (scope, name)
    ) STRICT, WITHOUT ROWID`
})
