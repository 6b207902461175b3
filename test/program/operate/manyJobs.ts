import type { Database } from "better-sqlite3"

/** Running jobs of a worker. */
interface Running {
  /** The number in the first id. */
  readonly from: number
  readonly count: number
  readonly worker: string
  /** Epoch milliseconds. */
  readonly lockedUntil: number
}

const columns =
  "id, queue, kind, payload, status, priority, attempts, max_attempts, available_at, locked_at, locked_by, "
  + "locked_until, created_at, updated_at"

const numbers = "WITH RECURSIVE n (i) AS (SELECT @from UNION ALL SELECT i + 1 FROM n WHERE i < @from + @count - 1)"

/** Inserts running jobs by SQL of its own: a claim takes few at a time. Older ones have lower ids. */
export const insertRunning = (database: Database, groups: ReadonlyArray<Running>) => {
  const insert = database.prepare(
    `${numbers} INSERT INTO holdfast_jobs (${columns}) SELECT printf('job-%09d', i), 'default', 'mail', '{}', 'running', 0, 1, `
      + "3, 1, @lockedUntil - 600000, @worker, @lockedUntil, 1, 1 FROM n"
  )
  for (const group of groups) insert.run(group)
}

/** Inserts pending jobs that are not due, each of a kind of its own. */
export const insertPending = (database: Database, from: number, count: number) =>
  database.prepare(
    `${numbers} INSERT INTO holdfast_jobs (${columns}) SELECT printf('job-%09d', i), 'default', 'kind-' || i, '{}', 'pending', 0, `
      + "0, 3, 9000000000000, NULL, NULL, NULL, 1, 1 FROM n"
  ).run({ from, count })

/** Inserts failed jobs of the kind "old". The seventh, of the oldest, has an error of its own. */
export const insertFailed = (database: Database, count: number) =>
  database.prepare(
    `${numbers} INSERT INTO holdfast_jobs (${columns}, finished_at, last_error) `
      + "SELECT printf('%08x-0000-7000-8000-000000000000', i), 'default', 'old', '{}', 'failed', 0, 1, 3, 0, NULL, NULL, NULL, 0, 0, 0, "
      + "iif(i = 7, 'a rare one', 'boom') FROM n"
  ).run({ from: 1, count })
