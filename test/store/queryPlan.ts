import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

/** The statements that `effect` has the store send, as they are sent, and with their parameters. */
export const statementsOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
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
    return sent
  })

/** How SQLite walks the tables for each statement that `effect` has the store send: the steps of its plan, one a line. */
export const queryPlan = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const plans = yield* Effect.forEach(
      yield* statementsOf(effect),
      ([text, parameters]) => sql.unsafe<{ readonly detail: string }>(`EXPLAIN QUERY PLAN ${text}`, parameters)
    )
    return plans.flat().map(({ detail }) => detail)
  })
