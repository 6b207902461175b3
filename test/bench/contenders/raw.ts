import Database from "better-sqlite3"
import { randomBytes } from "node:crypto"
import { v7 } from "uuid"
import { expectCount, startMeasuring } from "../measure.ts"
import { payloadOf, warmUpOf } from "../load.ts"
import type { Durability, Sample } from "../Scenario.ts"

/*
 * The floor: better-sqlite3 on Holdfast's own table, with nothing around the
 * statements. It runs no handler, keeps no lease and checks nothing.
 */

const open = (file: string, durability: Durability) => {
  const database = new Database(file)
  database.pragma("journal_mode = WAL")
  database.pragma(`synchronous = ${durability}`)
  database.pragma("temp_store = MEMORY")
  return database
}

type Handle = ReturnType<typeof open>

/** The row of a job as an enqueue writes it. */
const rowOf = (n: number) => {
  const now = Date.now()
  return {
    id: v7({ msecs: now, seq: n, random: randomBytes(16) }),
    payload: JSON.stringify(payloadOf(n)),
    now
  }
}

const insertOf = (database: Handle) =>
  database.prepare(`
    INSERT INTO holdfast_jobs (id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at)
    VALUES (@id, 'default', 'bench.nothing', @payload, 'pending', 0, 3, @now, @now, @now)`)

const insertAll = (database: Handle, rows: ReadonlyArray<ReturnType<typeof rowOf>>) => {
  const insert = insertOf(database)
  database.transaction(() => {
    for (const row of rows) insert.run(row)
  })()
}

const rowsOf = (jobs: number) => Array.from({ length: jobs }, (_, n) => rowOf(n))

/** Claims so many, then completes them, each in one transaction, until nothing is left. Answers how many it did. */
const claimAndComplete = (database: Handle, batch: number) => {
  const claim = database.prepare<unknown[], { readonly id: string }>(`
    UPDATE holdfast_jobs SET status = 'running', attempts = attempts + 1, updated_at = @now,
      locked_at = @now, locked_by = 'raw', locked_until = @now + 600000
    WHERE id IN (
      SELECT id FROM holdfast_jobs
      WHERE status = 'pending' AND queue = 'default' AND kind = 'bench.nothing' AND priority = 0 AND available_at <= @now
      ORDER BY available_at, id LIMIT @batch
    )
    RETURNING id, payload, attempts`)
  const complete = database.prepare(`
    UPDATE holdfast_jobs SET status = 'succeeded', result = 'null', finished_at = @now, updated_at = @now,
      settled_attempt = attempts, settled_by = locked_by, settled_as = 'complete', settled_to = 'succeeded',
      locked_at = NULL, locked_by = NULL, locked_until = NULL
    WHERE id IN (SELECT value FROM json_each(@ids)) AND status = 'running' AND locked_by = 'raw'`)
  let done = 0
  while (true) {
    const claimed = claim.all({ now: Date.now(), batch })
    if (claimed.length === 0) return done
    done += complete.run({ now: Date.now(), ids: JSON.stringify(claimed.map(({ id }) => id)) }).changes
  }
}

interface Options {
  /** A migrated database. */
  readonly file: string
  readonly durability: Durability
  readonly jobs: number
}

/** Claims and completes jobs that wait. */
export const drain = ({ batch, durability, file, jobs }: Options & { readonly batch: number }): Promise<Sample> => {
  const database = open(file, durability)
  insertAll(database, rowsOf(warmUpOf(jobs)))
  expectCount("rows completed", claimAndComplete(database, batch), warmUpOf(jobs))
  insertAll(database, rowsOf(jobs))
  const stop = startMeasuring()
  const done = claimAndComplete(database, batch)
  const sample = stop(jobs)
  expectCount("rows completed", done, jobs)
  return Promise.resolve(sample)
}

/** Inserts rows, each in a transaction of its own. */
export const insertSingly = ({ durability, file, jobs }: Options): Promise<Sample> => {
  const database = open(file, durability)
  const insert = insertOf(database)
  const insertEach = (rows: ReadonlyArray<ReturnType<typeof rowOf>>) => {
    for (const row of rows) insert.run(row)
  }
  insertEach(rowsOf(warmUpOf(jobs)))
  const rows = rowsOf(jobs)
  const stop = startMeasuring()
  insertEach(rows)
  return Promise.resolve(stop(jobs))
}

/** Inserts rows in one transaction. */
export const insertAtOnce = ({ durability, file, jobs }: Options): Promise<Sample> => {
  const database = open(file, durability)
  insertAll(database, rowsOf(warmUpOf(jobs)))
  const rows = rowsOf(jobs)
  const stop = startMeasuring()
  insertAll(database, rows)
  return Promise.resolve(stop(jobs))
}
