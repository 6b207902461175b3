import type * as Statement from "@effect/sql/Statement"
import { Effect } from "effect"
import type { Pause, PauseTarget } from "../../domain/Pause.ts"
import { scopeOf } from "../../domain/Pause.ts"
import type { Dialect } from "../Differences.ts"
import type { OnConnection } from "../Transactions.ts"
import { execute } from "./execute.ts"
import { pauseRows } from "./rows.ts"

/** The statements about what is paused, and the conditions by which a claim leaves that out. */
export const makePauses = ({ isNoneOf, millis, pausesTable, sql }: Dialect) => {
  const is = (target: PauseTarget) => {
    const { name, scope } = scopeOf(target)
    return sql`scope = ${scope} AND name = ${name}`
  }

  const columns = sql`scope, name, ${millis("paused_at")} AS "pausedAt", paused_by AS "pausedBy"`

  /** Pauses it, or answers the pause that there is. An INSERT that did nothing would return nothing. */
  const pause = (
    target: PauseTarget,
    by: string | undefined,
    now: Statement.Fragment
  ): OnConnection<ReadonlyArray<Pause>> => {
    const { name, scope } = scopeOf(target)
    return pauseRows(sql`
      INSERT INTO ${pausesTable} (scope, name, paused_at, paused_by) VALUES (${scope}, ${name}, ${now}, ${by ?? null})
      ON CONFLICT (scope, name) DO UPDATE SET name = holdfast_pauses.name
      RETURNING ${columns}`)
  }

  /** True if it was paused. */
  const resume = (target: PauseTarget): OnConnection<boolean> =>
    Effect.map(
      execute(sql`DELETE FROM ${pausesTable} WHERE ${is(target)} RETURNING name`),
      (deleted) => deleted.length > 0
    )

  const all: OnConnection<ReadonlyArray<Pause>> = pauseRows(
    sql`SELECT ${columns} FROM ${pausesTable} ORDER BY scope, name`
  )

  /** Behind AND: that the queue or the kind in this column is not paused. */
  const isNotPaused = (scope: Pause["scope"], column: string): Statement.Fragment =>
    isNoneOf(column, sql`SELECT name FROM ${pausesTable} WHERE scope = ${sql.literal(`'${scope}'`)}`)

  return { pause, resume, all, isNotPaused }
}
