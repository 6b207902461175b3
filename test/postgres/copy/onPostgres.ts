import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import type { Redacted } from "effect"
import { Effect, Either, Layer } from "effect"
import { PostgresStore } from "holdfast/postgres"
import { copy } from "../../../src/store/copy/copy.ts"
import type { Options } from "../../../src/store/copy/copy.ts"
import type { DatabaseUrl } from "../../../src/store/databaseUrl.ts"
import { readDatabaseUrl } from "../../../src/store/databaseUrl.ts"
import type { ValueRow } from "../../store/copy/onSqlite.ts"
import { withMillis } from "../../store/copy/onSqlite.ts"

/** Runs an effect on a database of the server's with Holdfast's tables, which are made when missing. */
export const onPostgres = <A, E, R>(url: Redacted.Redacted, effect: Effect.Effect<A, E, R>) =>
  Effect.orDie(Effect.provide(effect, PostgresStore.layer({ url, maxConnections: 3 })))

/** All jobs of a database, by id, with JSON as values and instants as milliseconds. */
export const jobsOnPostgres = (url: Redacted.Redacted): Effect.Effect<ReadonlyArray<ValueRow>> =>
  onPostgres(url, Effect.flatMap(SqlClient.SqlClient, (sql) => sql<ValueRow>`SELECT * FROM holdfast_jobs ORDER BY id`))
    .pipe(Effect.map((rows) => rows.map(withMillis)))

/** Copies from one database to another, each by its URL. */
export const copyUrls = <E = never>(
  source: string,
  target: string,
  { apps = [], onProgress = () => Effect.void, schemas }: Partial<
    Pick<Options<E, never>, "apps" | "onProgress" | "schemas">
  > = {}
) => copy({ source: named(source), target: named(target), apps, onProgress, schemas })

const named = (url: string): DatabaseUrl =>
  Either.getOrThrowWith(readDatabaseUrl(url), ({ given }) => new Error(`${given} is not understood`))

/** Runs an effect on a database whatever tables it has, and makes none. */
export const onBareDatabase = <A, E, R>(url: Redacted.Redacted, effect: Effect.Effect<A, E, R>) =>
  Effect.orDie(Effect.provide(effect, Layer.orDie(PgClient.layer({ url, maxConnections: 1 }))))

/** The tables of Holdfast and of its reference app that a database has. */
export const tablesOn = (url: Redacted.Redacted) =>
  onBareDatabase(
    url,
    Effect.flatMap(SqlClient.SqlClient, (sql) =>
      sql<{ readonly name: string }>`
      SELECT tablename AS name FROM pg_tables WHERE tablename ~ '^(holdfast|brandbrain)_' ORDER BY tablename`)
  ).pipe(Effect.map((rows) => rows.map(({ name }) => name)))
