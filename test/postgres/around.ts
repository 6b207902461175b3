import type * as PgClient from "@effect/sql-pg/PgClient"
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import { Effect } from "effect"

/** A client whose statements run as `each` says. */
export const around = (
  driver: PgClient.PgClient,
  each: <A>(
    text: string,
    run: Effect.Effect<A, SqlError.SqlError>,
    parameters: ReadonlyArray<unknown>
  ) => Effect.Effect<A, SqlError.SqlError>
): SqlClient.SqlClient => {
  const reserve = Effect.map(
    driver.reserve,
    (connection) =>
      Object.assign(Object.create(connection) as typeof connection, {
        execute: (...statement: Parameters<typeof connection.execute>) =>
          each(statement[0], connection.execute(...statement), statement[1]),
        executeRaw: (...statement: Parameters<typeof connection.executeRaw>) =>
          each(statement[0], connection.executeRaw(...statement), statement[1])
      })
  )
  const client = Object.assign((...given: Parameters<typeof driver>) => driver(...given), driver, { reserve })
  return Object.assign(client, { withoutTransforms: () => client })
}
