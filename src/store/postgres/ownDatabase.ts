import * as SqlClient from "@effect/sql/SqlClient"
import { Clock, Context, Effect, Layer, Redacted } from "effect"
import { isStoreError, StoreError } from "../../domain/errors.ts"
import { urlOf } from "../databaseUrl.ts"
import type { JobStore } from "../JobStore.ts"
import type { ClientOptions } from "./openClient.ts"
import { openClient } from "./openClient.ts"
import type { PostgresOptions } from "./options.ts"
import * as PostgresStore from "./PostgresStore.ts"
import { quoted } from "./schema.ts"
import { readUrl } from "./url.ts"

/** A server, and the options of a store in a new database on it. */
export interface OwnDatabaseOptions extends Omit<PostgresOptions, "now"> {
  /** The URL of a server, as a user who may create databases. Its database is only connected to. */
  readonly url: string | Redacted.Redacted
  /** The name of a database that the new one is a copy of, with the tables of your app for instance. Nobody may be connected to it. */
  readonly template?: string | undefined
}

/**
 * A job store in a database of its own, by the caller's clock. The database is made
 * when the layer is built. When it is released, the database is dropped, and every
 * connection to it is ended.
 */
export const layer = (
  { template, url, ...options }: OwnDatabaseOptions
): Layer.Layer<JobStore | SqlClient.SqlClient, StoreError> =>
  Layer.unwrapScoped(Effect.gen(function*() {
    const server = Redacted.isRedacted(url) ? url : Redacted.make(url)
    yield* readUrl("url", server)
    const { connectTimeout, statementTimeout } = options
    const on = onServer({ url: server, connectTimeout, statementTimeout, maxConnections: 1 })
    const name = yield* Effect.acquireRelease(create(on, template), (name) => Effect.orDie(drop(on, name)))
    return PostgresStore.layer({ ...options, url: yield* inDatabase(server, name), now: Clock.currentTimeMillis })
  }))

const create = (on: OnServer, template: string | undefined) =>
  on("create the database of a test", (sql) =>
    Effect.gen(function*() {
      const [row] = yield* sql<{ readonly name: string }>`
        SELECT 'holdfast_test_' || replace(gen_random_uuid()::text, '-', '') AS name`
      const name = String(row?.name)
      const copyOf = template === undefined ? "" : ` TEMPLATE ${quoted(template)}`
      yield* sql.unsafe(`CREATE DATABASE ${quoted(name)}${copyOf}`)
      return name
    }))

const drop = (on: OnServer, name: string) =>
  on("drop the database of a test", (sql) => sql.unsafe(`DROP DATABASE ${quoted(name)} WITH (FORCE)`))

type OnServer = ReturnType<typeof onServer>

/** Uses a connection to the server's own database, each time another. */
const onServer =
  (options: ClientOptions) =>
  <A, E>(operation: string, use: (sql: SqlClient.SqlClient) => Effect.Effect<A, E>): Effect.Effect<A, StoreError> =>
    openClient(options).pipe(
      Effect.flatMap((client) => use(Context.get(client, SqlClient.SqlClient).withoutTransforms())),
      Effect.mapError((cause) => isStoreError(cause) ? cause : new StoreError({ operation, cause })),
      Effect.scoped
    )

/** The URL of another database of the server. The server's own was read before, so it is one. */
const inDatabase = (server: Redacted.Redacted, name: string) =>
  Effect.map(Effect.orDie(Effect.fromNullable(urlOf(Redacted.value(server)))), (url) => {
    url.pathname = `/${name}`
    return Redacted.make(url.href)
  })
