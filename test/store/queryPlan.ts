import { SqlClient, Statement } from "@effect/sql"
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
    yield* Statement.withTransformer(effect, (statement) => {
      sent.push(statement.compile())
      return Effect.succeed(statement)
    })
    const plans = yield* Effect.forEach(
      sent,
      ([text, parameters]) => sql.unsafe<{ readonly detail: string }>(`EXPLAIN QUERY PLAN ${text}`, parameters)
    )
    return plans.flat().map(({ detail }) => detail)
  })
