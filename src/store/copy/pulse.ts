import { Effect } from "effect"
import { countRows } from "./batches.ts"
import { jobsTable } from "./jobsTable.ts"
import type { Reader } from "./Reader.ts"
import type { Table } from "./Table.ts"

/**
 * A text for each table that changes when a job is added, deleted or changed, or
 * when a row of another table is added or deleted. Two of them tell whether somebody
 * has written to the source in between.
 */
export const pulseOf = (reader: Reader, tables: ReadonlyArray<Table>) =>
  Effect.forEach(tables, (table) =>
    Effect.map(
      table === jobsTable ? jobs(reader) : Effect.map(countRows(reader, table), String),
      (pulse) => ({ table: table.name, pulse })
    ))

/** Everything that is done to a job changes one of these. */
const jobs = ({ database: { dialect, sql }, rows }: Reader) => {
  const { count, millis } = dialect
  return Effect.map(
    rows(sql`
      SELECT ${count()} AS jobs, max(${millis("updated_at")}) AS updated, sum(attempts) AS attempts,
        max(${millis("locked_until")}) AS until
      FROM holdfast_jobs`),
    JSON.stringify
  )
}
