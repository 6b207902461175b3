import type * as Statement from "@effect/sql/Statement"
import { Effect, Struct } from "effect"
import type { JobId } from "../../domain/JobId.ts"
import type { Dialect } from "../Differences.ts"
import type { CountedJobs, JobPage, Listing, SummaryPage } from "../JobStore.ts"
import { makeFilter } from "./filter.ts"
import { countRows, foundSummaryRows, listedRows, recordColumns, summaryColumns } from "./rows.ts"

/** The text of a page's jobs, which takes some tens of milliseconds to read and parse. */
const pageBytes = 4 * 1024 * 1024

/** Pages of jobs, whole or without their JSON, and counts of them. */
export const makeList = (dialect: Dialect) => {
  const { atMost, byId, count, jobsTable, jsonBytes, sql } = dialect
  const { walk } = makeFilter(dialect)

  const bytes = sql`${jsonBytes("payload")} + ${jsonBytes("errors")}
          + COALESCE(${jsonBytes("progress")}, 0) + COALESCE(${jsonBytes("result")}, 0)`

  /** The first jobs of a page whose JSON is no longer than `most` bytes together. `found` counts the jobs up to one beyond the page. */
  const sizedPage = (limit: number, most: number, rows: Statement.Fragment) =>
    sql`
      listed (listed_id, bytes) AS (SELECT id, ${bytes} ${rows} ORDER BY id DESC ${atMost(limit + 1)}),
      sized AS (
        SELECT listed_id, bytes, ${count("OVER ()")} AS found,
          sum(bytes) OVER (ORDER BY listed_id DESC ROWS UNBOUNDED PRECEDING) AS total
        FROM listed
      ),
      page AS (SELECT listed_id, found FROM sized WHERE total <= ${most} OR total = bytes)`

  const list = Effect.fnUntraced(function*(listing: Listing) {
    const { end, rows } = yield* walk(listing, { isCount: false })
    const found = yield* listedRows(sql`
      WITH ${sizedPage(listing.limit, pageBytes, rows)}
      SELECT found, ${recordColumns(dialect)} FROM page CROSS JOIN ${jobsTable} ${byId}
      WHERE id = listed_id
      ORDER BY id DESC`)
    const jobs = found.slice(0, listing.limit).map(({ job }) => job)
    return { jobs, cursor: cursorAfter(jobs, found, end) } satisfies JobPage
  })

  /** A page of jobs without their JSON. Its size ends the page only if `mostBytes` is given. */
  const search = Effect.fnUntraced(function*({ mostBytes, ...listing }: Listing) {
    const { end, rows } = yield* walk(listing, { isCount: false })
    const page = mostBytes === undefined
      ? sql`listed (listed_id) AS (SELECT id ${rows} ORDER BY id DESC ${atMost(listing.limit + 1)}),
        page AS (SELECT listed_id, (SELECT ${count()} FROM listed) AS found FROM listed)`
      : sizedPage(listing.limit, mostBytes, rows)
    const found = yield* foundSummaryRows(sql`
      WITH ${page}
      SELECT found, ${summaryColumns(dialect)} FROM page CROSS JOIN ${jobsTable} ${byId} WHERE id = listed_id
      ORDER BY id DESC`)
    const jobs = found.slice(0, listing.limit).map(Struct.omit("found"))
    return { jobs, cursor: cursorAfter(jobs, found, end) } satisfies SummaryPage
  })

  /** The jobs of one walk, which is as long for every filter, so that a count stops nobody. */
  const countJobs = Effect.fnUntraced(function*(place: Omit<Listing, "limit">) {
    const { end, rows } = yield* walk(place, { isCount: true })
    const [counted] = yield* countRows(sql`SELECT ${count()} AS jobs ${rows}`)
    return { jobs: counted?.jobs ?? 0, cursor: end } satisfies CountedJobs
  })

  return { list, search, countJobs }
}

/** The cursor of the next page: the last job of a page that was cut before the walk's end, or the end of the walk. */
const cursorAfter = (
  jobs: ReadonlyArray<{ readonly id: JobId }>,
  [first]: ReadonlyArray<{ readonly found: number }>,
  end: JobId | null
) => {
  const last = jobs.at(-1)
  return last !== undefined && jobs.length < (first?.found ?? 0) ? last.id : end
}
