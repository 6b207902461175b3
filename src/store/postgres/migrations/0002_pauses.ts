import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"

/** The table of the queues and kinds from which nothing is claimed, as SQLite has it. */
export const pauses = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE holdfast_pauses (
      scope text NOT NULL CHECK (scope IN ('queue', 'kind')),
      name text NOT NULL CHECK (name <> ''),
      paused_at timestamptz(3) NOT NULL,
      paused_by text,
      PRIMARY KEY (scope, name)
    )`
})
