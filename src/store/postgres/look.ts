import * as SqlClient from "@effect/sql/SqlClient"
import type { Redacted } from "effect"
import { Clock, Context, Duration, Effect } from "effect"
import { isStoreError, StoreError } from "../../domain/errors.ts"
import type { LookOptions, OpenTransaction, PostgresFacts } from "../doctor/facts.ts"
import { answeredWithin } from "./answering.ts"
import { version } from "./migrations/migrate.ts"
import { newest } from "./migrations/migrations.ts"
import { openClient } from "./openClient.ts"
import { tableIn } from "./schema.ts"

/** The rights that a worker uses. It works without those on `holdfast_workers`. */
const used = {
  holdfast_jobs: ["SELECT", "INSERT", "UPDATE", "DELETE"],
  holdfast_pauses: ["SELECT", "INSERT", "UPDATE", "DELETE"],
  holdfast_workers: ["SELECT", "INSERT", "UPDATE", "DELETE"],
  holdfast_migrations: ["SELECT"]
} as const

const tables = Object.keys(used)

/** Looks at a database on a server. */
export const look = Effect.fn("look")(function*(url: Redacted.Redacted, { limit, schema }: LookOptions) {
  const time = Duration.millis(limit)
  const opened = yield* openClient({
    url,
    // An interrupted statement is cancelled over a connection of its own.
    maxConnections: 2,
    connectTimeout: time,
    statementTimeout: time,
    applicationName: "holdfast doctor"
  })
  const sql = Context.get(opened, SqlClient.SqlClient).withoutTransforms()
  const asked = yield* Clock.currentTimeMillis
  const [server] = yield* sql<{ readonly now: number; readonly version: number; readonly role: string }>`
    SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
      current_setting('server_version_num')::int AS version, current_user AS role`
  const answered = yield* Clock.currentTimeMillis
  const places = tables.map((table) => ({ table, place: tableIn(schema, table) }))
  const lacks = yield* Effect.forEach(places, ({ place, table }) =>
    Effect.map(
      sql<{ readonly name: string }>`
        SELECT name FROM unnest(string_to_array(${used[table as keyof typeof used].join(" ")}, ' ')) AS name
        WHERE to_regclass(${place}) IS NOT NULL AND NOT has_table_privilege(to_regclass(${place}), name)`,
      (rows) => ({ table, rights: rows.map(({ name }) => `${name} on ${table}`) })
    ))
  const lacksOf = (isOfWorkers: boolean) =>
    lacks.filter(({ table }) => (table === "holdfast_workers") === isOfWorkers).flatMap(({ rights }) => rights)
  const vacuumed = yield* sql<{
    readonly table: string
    readonly live: number
    readonly dead: number
    readonly vacuumed_at: number | null
  }>`
    SELECT relname AS "table", n_live_tup::float8 AS live, n_dead_tup::float8 AS dead,
      (extract(epoch FROM greatest(last_autovacuum, last_vacuum)) * 1000)::float8 AS vacuumed_at
    FROM pg_stat_user_tables
    WHERE relid = to_regclass(${tableIn(schema, "holdfast_jobs")})
      OR relid = to_regclass(${tableIn(schema, "holdfast_pauses")})
    ORDER BY relname`
  const transactions = yield* sql<{ readonly [K in keyof OpenTransaction]: OpenTransaction[K] }>`
    SELECT activity.pid::text AS name, COALESCE(usename, '') AS "user", COALESCE(application_name, '') AS application,
      COALESCE(state, '') AS state, (extract(epoch FROM clock_timestamp() - xact_start) * 1000)::float8 AS "openFor"
    FROM pg_stat_activity AS activity
    WHERE datname = current_database() AND activity.pid <> pg_backend_pid() AND xact_start IS NOT NULL
      AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
      -- A vacuum keeps no rows from another one.
      AND backend_type IS DISTINCT FROM 'autovacuum worker'
      AND NOT EXISTS (SELECT 1 FROM pg_stat_progress_vacuum AS vacuum WHERE vacuum.pid = activity.pid)
    UNION ALL
    SELECT gid, owner, '', 'prepared', (extract(epoch FROM clock_timestamp() - prepared) * 1000)::float8
    FROM pg_prepared_xacts WHERE database = current_database()
    ORDER BY "openFor" DESC LIMIT 5`
  const [may] = yield* sql<{ readonly see: boolean }>`
    SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS see`
  return {
    database: "postgresql",
    version: yield* Effect.provide(version(time, schema), opened),
    newest,
    serverVersion: server?.version ?? 0,
    role: server?.role ?? "",
    lacksRights: lacksOf(false),
    lacksRightsToShow: lacksOf(true),
    tables: vacuumed.map(({ vacuumed_at: vacuumedAt, ...counts }) => ({ ...counts, vacuumedAt })),
    transactions,
    seesAllTransactions: may?.see === true,
    clock: { server: server?.now ?? 0, asked, answered }
  } satisfies PostgresFacts
}, (looked, _, { limit }) =>
  looked.pipe(
    answeredWithin(Duration.millis(3 * limit)),
    Effect.mapError((cause) => isStoreError(cause) ? cause : new StoreError({ operation: "look", cause })),
    Effect.scoped
  ))
