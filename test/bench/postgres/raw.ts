import { randomBytes } from "node:crypto"
import type { Client } from "pg"
import { v7 } from "uuid"
import { payloadOf, warmUpOf } from "../load.ts"
import { expectCount } from "../measure.ts"
import type { Sample } from "../Scenario.ts"
import { withClient } from "./database.ts"
import { startMeasuringOn } from "./measure.ts"

/*
 * The floor: the driver on Holdfast's own table, with one connection and nothing
 * around the statements. It runs no handler, keeps no lease and checks nothing.
 */

/** The rows of so many jobs as an enqueue writes them, in one statement. */
const insertAll = async (client: Client, jobs: number) => {
  const rows = Array.from({ length: jobs }, (_, n) => ({
    id: v7({ msecs: Date.now(), seq: n, random: randomBytes(16) }),
    payload: payloadOf(n)
  }))
  await client.query(
    `
    INSERT INTO holdfast_jobs (id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at)
    SELECT id, 'default', 'bench.nothing', payload, 'pending', 0, 3, now(), now(), now()
    FROM json_to_recordset($1::json) AS item (id uuid, payload jsonb)`,
    [JSON.stringify(rows)]
  )
}

/** Claims so many, then completes them, until nothing is left. Answers how many it did. */
const claimAndComplete = async (client: Client, batch: number) => {
  let done = 0
  while (true) {
    const { rows } = await client.query<{ readonly id: string }>({
      name: "claim",
      text: `
        WITH due AS MATERIALIZED (
          SELECT id FROM holdfast_jobs
          WHERE status = 'pending' AND queue = 'default' AND kind = 'bench.nothing' AND priority = 0 AND available_at <= now()
          ORDER BY available_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        UPDATE holdfast_jobs AS j SET status = 'running', attempts = attempts + 1, updated_at = now(),
          locked_at = now(), locked_by = 'raw', locked_until = now() + interval '10 minutes'
        FROM due WHERE j.id = due.id
        RETURNING j.id, payload, attempts`,
      values: [batch]
    })
    if (rows.length === 0) return done
    const { rowCount } = await client.query({
      name: "complete",
      text: `
        UPDATE holdfast_jobs SET status = 'succeeded', result = 'null', finished_at = now(), updated_at = now(),
          settled_attempt = attempts, settled_by = locked_by, settled_as = 'complete', settled_to = 'succeeded',
          locked_at = NULL, locked_by = NULL, locked_until = NULL
        WHERE id = ANY($1::uuid[]) AND status = 'running' AND locked_by = 'raw'`,
      values: [rows.map(({ id }) => id)]
    })
    done += rowCount ?? 0
  }
}

/** Claims and completes jobs that wait in a migrated database. */
export const drain = (
  url: string,
  { concurrency, jobs }: { readonly concurrency: number; readonly jobs: number }
): Promise<Sample> =>
  withClient(url, async (client) => {
    await insertAll(client, warmUpOf(jobs))
    await claimAndComplete(client, concurrency)
    await insertAll(client, jobs)
    const stop = await startMeasuringOn(url)
    const done = await claimAndComplete(client, concurrency)
    const sample = await stop(jobs)
    expectCount("rows completed", done, jobs)
    return sample
  })
