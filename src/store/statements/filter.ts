import type * as Statement from "@effect/sql/Statement"
import { Effect } from "effect"
import type { JobId } from "../../domain/JobId.ts"
import type { Dialect } from "../Differences.ts"
import type { Filter } from "../JobStore.ts"
import { makeIds } from "./ids.ts"
import { idRows } from "./rows.ts"

/** The rows that one page may look at: some milliseconds, in which the event loop stands. */
const mostWalked = 5000

/** The same where the text of each row's error is searched, which takes some microseconds a row. */
const mostSearched = 1000

/** One condition, and the index that has its jobs. All but that of the few that run have them in the order of their ids. */
interface Indexed {
  readonly index: Statement.Fragment
  readonly holds: Statement.Fragment
}

/** The conditions of a filter. */
interface Conditions {
  readonly indexed: ReadonlyArray<Indexed>
  /** Those that no index has. */
  readonly others: ReadonlyArray<Statement.Fragment>
  /** The rows that one walk may look at. */
  readonly most: number
}

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

  /** Of several statuses none has an index of its own: PostgreSQL would sort all jobs that have one of them. */
  const isOneOf = (statuses: ReadonlyArray<string>) =>
    statuses.length === 0 ? sql.literal("FALSE") : sql`${unindexed("status")} IN ${sql.in(statuses)}`

  const conditionsOf = ({ error, kind, partitionKey, queue, status, uniqueKey }: Filter): Conditions => {
    const [one, ...more] = status === undefined ? [] : [status].flat()
    const only = more.length === 0 ? one : undefined
    return {
      indexed: [
        ...equals("partition_key", partitionKey, "by_partition"),
        ...only === "running"
          ? equals("status", only, "lease", "status = 'running'")
          : equals("status", only, "by_status", "status <> 'running'"),
        ...equals("kind", kind, "by_kind"),
        ...equals("queue", queue, "by_queue")
      ],
      others: [
        ...status === undefined || only !== undefined ? [] : [isOneOf([status].flat())],
        ...uniqueKey === undefined ? [] : [sql`unique_key = ${uniqueKey}`],
        ...error === undefined ? [] : [contains("last_error", error)]
      ],
      most: error === undefined ? mostWalked : mostSearched
    }
  }

  /** The last job that a walk along this index comes to; none when the index ends before. */
  const endOfWalk = ({ holds, index }: Indexed, isBefore: Statement.Fragment, most: number) =>
    Effect.map(
      idRows(sql`
        SELECT id FROM ${jobsTable} ${index} WHERE ${holds} AND ${isBefore}
        ORDER BY id DESC ${atMost(1)} OFFSET ${most - 1} + 0`),
      ([last]) => last?.id ?? null
    )

  /** The index along which a walk comes furthest, and where it ends: first of all one that ends by itself. */
  const furthest = (indexes: ReadonlyArray<Indexed>, isBefore: Statement.Fragment, most: number) =>
    Effect.gen(function*() {
      let best: { readonly index: Statement.Fragment; readonly end: JobId | null } = {
        index: sql.literal(""),
        end: null
      }
      for (const [place, each] of indexes.entries()) {
        const end = yield* endOfWalk(each, isBefore, most)
        if (place === 0 || end === null || best.end !== null && end < best.end) best = { index: each.index, end }
        if (end === null) break
      }
      return best
    })

  /** Walks from behind a cursor. Where every row of an index fits, a page ends by its own limit, unless all are counted. */
  const walk = (filter: Filter, cursor: JobId | undefined, { isCount }: { readonly isCount: boolean }) =>
    Effect.gen(function*() {
      const { indexed, most, others } = conditionsOf(filter)
      const isBefore = cursor === undefined ? sql.literal("TRUE") : sql`id < ${cursor}`
      const hasEnd = isCount || others.length > 0 || indexed.length > 1
      const indexes = indexed.length === 0 && hasEnd ? [everyJob] : indexed
      const [alone] = indexes
      const { end, index } = hasEnd
        ? yield* furthest(indexes, isBefore, most)
        : { end: null, index: alone?.index ?? sql.literal("") }
      const conditions = [
        ...indexed.map(({ holds }) => holds),
        ...others,
        isBefore,
        end === null ? sql.literal("TRUE") : sql`id >= ${end}`
      ]
      return { end, rows: sql`FROM ${jobsTable} ${index} WHERE ${sql.and(conditions)}` } satisfies Walk
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
