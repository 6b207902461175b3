import Database from "better-sqlite3"

/**
 * Puts so many jobs into a database that has Holdfast's tables: of every thousand two run, twenty are due, ten failed and the
 * rest has succeeded, in twenty lanes and over the last week.
 */
export const insertRows = (file: string, count: number): void => {
  const database = new Database(file)
  database.pragma("synchronous = OFF")
  const now = Date.now()
  const week = 7 * 24 * 3_600_000
  const insert = database.prepare(`
    WITH RECURSIVE number (i) AS (SELECT $from UNION ALL SELECT i + 1 FROM number WHERE i + 1 < $to)
    INSERT INTO holdfast_jobs (
      id, queue, kind, payload, status, priority, max_attempts, attempts, failures, available_at, created_at, updated_at,
      finished_at, result, locked_at, locked_by, locked_until, last_error
    )
    SELECT
      printf('%08x-%04x-7000-8000-%012x', at >> 16, at & 65535, i),
      'queue-' || (i % 5), 'kind-' || (i % 4),
      '{"account":"account-' || (i % 1000) || '","subject":"Your invoice is ready"}',
      status, 0, 3, status <> 'pending', status = 'failed',
      at, at, at,
      CASE WHEN status IN ('succeeded', 'failed') THEN at + 100 END,
      CASE WHEN status = 'succeeded' THEN 'null' END,
      CASE WHEN status = 'running' THEN $now END,
      CASE WHEN status = 'running' THEN 'host:1:00000000000000000000000000000000' END,
      CASE WHEN status = 'running' THEN $now + 86400000 END,
      CASE WHEN status = 'failed' THEN 'Error: the card was refused' END
    FROM (
      SELECT i, $now - ${week} + CAST(${week}.0 * i / $count AS INTEGER) AS at,
        CASE WHEN i % 1000 < 2 THEN 'running' WHEN i % 1000 < 22 THEN 'pending' WHEN i % 1000 < 32 THEN 'failed'
          ELSE 'succeeded' END AS status
      FROM number
    )`)
  const batch = 100_000
  for (let from = 0; from < count; from += batch) {
    insert.run({ from, to: Math.min(count, from + batch), now, count })
  }
  database.pragma("wal_checkpoint(TRUNCATE)")
  database.close()
}
