import { Effect, Either, Option, Predicate, Schema } from "effect"
import { checkOption } from "../../domain/check.ts"
import { InvalidOption } from "../../domain/errors.ts"
import { JobId, StoredJobId } from "../../domain/JobId.ts"
import { JobStatus } from "../../domain/JobRecord.ts"
import { PageLimit, SearchText } from "../../domain/limits.ts"
import type { Count } from "../../domain/Stats.ts"
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
    return {
      ...yield* filterOf(filter),
      limit: most,
      cursor: cursor === undefined ? undefined : yield* Either.fromOption(
        cursorId(cursor),
        () => new InvalidOption({ option: "cursor", given: JSON.stringify(cursor), allowed: "the `cursor` of a page" })
      )
    }
  })

/** The end of a page, as text that `cursorId` reads and that no other text can be mistaken for; null on the last page. */
export const cursorText = (id: string | null): string | null =>
  id === null ? null : Schema.is(JobId)(id) ? id : `${oddCursor}${id}`

const cursorId = (cursor: string) =>
  Predicate.isString(cursor) && cursor.startsWith(oddCursor)
    ? Option.some(StoredJobId.make(cursor.slice(oddCursor.length)))
    : Schema.decodeUnknownOption(JobId)(cursor)

const oddCursor = "id:"

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
    let count = 0
    let cursor: JobId | undefined
    for (let walks = 0; walks < mostWalks; walks++) {
      const counted = yield* store.count({ ...filter, cursor })
      count += counted.jobs
      if (count > limit) return { count: limit, isMore: true } satisfies Count
      if (counted.cursor === null) return { count, isMore: false } satisfies Count
      cursor = counted.cursor
      if (overdue()) yield* turn
    }
    return { count, isMore: true } satisfies Count
  })
