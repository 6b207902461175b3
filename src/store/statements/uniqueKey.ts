import type * as Statement from "@effect/sql/Statement"
import type { Dialect } from "../Differences.ts"

/** The parts of statements that give a unique key back to a job, or look for the job that holds it. */
export const makeUniqueKey = (dialect: Dialect) => {
  const { among, byId, byIndex, jobsTable, sql, truth, unindexed } = dialect

  /** The id of the one job that holds the unique key of this row. */
  const keyHolder = sql`
        SELECT other.id FROM ${jobsTable} AS other ${byIndex("holdfast_jobs_unique")}
        WHERE other.kind = holdfast_jobs.kind AND other.unique_key = holdfast_jobs.unique_key
          AND COALESCE(other.partition_key, '') = COALESCE(holdfast_jobs.partition_key, '') AND other.holds_key = 1`

  /**
   * Says of a row whether it holds its key after a write that may take it back to
   * pending. A row that has its key keeps it. Another takes it if it is free: the
   * first of the rows of one statement, since every key is looked up before any
   * row is written. `rivals` are the rows that the statement takes back besides.
   */
  const holdsKey = (goesBack: Statement.Fragment, rivals: Statement.Fragment) =>
    sql`CASE WHEN unique_key IS NULL OR NOT (${goesBack}) THEN 0 WHEN holds_key = 1 THEN 1
          ELSE ${
      truth(sql`NOT EXISTS (${keyHolder}) AND NOT EXISTS (
            SELECT 1 FROM ${rivals} AND ${goesBack} AND rival.kind = holdfast_jobs.kind
              AND rival.unique_key = holdfast_jobs.unique_key AND rival.id < holdfast_jobs.id
              AND COALESCE(rival.partition_key, '') = COALESCE(holdfast_jobs.partition_key, '')
          )`)
    } END`

  const isRunning = sql`${unindexed("rival.status")} = 'running'`

  /** The rows that a statement takes the lock off, as `rival`, with their items. */
  const rivalsOf = (items: Statement.Fragment, ids: ReadonlyArray<string>) =>
    sql`${items} JOIN ${jobsTable} AS rival ${byId} ON rival.id = item.id
            WHERE ${isRunning} AND rival.locked_by = item.worker AND rival.attempts = item.attempt${
      among("rival.id", ids)
    }`

  return { keyHolder, holdsKey, rivalsOf }
}
