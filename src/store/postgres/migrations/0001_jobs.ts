import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"

/**
 * The table of jobs on PostgreSQL: the columns and rules of SQLite's, with the
 * types that PostgreSQL has for them.
 *
 * Instants are whole milliseconds, as Holdfast knows them. `fillfactor` leaves room in each page for the versions that a claim, its beats
 * and its settle make of a row.
 */
export const jobs = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE holdfast_jobs (
      id uuid NOT NULL PRIMARY KEY,
      queue text NOT NULL CHECK (queue <> ''),
      kind text NOT NULL CHECK (kind <> ''),
      payload jsonb NOT NULL,
      first_payload jsonb,
      status text NOT NULL CHECK (status IN ('waiting', 'pending', 'running', 'succeeded', 'failed', 'cancelled')),
      priority integer NOT NULL CHECK (priority BETWEEN -1000 AND 1000),
      partition_key text CHECK (partition_key <> ''),
      unique_key text CHECK (unique_key <> ''),
      unique_scope text CHECK (unique_scope IN ('pending', 'unfinished')),
      limit_key text CHECK (limit_key <> ''),
      holds_key smallint NOT NULL DEFAULT 0 CHECK (holds_key IN (0, 1)),
      attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
      failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
      max_attempts integer NOT NULL CHECK (max_attempts >= 1),
      available_at timestamptz(3) NOT NULL,
      locked_at timestamptz(3),
      locked_by text CHECK (locked_by <> ''),
      locked_until timestamptz(3),
      settled_attempt integer CHECK (settled_attempt BETWEEN 1 AND attempts),
      settled_by text,
      settled_as text CHECK (settled_as IN ('complete', 'fail', 'release')),
      settled_to text CHECK (settled_to IN ('pending', 'succeeded', 'failed', 'cancelled')),
      cancel_requested_at timestamptz(3),
      progress jsonb,
      result jsonb,
      last_error text,
      last_error_value jsonb,
      errors jsonb NOT NULL DEFAULT '[]',
      created_at timestamptz(3) NOT NULL,
      updated_at timestamptz(3) NOT NULL,
      finished_at timestamptz(3),
      trace_context text,
      CHECK (failures <= attempts AND (status <> 'running' OR failures < attempts)),
      CHECK ((status = 'running') = (locked_at IS NOT NULL)),
      CHECK ((status = 'running') = (locked_by IS NOT NULL)),
      CHECK ((status = 'running') = (locked_until IS NOT NULL)),
      CHECK ((status IN ('succeeded', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
      CHECK ((status = 'succeeded') = (result IS NOT NULL)),
      CHECK ((unique_key IS NULL) = (unique_scope IS NULL)),
      CHECK (
        holds_key = 0 OR unique_key IS NOT NULL
          AND (status IN ('waiting', 'pending') OR status = 'running' AND unique_scope = 'unfinished')
      ),
      CHECK ((settled_attempt IS NULL) = (settled_by IS NULL)),
      CHECK ((settled_attempt IS NULL) = (settled_as IS NULL)),
      CHECK ((settled_attempt IS NULL) = (settled_to IS NULL)),
      CHECK (status NOT IN ('waiting', 'pending', 'failed') OR cancel_requested_at IS NULL),
      CHECK (status <> 'failed' OR last_error IS NOT NULL),
      CHECK (last_error_value IS NULL OR last_error IS NOT NULL)
    ) WITH (fillfactor = 70)`
  yield* sql`
    CREATE INDEX holdfast_jobs_claim ON holdfast_jobs (queue, kind, priority DESC, available_at, id)
    WHERE status = 'pending'`
  yield* sql`
    CREATE INDEX holdfast_jobs_order ON holdfast_jobs (priority DESC, available_at, id) WHERE status = 'pending'`
  yield* sql`CREATE INDEX holdfast_jobs_lease ON holdfast_jobs (locked_until) WHERE status = 'running'`
  yield* sql`
    CREATE UNIQUE INDEX holdfast_jobs_unique ON holdfast_jobs (kind, COALESCE(partition_key, ''), unique_key)
    WHERE holds_key = 1`
  yield* sql`CREATE INDEX holdfast_jobs_finished ON holdfast_jobs (status, finished_at) WHERE finished_at IS NOT NULL`
  yield* sql`CREATE INDEX holdfast_jobs_by_status ON holdfast_jobs (status, id) WHERE status <> 'running'`
  yield* sql`CREATE INDEX holdfast_jobs_by_kind ON holdfast_jobs (kind, id)`
  yield* sql`CREATE INDEX holdfast_jobs_by_queue ON holdfast_jobs (queue, id)`
  yield* sql`
    CREATE INDEX holdfast_jobs_by_partition ON holdfast_jobs (partition_key, id) WHERE partition_key IS NOT NULL`
})
