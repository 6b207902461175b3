import type { Claims, Rows } from "../contenders/holdfastClaims.ts"
import { claimTimes } from "../contenders/holdfastClaims.ts"
import type { Sample } from "../Scenario.ts"
import { withClient } from "./database.ts"
import { migrate, runOn } from "./holdfast.ts"

/** Puts these jobs into a database, and tidies it as autovacuum would in time. */
export const fill = async (url: string, all: ReadonlyArray<Rows>): Promise<void> => {
  await migrate(url)
  await withClient(url, async (client) => {
    for (const rows of all) await client.query(insert(rows))
    await client.query("VACUUM (ANALYZE) holdfast_jobs")
  })
}

const insert = (
  { availableAt = "now()", count, kind = "'bench.nothing'", priority = "0", queue = "'default'", status }: Rows
) => {
  const isSettled = status === "succeeded"
  return `
    INSERT INTO holdfast_jobs (
      id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at, attempts, result, finished_at
    )
    SELECT gen_random_uuid(), ${queue}, ${kind},
      jsonb_build_object('n', 0, 'account', 'account-00000000', 'template', 'welcome', 'subject', '',
        'body', repeat('x', 100), 'tags', '[]'::jsonb),
      '${status ?? "pending"}', ${priority}, 3, ${availableAt}, now(), now(),
      ${isSettled ? "1, 'null', now()" : "0, NULL, NULL"}
    FROM generate_series(0, ${count - 1}) AS n`
}

/** Takes every lock off, so that each run finds the same jobs due. */
const giveBack = (url: string) =>
  withClient(url, async (client) => {
    await client.query(`
      UPDATE holdfast_jobs SET status = 'pending', locked_at = NULL, locked_by = NULL, locked_until = NULL
      WHERE status = 'running'`)
  })

/** The times of claims and looks in a database. */
export const timeClaims = async (url: string, claims: Claims): Promise<Sample> => {
  await giveBack(url)
  const sample = await runOn(url, claimTimes(claims))
  await giveBack(url)
  return sample
}
