import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"

/**
 * The table of jobs on SQLite. Instants are epoch milliseconds. The CHECKs tie a
 * status to the columns that go with it, so that a wrong statement is refused.
 *
 * A row that satisfies them satisfies them after every step of its life. So an
 * app's SQL is refused at once, and leaves nothing behind that makes a later
 * statement over many rows fail. That is why no CHECK holds `failures` below
 * `max_attempts`, which an app may lower.
 *
 * It is closed: what changes the tables is a migration of its own. A test holds it
 * to that.
 *
 * The status `waiting`, for jobs that wait for other jobs, and `limit_key`, for
 * limits by key, are there for releases to come: SQLite cannot change a CHECK
 * without copying the table.
 */
export const jobs = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE holdfast_jobs (
      id TEXT NOT NULL PRIMARY KEY,
      queue TEXT NOT NULL CHECK (queue <> ''),
      kind TEXT NOT NULL CHECK (kind <> ''),
      payload TEXT NOT NULL CHECK (json_valid(payload)),
      first_payload TEXT,
      status TEXT NOT NULL CHECK (status IN ('waiting', 'pending', 'running', 'succeeded', 'failed', 'cancelled')),
      priority INTEGER NOT NULL CHECK (priority BETWEEN -1000 AND 1000),
      partition_key TEXT CHECK (partition_key <> ''),
      unique_key TEXT CHECK (unique_key <> ''),
      unique_scope TEXT CHECK (unique_scope IN ('pending', 'unfinished')),
      limit_key TEXT CHECK (limit_key <> ''),
      holds_key INTEGER NOT NULL DEFAULT 0 CHECK (holds_key IN (0, 1)),
      attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
      failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
      max_attempts INTEGER NOT NULL CHECK (max_attempts >= 1),
      available_at INTEGER NOT NULL,
      locked_at INTEGER,
      locked_by TEXT CHECK (locked_by <> ''),
      locked_until INTEGER,
      settled_attempt INTEGER CHECK (settled_attempt BETWEEN 1 AND attempts),
      settled_by TEXT,
      settled_as TEXT CHECK (settled_as IN ('complete', 'fail', 'release')),
      settled_to TEXT CHECK (settled_to IN ('pending', 'succeeded', 'failed', 'cancelled')),
      cancel_requested_at INTEGER,
      progress TEXT,
      result TEXT,
      last_error TEXT,
      last_error_value TEXT,
      errors TEXT NOT NULL DEFAULT '[]',
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      finished_at INTEGER,
      trace_context TEXT,
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
    ) STRICT`
  // Leads with what a claim names, so that a claim walks to its jobs and no further.
  yield* sql`
    CREATE INDEX holdfast_jobs_claim ON holdfast_jobs (queue, kind, priority DESC, available_at, id)
    WHERE status = 'pending'`
  // Claim order whatever the lane, for a claim of nearly all of them.
  yield* sql`
    CREATE INDEX holdfast_jobs_order ON holdfast_jobs (priority DESC, available_at, id) WHERE status = 'pending'`
  yield* sql`CREATE INDEX holdfast_jobs_lease ON holdfast_jobs (locked_until) WHERE status = 'running'`
  // Only rows that hold their key: one that gave it up at its claim does not stand in the way.
  yield* sql`
    CREATE UNIQUE INDEX holdfast_jobs_unique ON holdfast_jobs (kind, COALESCE(partition_key, ''), unique_key)
    WHERE holds_key = 1`
  yield* sql`CREATE INDEX holdfast_jobs_finished ON holdfast_jobs (status, finished_at) WHERE finished_at IS NOT NULL`
  // For pages of jobs, newest first, by one of these. Running jobs are few, and are found by their leases: an entry here
  // would be written and deleted for every attempt.
  yield* sql`CREATE INDEX holdfast_jobs_by_status ON holdfast_jobs (status, id) WHERE status <> 'running'`
  yield* sql`CREATE INDEX holdfast_jobs_by_kind ON holdfast_jobs (kind, id)`
  yield* sql`CREATE INDEX holdfast_jobs_by_queue ON holdfast_jobs (queue, id)`
  yield* sql`
    CREATE INDEX holdfast_jobs_by_partition ON holdfast_jobs (partition_key, id) WHERE partition_key IS NOT NULL`
})
