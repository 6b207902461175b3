import type * as Statement from "@effect/sql/Statement"
import { Effect } from "effect"
import type { Dialect } from "../Differences.ts"
import type { Settled } from "../JobStore.ts"
import type { Leased } from "./leased.ts"
import { answers, makeLeased } from "./leased.ts"
import type { SettledRow } from "./rows.ts"
import { settledRows } from "./rows.ts"
import { makeUniqueKey } from "./uniqueKey.ts"

/** The writes that end an attempt. */
export const makeSettle = (dialect: Dialect) => {
  const { among, byId, jobsTable, jsonOf, later, remember, sql } = dialect
  const { held, leased, unlocked } = makeLeased(dialect)
  const { holdsKey, rivalsOf } = makeUniqueKey(dialect)

  const leases = (items: ReadonlyArray<Leased>) => leased(items, {}, () => ({}))

  /** Takes the lock off a row, and keeps who settled which attempt, as what and to what, until the next settle. */
  const settle = (as: "complete" | "fail" | "release", status: Statement.Fragment) =>
    sql`status = ${status}, settled_attempt = attempts, settled_by = locked_by, settled_as = ${sql.literal(`'${as}'`)},
          settled_to = ${status}, ${unlocked}`

  const lastSettle = sql.literal(
    "holdfast_jobs.id, holdfast_jobs.kind, settled_attempt AS attempts, settled_by AS worker, settled_to AS status"
  )

  const complete = (items: ReadonlyArray<Leased & { readonly result: string }>, now: Statement.Fragment) =>
    Effect.flatMap(
      settledRows(sql`
        UPDATE ${jobsTable} ${byId} SET
          ${settle("complete", sql`'succeeded'`)},
          result = ${jsonOf("item.result")}, finished_at = ${now}, updated_at = ${now}, holds_key = 0
        FROM ${leased(items, { result: "text" }, ({ result }) => ({ result }))}
        WHERE ${held(items)}
        RETURNING ${lastSettle}`),
      (settled) => answerAll(items, settled, () => leases(items), sql`settled_as = 'complete'`)
    )

  /** A cancel request turns every end but success into `cancelled`. */
  const fail = (
    items: ReadonlyArray<
      Leased & {
        readonly error: string
        readonly errorValue?: string | undefined
        readonly retryAfter: number | null
      }
    >,
    now: Statement.Fragment
  ) => {
    const over = sql`cancel_requested_at IS NOT NULL OR item.retry_after IS NULL OR failures + 1 >= max_attempts`
    const status =
      sql`CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled' WHEN ${over} THEN 'failed' ELSE 'pending' END`
    const delays = leased(items, { retry_after: "int" }, ({ retryAfter }) => ({ retry_after: retryAfter }))
    return Effect.flatMap(
      settledRows(sql`
        UPDATE ${jobsTable} ${byId} SET
          ${settle("fail", status)},
          finished_at = CASE WHEN ${over} THEN ${now} END,
          available_at = CASE WHEN ${over} THEN available_at ELSE ${later(now, "item.retry_after")} END,
          failures = failures + 1, last_error = item.error, last_error_value = ${jsonOf("item.error_value")},
          errors = ${remember({ at: now, message: sql`item.error` })}, updated_at = ${now},
          holds_key = ${holdsKey(sql`NOT (${over})`, rivalsOf(delays, idsOf(items)))}
        FROM ${
        leased(
          items,
          { error: "text", error_value: "text", retry_after: "int" },
          ({ error, errorValue, retryAfter }) => ({ error, error_value: errorValue ?? null, retry_after: retryAfter })
        )
      }
        WHERE ${held(items)}
        RETURNING ${lastSettle}`),
      (settled) =>
        answerAll(
          items,
          settled,
          () => delays,
          // "Never again" is another outcome than a failure that is tried again.
          sql`settled_as = 'fail' AND (settled_to <> 'pending' OR item.retry_after IS NOT NULL)`
        )
    )
  }

  const release = (items: ReadonlyArray<Leased & { readonly delay: number }>, now: Statement.Fragment) =>
    Effect.flatMap(
      settledRows(sql`
        UPDATE ${jobsTable} ${byId} SET
          ${settle("release", sql`CASE WHEN cancel_requested_at IS NULL THEN 'pending' ELSE 'cancelled' END`)},
          finished_at = CASE WHEN cancel_requested_at IS NULL THEN NULL ELSE ${now} END,
          available_at = CASE WHEN cancel_requested_at IS NULL THEN ${later(now, "item.delay")} ELSE available_at END,
          updated_at = ${now}, holds_key = ${
        holdsKey(sql`cancel_requested_at IS NULL`, rivalsOf(leases(items), idsOf(items)))
      }
        FROM ${leased(items, { delay: "int" }, ({ delay }) => ({ delay }))}
        WHERE ${held(items)}
        RETURNING ${lastSettle}`),
      (settled) => answerAll(items, settled, () => leases(items), sql`settled_as = 'release'`)
    )

  /**
   * Answers for every item. One that matched no row was settled before, or its
   * lease is lost. The last settle of a job may be repeated, since its answer may
   * have been lost: the same attempt, worker and outcome is answered as before,
   * also where the job was claimed again since.
   */
  const answerAll = (
    items: ReadonlyArray<Leased>,
    settled: ReadonlyArray<SettledRow>,
    repeated: () => Statement.Fragment,
    sameOutcome: Statement.Fragment
  ) =>
    Effect.gen(function*() {
      if (settled.length === items.length) return answers(items, settled, answered)
      const before = yield* settledRows(sql`
        SELECT ${lastSettle}
        FROM ${repeated()} JOIN ${jobsTable} ${byId} ON holdfast_jobs.id = item.id
        WHERE settled_attempt = item.attempt AND settled_by = item.worker AND ${sameOutcome}${
        among("holdfast_jobs.id", idsOf(items))
      }`)
      return answers(items, [...before.map((row) => ({ ...row, isRepeat: true })), ...settled], answered)
    })

  return { complete, fail, release }
}

const idsOf = (items: ReadonlyArray<Leased>) => items.map(({ lease }) => lease.jobId)

const answered = ({ isRepeat = false, kind, status }: SettledRow & { readonly isRepeat?: boolean }): Settled => ({
  status,
  kind,
  isRepeat
})
