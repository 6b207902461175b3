import { Effect, Struct } from "effect"
import type { Dialect } from "../Differences.ts"
import type { CountedJobs, JobPage, Listing, SummaryPage } from "../JobStore.ts"
import { makeFilter } from "./filter.ts"
import { countRows, foundSummaryRows, listedRows, recordColumns, summaryColumns } from "./rows.ts"

/** The text of a page's jobs, which takes some tens of milliseconds to read and parse. */
const mostBytes = 4 * 1024 * 1024

/** Pages of jobs, whole or without their JSON, and counts of them. */
export const makeList = (dialect: Dialect) => {
  const { atMost, byId, count, jobsTable, jsonBytes, sql } = dialect
  const { walk } = makeFilter(dialect)

  const list = Effect.fnUntraced(function*(listing: Listing) {
    const { end, rows } = yield* walk(listing, { isCount: false })
    const found = yield* listedRows(sql`
      WITH listed (listed_id, bytes) AS (
        SELECT id, ${jsonBytes("payload")} + ${jsonBytes("errors")}
          + COALESCE(${jsonBytes("progress")}, 0) + COALESCE(${jsonBytes("result")}, 0)
        ${rows}
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

  /** A page without its JSON, whose size has no part in where it ends. */
  const search = Effect.fnUntraced(function*(listing: Listing) {
    const { end, rows } = yield* walk(listing, { isCount: false })
    const found = yield* foundSummaryRows(sql`
      WITH listed (listed_id) AS (SELECT id ${rows} ORDER BY id DESC ${atMost(listing.limit + 1)})
      SELECT (SELECT ${count()} FROM listed) AS found, ${summaryColumns(dialect)}
      FROM listed CROSS JOIN ${jobsTable} ${byId} WHERE id = listed_id
      ORDER BY id DESC`)
    const jobs = found.slice(0, listing.limit).map(Struct.omit("found"))
    const last = jobs.at(-1)
    return {
      jobs,
      cursor: last !== undefined && jobs.length < (found[0]?.found ?? 0) ? last.id : end
    } satisfies SummaryPage
  })

  /** The jobs of one walk, which is as long for every filter, so that a count stops nobody. */
  const countJobs = Effect.fnUntraced(function*(place: Omit<Listing, "limit">) {
    const { end, rows } = yield* walk(place, { isCount: true })
    const [counted] = yield* countRows(sql`SELECT ${count()} AS jobs ${rows}`)
    return { jobs: counted?.jobs ?? 0, cursor: end } satisfies CountedJobs
  })

  return { list, search, countJobs }
}
