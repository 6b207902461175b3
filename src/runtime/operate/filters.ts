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

/** The end of a page as a cursor, which `placeOf` reads; null on the last page. No other text is taken for one. */
export const cursorText = (id: string | null): string | null =>
  id === null ? null : Schema.is(JobId)(id) ? id : `${oddCursor}${id}`

const placeOf = (cursor: string): Option.Option<Pick<Listing, "cursor" | "isInclusive">> => {
  if (!Predicate.isString(cursor)) return Option.none()
  const isInclusive = cursor.startsWith(fromCursor)
  const text = isInclusive ? cursor.slice(fromCursor.length) : cursor
  const id = text.startsWith(oddCursor)
    ? Option.some(StoredJobId.make(text.slice(oddCursor.length)))
    : Schema.decodeUnknownOption(JobId)(text)
  return Option.map(id, (id) => ({ cursor: id, isInclusive }))
}

const oddCursor = "id:"

/** Begins a cursor whose own job is the first of the page. */
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
    let place: Pick<Listing, "cursor" | "isInclusive"> = {}
    let cursor: string | null = null
    let count = 0
    for (let walks = 0; walks < mostWalks; walks++) {
      if (overdue()) yield* turn
      if (cursor === null) {
        // The newest first, and then all from it on. One that is enqueued between the two is not counted, and no action comes to it.
        const { cursor: end, jobs: [newest] } = yield* store.search({ ...filter, ...place, limit: 1 })
        if (newest === undefined) {
          if (end === null) return { count, isMore: false, cursor } satisfies JobCount
          place = { cursor: end }
          continue
        }
        cursor = `${fromCursor}${cursorText(newest.id)}`
        place = { cursor: newest.id, isInclusive: true }
      }
      const counted = yield* store.count({ ...filter, ...place })
      count += counted.jobs
      if (count > limit) return { count: limit, isMore: true, cursor } satisfies JobCount
      if (counted.cursor === null) return { count, isMore: false, cursor } satisfies JobCount
      place = { cursor: counted.cursor }
    }
    // None of these rows fitted, so a job above them that fits by now was not counted.
    return { count, isMore: true, cursor: cursor ?? cursorText(place.cursor ?? null) } satisfies JobCount
  })
