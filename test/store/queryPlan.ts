import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

/**
 * How SQLite walks the tables for each statement that `effect` runs: the steps
 * of its query plan, one a line. The statements are those the store really
 * sends, explained with the parameters it sent.
 */
export const queryPlan = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const sent: Array<readonly [text: string, parameters: ReadonlyArray<unknown>]> = []
    const connection = yield* Effect.scoped(sql.reserve)
    const { execute } = connection
    yield* Effect.acquireUseRelease(
      Effect.sync(() =>
        Object.assign(connection, {
          execute: (...statement: Parameters<typeof execute>) => {
            sent.push([statement[0], statement[1]])
            return execute(...statement)
          }
        })
      ),
      () => effect,
      () => Effect.sync(() => Object.assign(connection, { execute }))
    )
    const plans = yield* Effect.forEach(
      sent,
      ([text, parameters]) => sql.unsafe<{ readonly detail: string }>(`EXPLAIN QUERY PLAN ${text}`, parameters)
    )
    return plans.flat().map(({ detail }) => detail)
  })
