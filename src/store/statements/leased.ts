import { Either } from "effect"
import { LeaseLost } from "../../domain/errors.ts"
import { Lease } from "../../domain/Lease.ts"
import type { Columns, Item } from "../Differences.ts"
import type { Dialect } from "../Differences.ts"
import type { Fenced } from "../JobStore.ts"
import type { AttemptRow } from "./rows.ts"

/** An item of a write under a lease. */
export interface Leased {
  readonly lease: Lease
}

/** A lease as columns of a statement's items. */
const leaseColumns = { id: "id", worker: "text", attempt: "int" } as const

/** The parts that all writes under a lease share. */
export const makeLeased = (dialect: Dialect) => {
  const { among, items, sql, unindexed } = dialect
  return {
    /** The row is running under an item's lease. This alone makes a job exclusive. */
    held: (given: ReadonlyArray<Leased>) =>
      sql`holdfast_jobs.id = item.id AND ${unindexed("holdfast_jobs.status")} = 'running'
        AND holdfast_jobs.locked_by = item.worker AND holdfast_jobs.attempts = item.attempt${
        among("holdfast_jobs.id", given.map(({ lease }) => lease.jobId))
      }`,

    /** Takes the lock off a row. */
    unlocked: sql.literal("locked_at = NULL, locked_by = NULL, locked_until = NULL"),

    /** The items of a write, each with its lease and the columns that this write needs besides. */
    leased: <A extends Leased, C extends Columns>(
      given: ReadonlyArray<A>,
      columns: C,
      valuesOf: (item: A) => Item<C>
    ) =>
      items(
        { ...leaseColumns, ...columns },
        given.map((item) => ({
          id: item.lease.jobId,
          worker: item.lease.worker,
          attempt: item.lease.attempt,
          ...valuesOf(item)
        }))
      )
  }
}

/** A lease from columns that were checked as a row: checking them again costs more than the statement. */
export const leaseOf = (
  { attempt, failures, jobId, worker }: Pick<Lease, "jobId" | "worker" | "attempt" | "failures">,
  lockedAt: number,
  lockedUntil: number
) => new Lease({ jobId, worker, attempt, failures, lockedAt, lockedUntil }, { disableValidation: true })

/** The answer for each item, in the items' order: from the row of its attempt, or LeaseLost when there is none. */
export const answers = <Row extends AttemptRow, A>(
  items: ReadonlyArray<Leased>,
  matched: ReadonlyArray<Row>,
  answer: (row: Row, lease: Lease) => A
): ReadonlyArray<Fenced<A>> => {
  const rowOf = new Map(matched.map((row) => [`${row.id} ${row.attempts} ${row.worker}`, row]))
  return items.map(({ lease }) => {
    const row = rowOf.get(`${lease.jobId} ${lease.attempt} ${lease.worker}`)
    return row === undefined
      ? Either.left(new LeaseLost({ jobId: lease.jobId, attempt: lease.attempt }))
      : Either.right(answer(row, lease))
  })
}
