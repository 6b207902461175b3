import { Effect } from "effect"
import type * as Statement from "@effect/sql/Statement"
import type { Dialect } from "../Differences.ts"
import type { Leased } from "./leased.ts"
import { answers, leaseOf, makeLeased } from "./leased.ts"
import { attemptRows, extendedRows } from "./rows.ts"

/** The writes of an attempt that goes on. */
export const makeUnderLease = (dialect: Dialect) => {
  const { byId, jobsTable, jsonOf, later, millis, sql, truth } = dialect
  const { held, leased } = makeLeased(dialect)

  /** The statement of a heartbeat, which a keeper's thread runs, too. Its text is the same for all leases. */
  const extension = (items: ReadonlyArray<Leased & { readonly leaseFor: number }>, now: Statement.Fragment) =>
    sql`
        UPDATE ${jobsTable} ${byId} SET
          locked_at = ${now}, locked_until = ${later(now, "item.lease_for")}, updated_at = ${now}
        FROM ${leased(items, { lease_for: "int" }, ({ leaseFor }) => ({ lease_for: leaseFor }))}
        WHERE ${held(items)}
        RETURNING holdfast_jobs.id, kind, attempts, locked_by AS worker, ${millis("locked_at")} AS locked_at,
          ${millis("locked_until")} AS locked_until,
          ${truth("cancel_requested_at IS NOT NULL")} AS cancel_requested`

  const extend = (items: ReadonlyArray<Leased & { readonly leaseFor: number }>, now: Statement.Fragment) =>
    Effect.map(
      extendedRows(extension(items, now)),
      (extended) =>
        answers(items, extended, ({ cancel_requested, kind, locked_at, locked_until }, lease) => ({
          lease: leaseOf(lease, locked_at, locked_until),
          kind,
          cancelRequested: cancel_requested === 1
        }))
    )

  const progress = (items: ReadonlyArray<Leased & { readonly progress: string }>, now: Statement.Fragment) =>
    Effect.map(
      attemptRows(sql`
        UPDATE ${jobsTable} ${byId} SET progress = ${jsonOf("item.progress")}, updated_at = ${now}
        FROM ${leased(items, { progress: "text" }, ({ progress }) => ({ progress }))}
        WHERE ${held(items)}
        RETURNING holdfast_jobs.id, attempts, locked_by AS worker`),
      (written) => answers(items, written, () => undefined)
    )

  return { extension, extend, progress }
}
