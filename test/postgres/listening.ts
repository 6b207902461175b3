import type * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Schedule } from "effect"

/** The LISTEN statements of the connections to the client's database. */
export const listeners = (admin: PgClient.PgClient) =>
  Effect.map(
    admin<{ readonly query: string }>`
      SELECT query FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'`,
    (rows) => rows.map(({ query }) => query)
  )

/** Waits until a connection listens, and answers what those have run that do. */
export const listening = (admin: PgClient.PgClient) =>
  Effect.zipRight(
    Effect.repeat(listeners(admin), {
      until: (queries) => queries.length > 0,
      schedule: Schedule.spaced("10 millis")
    }),
    listeners(admin)
  )

/** Ends the connections that listen. */
export const endListening = (admin: PgClient.PgClient) =>
  admin`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'LISTEN %'`
