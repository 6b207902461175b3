import type * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Either, Layer, Redacted } from "effect"
import type { StoreError } from "../domain/errors.ts"
import { InvalidOption } from "../domain/errors.ts"
import type { DatabaseUrl } from "./databaseUrl.ts"
import { readDatabaseUrl } from "./databaseUrl.ts"
import type { JobStore } from "./JobStore.ts"
import { loaded } from "./loaded.ts"
import type { PostgresOptions } from "./postgres/options.ts"
import type { SqliteOptions } from "./sqlite/options.ts"

/** The options for each kind of database. Those of the kind that the URL names are used. */
export interface Options {
  readonly sqlite?: SqliteOptions | undefined
  readonly postgres?: PostgresOptions | undefined
}

/**
 * The job store in the database that a URL names, and the SqlClient for the app's
 * own tables: `SqliteStore.layer` for `sqlite:app.db`, `sqlite:///srv/app.db` and
 * `sqlite::memory:`, `PostgresStore.layer` for `postgres://user:password@host/app`.
 *
 * Only the driver of that database is loaded. Fails with an InvalidOption where the
 * URL is not understood, which repeats no password, and with a StoreError that names
 * the package to install where the driver is missing.
 */
export const fromUrl = (
  url: string | Redacted.Redacted,
  options: Options = {}
): Layer.Layer<JobStore | SqlClient.SqlClient, StoreError | InvalidOption> =>
  Layer.unwrapEffect(
    Effect.map(read(Redacted.isRedacted(url) ? Redacted.value(url) : url), (named) => storeNamed(named, options))
  )

const read = (text: string): Either.Either<DatabaseUrl, InvalidOption> =>
  Either.mapLeft(
    readDatabaseUrl(text),
    ({ allowed, given }) => new InvalidOption({ option: "url", given, allowed })
  )

/** Opens the database of a URL that has been read. */
export const storeNamed = (
  named: DatabaseUrl,
  { postgres, sqlite }: Options
): Layer.Layer<JobStore | SqlClient.SqlClient, StoreError> =>
  named.database === "sqlite"
    ? Layer.unwrapEffect(
      Effect.map(
        loaded(() => import("./sqlite/SqliteStore.ts")),
        ({ layer }) => layer({ ...sqlite, filename: named.filename })
      )
    )
    : Layer.unwrapEffect(
      Effect.map(
        loaded(() => import("./postgres/PostgresStore.ts")),
        ({ layer }) => layer({ ...postgres, url: named.url })
      )
    )
