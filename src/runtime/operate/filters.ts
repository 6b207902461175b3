import { Effect, Either, Option, Predicate, Schema } from "effect"
import { checkOption } from "../../domain/check.ts"
import { InvalidOption } from "../../domain/errors.ts"
import { JobId, StoredJobId } from "../../domain/JobId.ts"
import { JobStatus } from "../../domain/JobRecord.ts"
import { PageLimit, SearchText } from "../../domain/limits.ts"
import type { JobCount } from "../../domain/Stats.ts"
import { EventLoop } from "../../platform/EventLoop.ts"
import type { Filter, JobStore, Listing } from "../../store/JobStore.ts"
import type { JobFilter, ListOptions } from "../JobQueueService.ts"

/** A filter that the store understands, or the option that does not fit. */
export const filterOf = (filter: JobFilter): Either.Either<Filter, InvalidOption> =>
  Either.gen(function*() {
    const { error, kind, partitionKey, queue, status, uniqueKey } = filter
    if (Array.isArray(status) && status.length === 0) {
      return yield* Either.left(
        new InvalidOption({ option: "status", given: "none", allowed: "one status, or several" })
      )
    }
    const statuses = status === undefined ? [] : [status].flat()
    for (const one of statuses) yield* checkOption("status", JobStatus, one)
    return {
      status,
      kind,
      queue,
      partitionKey,
      uniqueKey,
      error: error === undefined ? undefined : yield* checkOption("error", SearchText, error)
    }
  })

/** A page of a filter. */
export const listingOf = ({ cursor, limit = 100, ...filter }: ListOptions): Either.Either<Listing, InvalidOption> =>
  Either.gen(function*() {
    const most = yield* checkOption("limit", PageLimit, limit)
    const place = cursor === undefined ? {} : yield* Either.fromOption(
      placeOf(cursor),
      () => new InvalidOption({ option: "cursor", given: JSON.stringify(cursor), allowed: "the `cursor` of a page" })
    )
    return { ...yield* filterOf(filter), ...place, limit: most }
  })

/** The end of a page, as text that `placeOf` reads and that no other text can be mistaken for; null on the last page. */
export const cursorText = (id: string | null): string | null =>
  id === null ? null : Schema.is(JobId)(id) ? id : `${oddCursor}${id}`

const placeOf = (cursor: string): Option.Option<Pick<Listing, "cursor" | "isFrom">> => {
  if (!Predicate.isString(cursor)) return Option.none()
  const isFrom = cursor.startsWith(fromCursor)
  const text = isFrom ? cursor.slice(fromCursor.length) : cursor
  const id = text.startsWith(oddCursor)
    ? Option.some(StoredJobId.make(text.slice(oddCursor.length)))
    : Schema.decodeUnknownOption(JobId)(text)
  return Option.map(id, (id) => ({ cursor: id, isFrom }))
}

const oddCursor = "id:"

/** Of a page that begins with the job itself. */
const fromCursor = "from:"

/** The walks of one count: some tens of milliseconds in all, between which the event loop turns. */
const mostWalks = 20

/** Counts the jobs of a filter until there are more than `limit`, or the count has looked at enough rows. */
export const countUpTo = (
  store: typeof JobStore.Service,
  filter: Filter,
  limit: number
) =>
  Effect.gen(function*() {
    const { overdue, turn } = yield* EventLoop
    /** The last row that was looked at: the next walk begins behind it. */
    let behind: JobId | undefined
    let cursor: string | null = null
    let count = 0
    for (let walks = 0; walks < mostWalks; walks++) {
      const counted = yield* store.count({ ...filter, cursor: behind })
      if (cursor === null && counted.jobs > 0) {
        const { jobs: [newest] } = yield* store.search({ ...filter, cursor: behind, limit: 1 })
        cursor = newest === undefined ? null : `${fromCursor}${cursorText(newest.id)}`
      }
      count += counted.jobs
      if (count > limit) return { count: limit, isMore: true, cursor } satisfies JobCount
      if (counted.cursor === null) return { count, isMore: false, cursor } satisfies JobCount
      behind = counted.cursor
      if (overdue()) yield* turn
    }
    // If it found none so far, an action begins behind the rows that it has looked at: what fits above them now is newer.
    return { count, isMore: true, cursor: cursor ?? cursorText(behind ?? null) } satisfies JobCount
  })
