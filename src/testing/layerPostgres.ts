import type * as SqlClient from "@effect/sql/SqlClient"
import { Clock, Effect, Layer, Redacted } from "effect"
import type { StoreError } from "../domain/errors.ts"
import { loaded } from "../store/loaded.ts"
import type { PostgresOptions } from "../store/postgres/options.ts"
import { layer } from "./layer.ts"

/** A server for tests, and the options of the store on it. */
export interface PostgresTestOptions extends Omit<PostgresOptions, "now"> {
  /** The URL of a server, as a user who may create databases. Its database is only connected to. */
  readonly url: string | Redacted.Redacted
  /** The name of a database that each new one is a copy of, with the tables of your app for instance. Nobody may be connected to it. */
  readonly template?: string | undefined
}

/**
 * Holdfast for tests over a PostgreSQL database of its own, whose client is the
 * app's too. The database is made when the layer is built and dropped when it is
 * released. Leases are judged by the test's clock.
 *
 * Needs `@effect/sql-pg`, which is loaded when the layer is built.
 */
export const layerPostgres = (
  { template, url, ...options }: PostgresTestOptions
): Layer.Layer<Layer.Layer.Success<typeof layer> | SqlClient.SqlClient, StoreError> =>
  Layer.provideMerge(
    layer,
    Layer.unwrapScoped(Effect.gen(function*() {
      const { temporaryDatabase } = yield* loaded(() => import("../store/postgres/temporaryDatabase.ts"))
      const store = yield* loaded(() => import("../store/postgres/PostgresStore.ts"))
      const server = Redacted.isRedacted(url) ? url : Redacted.make(url)
      const database = yield* temporaryDatabase(server, template)
      return store.layer({ ...options, url: database, now: Clock.currentTimeMillis })
    }))
  )
