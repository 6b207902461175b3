import type * as Statement from "@effect/sql/Statement"
import { Effect } from "effect"
import type { JobId } from "../../domain/JobId.ts"
import type { Dialect } from "../Differences.ts"
import type { JobPage, Listing } from "../JobStore.ts"
import { idRows, listedRows, recordColumns } from "./rows.ts"

/** The rows that one page may look at: some milliseconds, in which the event loop stands. */
const mostWalked = 5000

/** The text of a page's jobs, which takes some tens of milliseconds to read and parse. */
const mostBytes = 4 * 1024 * 1024

/** One condition of a listing, and the index that has its jobs. All but that of the few that run have them in the order of their ids. */
interface Filter {
  readonly index: string
  readonly holds: Statement.Fragment
}

/**
 * Pages of jobs. With one filter an index leads from job to job of the page. With
 * more, one of their indexes is walked and the others are asked of each job, so
 * that a page may end because its walk was long enough, and be short or empty.
 */
export const makeList = (dialect: Dialect) => {
  const { atMost, byId, byIndex, count, jobsTable, jsonBytes, sql } = dialect

  const filter = (
    column: string,
    value: string | undefined,
    index: string,
    isOfIndex = "TRUE"
  ): ReadonlyArray<Filter> =>
    value === undefined ? [] : [{
      index: `holdfast_jobs_${index}`,
      // SQLite takes a partial index only where its condition stands in the query.
      holds: sql`${sql.literal(column)} = ${value} AND ${sql.literal(isOfIndex)}`
    }]

  const filtersOf = ({ kind, partitionKey, queue, status }: Listing): ReadonlyArray<Filter> => [
    ...filter("partition_key", partitionKey, "by_partition"),
    ...status === "running"
      ? filter("status", status, "lease", "status = 'running'")
      : filter("status", status, "by_status", "status <> 'running'"),
    ...filter("kind", kind, "by_kind"),
    ...filter("queue", queue, "by_queue")
  ]

  /** The last job that a walk along this index comes to; none when the index ends before. */
  const endOfWalk = ({ holds, index }: Filter, isBefore: Statement.Fragment) =>
    Effect.map(
      idRows(sql`
        SELECT id FROM ${jobsTable} ${byIndex(index)} WHERE ${holds} AND ${isBefore}
        ORDER BY id DESC ${atMost(1)} OFFSET ${mostWalked - 1} + 0`),
      ([last]) => last?.id ?? null
    )

  /** The index along which a walk comes furthest, and where it ends: first of all one that ends by itself. */
  const furthest = (filters: ReadonlyArray<Filter>, isBefore: Statement.Fragment) =>
    Effect.gen(function*() {
      let best: { readonly index: string | undefined; readonly end: JobId | null } = { index: undefined, end: null }
      for (const filter of filters) {
        const end = filters.length === 1 ? null : yield* endOfWalk(filter, isBefore)
        if (best.index === undefined || end === null || best.end !== null && end < best.end) {
          best = { index: filter.index, end }
        }
        if (end === null) break
      }
      return best
    })

  return Effect.fnUntraced(function*(listing: Listing) {
    const filters = filtersOf(listing)
    const isBefore = listing.cursor === undefined ? sql.literal("TRUE") : sql`id < ${listing.cursor}`
    const { end, index } = yield* furthest(filters, isBefore)
    const found = yield* listedRows(sql`
      WITH listed (listed_id, bytes) AS (
        SELECT id, ${jsonBytes("payload")} + ${jsonBytes("errors")}
          + COALESCE(${jsonBytes("progress")}, 0) + COALESCE(${jsonBytes("result")}, 0)
        FROM ${jobsTable} ${index === undefined ? sql.literal("") : byIndex(index)}
        WHERE ${
      sql.and([
        ...filters.map(({ holds }) => holds),
        isBefore,
        end === null ? sql.literal("TRUE") : sql`id >= ${end}`
      ])
    }
        ORDER BY id DESC ${atMost(listing.limit + 1)}
      ),
      sized AS (
        SELECT listed_id, bytes, ${count("OVER ()")} AS found,
          sum(bytes) OVER (ORDER BY listed_id DESC ROWS UNBOUNDED PRECEDING) AS total
        FROM listed
      )
      SELECT found, ${recordColumns(dialect)} FROM sized CROSS JOIN ${jobsTable} ${byId}
      WHERE id = listed_id AND (total <= ${mostBytes} OR total = bytes)
      ORDER BY id DESC`)
    const jobs = found.slice(0, listing.limit).map(({ job }) => job)
    const last = jobs.at(-1)
    const isCut = last !== undefined && jobs.length < (found[0]?.found ?? 0)
    return { jobs, cursor: isCut ? last.id : end } satisfies JobPage
  })
}
