import { Reactivity } from "@effect/experimental"
import { SqliteClient } from "@effect/sql-sqlite-node"
import * as PgClient from "@effect/sql-pg/PgClient"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Redacted } from "effect"
import type { Scope } from "effect"
import type { Row } from "./checks.ts"

/** The run's own connection to a database, which bypasses the workers and their network. */
export interface Access {
  readonly rows: Effect.Effect<ReadonlyMap<string, Row>>
  /** "ok", or what is damaged. */
  readonly integrity: Effect.Effect<string>
  readonly deleteFinished: Effect.Effect<void>
  /** Keeps everybody else from writing meanwhile. */
  readonly locked: (meanwhile: Effect.Effect<void>) => Effect.Effect<void>
  /** Ends every other connection to the database. */
  readonly endConnections: Effect.Effect<void>
  /** Matches the log of a worker that could not start because the database was out of reach. The run starts another one. */
  readonly outOfReach: RegExp
}

type Connect = Effect.Effect<SqlClient, SqlError, Scope.Scope | Reactivity.Reactivity>

const connected = (connect: Connect) => <A, E>(use: (sql: SqlClient) => Effect.Effect<A, E>): Effect.Effect<A> =>
  Effect.flatMap(connect, use).pipe(Effect.scoped, Effect.provide(Reactivity.layer), Effect.orDie)

const columns = "status, attempts, failures, max_attempts, locked_by, settled_attempt, settled_by, settled_as, errors"

const byId = (rows: ReadonlyArray<Row>): ReadonlyMap<string, Row> => new Map(rows.map((row) => [row.id, row]))

const deleteFinished = (sql: SqlClient) => sql`DELETE FROM holdfast_jobs WHERE status IN ('succeeded', 'failed')`

/** By a plain connection, which waits for locks by blocking, up to 5 s. */
export const sqliteAccess = (filename: string): Access => {
  const using = connected(Effect.suspend(() => SqliteClient.make({ filename, disableWAL: true })))
  return {
    rows: using((sql) => Effect.map(sql<Row>`SELECT id, ${sql.literal(columns)} FROM holdfast_jobs`, byId)),
    integrity: using((sql) =>
      Effect.map(
        sql<{ readonly integrity_check: string }>`PRAGMA integrity_check`,
        (found) => found.map(({ integrity_check }) => integrity_check).join("; ")
      )
    ),
    deleteFinished: using(deleteFinished),
    locked: (meanwhile) =>
      using((sql) => Effect.acquireUseRelease(sql`BEGIN IMMEDIATE`, () => meanwhile, () => Effect.orDie(sql`COMMIT`))),
    endConnections: Effect.void,
    outOfReach: /database is locked/
  }
}

/** By a connection of its own, straight to the server. */
export const postgresAccess = (url: string): Access => {
  const using = connected(
    Effect.suspend(() => PgClient.make({ url: Redacted.make(url), maxConnections: 1, applicationName: "chaos" }))
  )
  return {
    rows: using((sql) =>
      Effect.map(
        sql<Row>`SELECT id::text, ${sql.literal(columns.replace("errors", "errors::text"))} FROM holdfast_jobs`,
        byId
      )
    ),
    integrity: Effect.succeed("ok"),
    deleteFinished: using(deleteFinished),
    locked: (meanwhile) =>
      using((sql) =>
        sql.withTransaction(Effect.zipRight(sql`LOCK TABLE holdfast_jobs IN ACCESS EXCLUSIVE MODE`, meanwhile))
      ),
    endConnections: using((sql) =>
      sql`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`
    ),
    outOfReach:
      /The job store failed in (?:open|migrate)[^\n]*(?:ECONN|terminat|imeout|not answered|accepting connections|starting up|shutting down|recovery)/
  }
}
