import type { Scope } from "effect"
import { Effect, Redacted } from "effect"
import { randomUUID } from "node:crypto"
import * as SqlClient from "@effect/sql/SqlClient"
import { StoreError } from "../../domain/errors.ts"
import { openClient } from "./openClient.ts"
import { quoted } from "./schema.ts"

/**
 * Makes a database on a server, as a copy of `template` if one is given, and answers
 * its URL. It is dropped when the scope closes, with whoever is still connected to it.
 */
export const temporaryDatabase = (
  server: Redacted.Redacted,
  template: string | undefined
): Effect.Effect<Redacted.Redacted, StoreError, Scope.Scope> => {
  const name = `holdfast_test_${randomUUID().replaceAll("-", "")}`
  const copyOf = template === undefined ? "" : ` TEMPLATE ${quoted(template)}`
  return Effect.acquireRelease(
    run(server, "create the database of a test", `CREATE DATABASE ${name}${copyOf}`),
    () => Effect.orDie(run(server, "drop the database of a test", `DROP DATABASE ${name} WITH (FORCE)`))
  ).pipe(Effect.as(databaseOf(server, name)))
}

const run = (url: Redacted.Redacted, operation: string, statement: string) =>
  Effect.scoped(
    Effect.flatMap(openClient({ url, maxConnections: 1 }), (client) =>
      Effect.provide(
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement)),
        client
      ))
  ).pipe(
    Effect.catchTag("SqlError", (cause) => new StoreError({ operation, cause }))
  )

const databaseOf = (server: Redacted.Redacted, name: string) => {
  const url = new URL(Redacted.value(server))
  url.pathname = `/${name}`
  return Redacted.make(url.href)
}
