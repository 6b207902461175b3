import * as SqlClient from "@effect/sql/SqlClient"
import { Clock, Context, Effect, Layer, Redacted } from "effect"
import { isStoreError, StoreError } from "../../domain/errors.ts"
import type { JobStore } from "../JobStore.ts"
import { openClient } from "./openClient.ts"
import type { PostgresOptions } from "./options.ts"
import * as PostgresStore from "./PostgresStore.ts"
import { quoted } from "./schema.ts"

/** A server, and the options of a store in a new database on it. */
export interface OwnDatabaseOptions extends Omit<PostgresOptions, "now"> {
  /** The URL of a server, as a user who may create databases. Its database is only connected to. */
  readonly url: string | Redacted.Redacted
  /** The name of a database that the new one is a copy of, with the tables of your app for instance. Nobody may be connected to it. */
  readonly template?: string | undefined
}

/**
 * A job store in a database of its own, by the caller's clock. The database is made
 * when the layer is built. When it is released, the database is dropped, with
 * whoever is still connected to it.
 */
export const layer = (
  { template, url, ...options }: OwnDatabaseOptions
): Layer.Layer<JobStore | SqlClient.SqlClient, StoreError> =>
  Layer.unwrapScoped(Effect.gen(function*() {
    const server = Redacted.isRedacted(url) ? url : Redacted.make(url)
    const name = yield* Effect.acquireRelease(create(server, template), (name) => Effect.orDie(drop(server, name)))
    return PostgresStore.layer({ ...options, url: inDatabase(server, name), now: Clock.currentTimeMillis })
  }))

const create = (server: Redacted.Redacted, template: string | undefined) =>
  onServer(server, "create the database of a test", (sql) =>
    Effect.gen(function*() {
      const [row] = yield* sql<{ readonly name: string }>`
        SELECT 'holdfast_test_' || replace(gen_random_uuid()::text, '-', '') AS name`
      const name = String(row?.name)
      const copyOf = template === undefined ? "" : ` TEMPLATE ${quoted(template)}`
      yield* sql.unsafe(`CREATE DATABASE ${quoted(name)}${copyOf}`)
      return name
    }))

const drop = (server: Redacted.Redacted, name: string) =>
  onServer(server, "drop the database of a test", (sql) => sql.unsafe(`DROP DATABASE ${quoted(name)} WITH (FORCE)`))

const onServer = <A, E>(
  url: Redacted.Redacted,
  operation: string,
  use: (sql: SqlClient.SqlClient) => Effect.Effect<A, E>
) =>
  openClient({ url, maxConnections: 1 }).pipe(
    Effect.flatMap((client) => use(Context.get(client, SqlClient.SqlClient).withoutTransforms())),
    Effect.mapError((cause) => isStoreError(cause) ? cause : new StoreError({ operation, cause })),
    Effect.scoped
  )

const inDatabase = (server: Redacted.Redacted, name: string) => {
  const url = new URL(Redacted.value(server))
  url.pathname = `/${name}`
  return Redacted.make(url.href)
}
