import type * as Statement from "@effect/sql/Statement"
import type { JobId } from "../../domain/JobId.ts"
import type { JobStatus } from "../../domain/JobRecord.ts"
import type { Dialect } from "../Differences.ts"
import { makeIds } from "./ids.ts"
import { idRows } from "./rows.ts"

/** The jobs that a pruning deletes: those that ended with `status`, at the latest at `since`. */
export interface Old {
  readonly status: JobStatus
  readonly since: Statement.Fragment
}

/** The statements that delete finished jobs. */
export const makePrune = (dialect: Dialect) => {
  const { among, atMost, byId, byIndex, jobsTable, sql, unindexed } = dialect
  const { idsOf } = makeIds(dialect)

  const old = ({ since, status }: Old, column = sql.literal("status")) =>
    sql`${column} = ${status} AND finished_at IS NOT NULL AND finished_at <= ${since}`

  /** Up to `limit` of them behind the first `skip`, the first ended first. */
  const findOld = (which: Old, { limit, skip }: { readonly limit: number; readonly skip: number }) =>
    idRows(sql`
        SELECT id FROM ${jobsTable} ${byIndex("holdfast_jobs_finished")} WHERE ${old(which)}
        ORDER BY finished_at ${atMost(limit)} OFFSET ${skip} + 0`)

  /** Deletes those of these jobs that are still old: one may have been retried since it was found. */
  const prune = (jobs: ReadonlyArray<{ readonly id: JobId }>, which: Old) =>
    idRows(sql`
        DELETE FROM ${jobsTable} ${byId}
        WHERE id IN ${idsOf(jobs)} AND ${old(which, unindexed("status"))}${among("id", jobs.map(({ id }) => id))}
        RETURNING id`)

  return { findOld, prune }
}
