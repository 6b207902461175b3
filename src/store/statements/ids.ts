import type { JobId } from "../../domain/JobId.ts"
import type { Dialect } from "../Differences.ts"

/** Sets of ids in a statement. */
export const makeIds = (dialect: Dialect) => {
  const { items, sql } = dialect

  /** The ids of these jobs, for what stands behind IN. */
  const idsOf = (jobs: ReadonlyArray<{ readonly id: JobId }>) =>
    sql`(SELECT id FROM ${items({ id: "id" }, jobs.map(({ id }) => ({ id })))})`

  /** For a WHERE, after a condition of its own: leaves out the rows whose id is in this column. */
  const without = (column: "id" | "j.id" | "due.id", except: ReadonlyArray<JobId>) =>
    except.length === 0
      ? sql.literal("")
      : sql`AND ${sql.literal(column)} NOT IN ${idsOf(except.map((id) => ({ id })))}`

  return { idsOf, without }
}
