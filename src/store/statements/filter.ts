import type * as Statement from "@effect/sql/Statement"
import { Effect } from "effect"
import type { JobId } from "../../domain/JobId.ts"
import type { Dialect } from "../Differences.ts"
import type { Filter, Listing } from "../JobStore.ts"
import { makeIds } from "./ids.ts"
import { idRows } from "./rows.ts"

/** The rows that one page may look at: some milliseconds, in which the event loop stands. */
const mostWalked = 5000

/** The same where the text of each row's error is searched, which takes some microseconds a row. */
const mostSearched = 1000

/** One condition, and the index that has its jobs in the order of their ids. That of the few that run has another order. */
interface Indexed {
  readonly index: Statement.Fragment
  readonly holds: Statement.Fragment
  /** For several statuses: the first ids of each, so many in all. */
  readonly merged?: (isBefore: Statement.Fragment, most: number) => Statement.Fragment
}

/** The conditions of a filter. */
interface Conditions {
  readonly indexed: ReadonlyArray<Indexed>
  /** Those that no index has. */
  readonly others: ReadonlyArray<Statement.Fragment>
  /** The rows that one walk may look at. */
  readonly most: number
}

/** A filter, and where a walk begins. */
type Place = Omit<Listing, "limit">

/** The jobs of a filter before a cursor, as far as one walk goes. */
interface Walk {
  /** The last job that it comes to; null when it comes to the end. */
  readonly end: JobId | null
  /** FROM and WHERE of its jobs. */
  readonly rows: Statement.Fragment
}

/**
 * Filters of jobs. With one condition that has an index, that leads from job to job. With more,
 * one of their indexes is walked and the others are asked of each job, so that a walk may end
 * because it was long enough, and find few jobs or none.
 */
