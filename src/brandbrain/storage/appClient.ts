import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { storable } from "../json/storable.ts"

/**
 * The client for the app's statements, which makes every text that a statement is given `storable`.
 *
 * So a text from the internet or a request is stored alike on every database, and is found again by the same text. JSON
 * is not changed by it, as it escapes such characters.
 */
export const appClient: Effect.Effect<SqlClient.SqlClient, never, SqlClient.SqlClient> = Effect.map(
  SqlClient.SqlClient,
  (sql) =>
    new Proxy(sql, {
      apply: (statement, self, [strings, ...values]: ReadonlyArray<unknown>) =>
        Reflect.apply(statement, self, [
          strings,
          ...values.map((value) => typeof value === "string" ? storable(value) : value)
        ])
    })
)