export const makeFilter = (dialect: Dialect) => {
  const { among, atMost, byId, byIndex, contains, forUpdate, jobsTable, sql, unindexed } = dialect
  const { idsOf } = makeIds(dialect)

  const everyJob: Indexed = { index: byId, holds: sql.literal("TRUE") }

  const equals = (
    column: string,
    value: string | undefined,
    index: string,
    isOfIndex = "TRUE"
  ): ReadonlyArray<Indexed> =>
    value === undefined ? [] : [{
      index: byIndex(`holdfast_jobs_${index}`),
      // SQLite takes a partial index only where its condition stands in the query.
      holds: sql`${sql.literal(column)} = ${value} AND ${sql.literal(isOfIndex)}`
    }]

  /** Several statuses have no common order of ids in an index: PostgreSQL would sort all their jobs. */
  const isOneOf = (statuses: ReadonlyArray<string>) =>
    statuses.length === 0 ? sql.literal("FALSE") : sql`${unindexed("status")} IN ${sql.in(statuses)}`

  const hasStatus = (status: string): Indexed => ({
    index: byIndex(status === "running" ? "holdfast_jobs_lease" : "holdfast_jobs_by_status"),
    // SQLite takes a partial index only where its condition stands in the query.
    holds: status === "running" ? sql`status = 'running'` : sql`status = ${status} AND status <> 'running'`
  })

  /** The jobs of several statuses: some of each, as its index has them, put in order. */
  const hasOneOf = (statuses: ReadonlyArray<string>): Indexed => ({
    index: byId,
    holds: isOneOf(statuses),
    merged: (isBefore, most) =>
      sql.join(" UNION ALL ", false)(
        statuses.map(hasStatus).map(({ holds, index }) =>
          sql`SELECT id FROM (
          SELECT id FROM ${jobsTable} ${index} WHERE ${holds} AND ${isBefore} ORDER BY id DESC ${atMost(most)}
        ) AS of_status`
        )
      )
  })

  const conditionsOf = ({ error, kind, partitionKey, queue, status, uniqueKey }: Filter): Conditions => {
    const statuses = status === undefined ? [] : [...new Set([status].flat())]
    return {
      indexed: [
        ...equals("unique_key", uniqueKey, "by_unique_key", "unique_key IS NOT NULL"),
        ...equals("partition_key", partitionKey, "by_partition"),
        ...statuses.length === 1 ? statuses.map(hasStatus) : statuses.length > 1 ? [hasOneOf(statuses)] : [],
        ...equals("kind", kind, "by_kind"),
        ...equals("queue", queue, "by_queue")
      ],
      others: [
        ...status !== undefined && statuses.length === 0 ? [sql.literal("FALSE")] : [],
        ...error === undefined ? [] : [contains("last_error", error)]
      ],
      most: error === undefined ? mostWalked : mostSearched
    }
  }

  /** The last job that a walk along this index comes to; none when the index ends before. */
  const endOfWalk = ({ holds, index, merged }: Indexed, isBefore: Statement.Fragment, most: number) =>
    Effect.map(
      idRows(sql`
        SELECT id FROM ${
        merged === undefined
          ? sql`${jobsTable} ${index} WHERE ${holds} AND ${isBefore}`
          : sql`(${merged(isBefore, most)}) AS merged`
      }
        ORDER BY id DESC ${atMost(1)} OFFSET ${most - 1} + 0`),
      ([last]) => last?.id ?? null
    )

  /** The index along which a walk comes furthest, and where it ends. The first whose jobs end before that is taken at once. */
  const furthest = (indexes: ReadonlyArray<Indexed>, isBefore: Statement.Fragment, most: number) =>
    Effect.gen(function*() {
      let best: { readonly along: Indexed | undefined; readonly end: JobId | null } = { along: undefined, end: null }
      for (const [place, along] of indexes.entries()) {
        const end = yield* endOfWalk(along, isBefore, most)
        if (place === 0 || end === null || best.end !== null && end < best.end) best = { along, end }
        if (end === null) break
      }
      return best
    })

  /** Walks from behind a cursor, or from its own job if that is included. Where every row of an index fits, a page ends by its own limit, unless all are counted. */
  const walk = ({ cursor, isInclusive, ...filter }: Place, { isCount }: { readonly isCount: boolean }) =>
    Effect.gen(function*() {
      const { indexed, most, others } = conditionsOf(filter)
      const isBefore = cursor === undefined
        ? sql.literal("TRUE")
        : isInclusive === true
        ? sql`id <= ${cursor}`
        : sql`id < ${cursor}`
      const indexes = indexed.length === 0 ? [everyJob] : indexed
      const isPlain = indexed.length <= 1 && indexed.every(({ merged }) => merged === undefined) && others.length === 0
      const { along = everyJob, end } = isPlain && !isCount
        ? { along: indexed[0], end: null }
        : yield* furthest(indexes, isBefore, most)
      const conditions = [
        ...indexed.map(({ holds }) => holds),
        ...others,
        isBefore,
        end === null ? sql.literal("TRUE") : sql`id >= ${end}`,
        along.merged === undefined
          ? sql.literal("TRUE")
          : sql`id IN (SELECT id FROM (${along.merged(isBefore, most)}) AS walked)`
      ]
      return { end, rows: sql`FROM ${jobsTable} ${along.index} WHERE ${sql.and(conditions)}` } satisfies Walk
    })

  /** Those of some jobs that fit a filter. Nothing else changes them before the transaction ends. */
  const fitting = (ids: ReadonlyArray<JobId>, { error, status, ...names }: Filter) =>
    idRows(sql`
      SELECT id FROM ${jobsTable} ${byId} WHERE id IN ${idsOf(ids.map((id) => ({ id })))} AND ${
      sql.and([
        ...Object.entries({ kind: names.kind, queue: names.queue, partition_key: names.partitionKey })
          .flatMap(([column, value]) => value === undefined ? [] : [sql`${unindexed(column)} = ${value}`]),
        ...names.uniqueKey === undefined ? [] : [sql`unique_key = ${names.uniqueKey}`],
        ...status === undefined ? [] : [isOneOf([status].flat())],
        ...error === undefined ? [] : [contains("last_error", error)],
        sql.literal("TRUE")
      ])
    }${among("id", ids)} ORDER BY id ${forUpdate}`)

  return { fitting, walk }
}
