import type { PgClientConfig } from "@effect/sql-pg/PgClient"
import { Effect, LogLevel, Option, Predicate, Redacted } from "effect"
import { createRequire } from "node:module"
import { line } from "../../../platform/line.ts"
import type { Dialect } from "../../Differences.ts"
import type { LeaseKeeper } from "../../keeper/LeaseKeeper.ts"
import { makeLeaseKeeper } from "../../keeper/makeLeaseKeeper.ts"
import { someLease } from "../../keeper/someLease.ts"
import { makeUnderLease } from "../../statements/underLease.ts"
import type { Now } from "../../Transactions.ts"
import type { PostgresThreadData } from "./openInThread.ts"
import { openText } from "./openText.ts"

/** Milliseconds until the thread gives a connection or a statement up. It tries again at its next look. */
const answersWithin = 5_000

/** The keeper of a database on PostgreSQL; none where the driver or its settings cannot be had in a thread. */
export const postgresKeeper = (
  dialect: Dialect,
  now: Now,
  config: PgClientConfig
): Effect.Effect<Option.Option<LeaseKeeper>> =>
  Option.match(Option.all({ library: loadedLibrary(), config: settingsOf(config) }), {
    onNone: () =>
      Effect.as(
        line(
          LogLevel.Info,
          "No thread keeps leases while the event loop is blocked: pg is not loaded from one place, as in a bundle, "
            + "or the settings of its connections have functions"
        ),
        Option.none()
      ),
    onSome: (found) => {
      const [text, parameters] = makeUnderLease(dialect).extension([{ lease: someLease, leaseFor: 1 }], now.sql)
        .compile(true)
      const { jobsTable, sql } = dialect
      const [lockText] = sql`
        SELECT id FROM ${jobsTable} WHERE id = ANY(${"{}"}::uuid[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED`.compile(
        true
      )
      const data: PostgresThreadData = { ...found, environment: variablesOfDriver(), lockText, text, parameters }
      return makeLeaseKeeper({ open: openText, data })
    }
  })

/** The variables that `pg` reads: where the server is, who connects, and where the file of passwords is. */
const variablesOfDriver = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && /^(?:PG[A-Z]+|HOME|APPDATA|USER|USERNAME|NODE_TLS_REJECT_UNAUTHORIZED)$/.test(name)
        ? [[name, value]]
        : []
    )
  )

/** The file of `pg`, as this process has loaded it. */
const loadedLibrary: () => Option.Option<string> = () => {
  const [library, ...others] = Object.keys(createRequire(process.execPath).cache).filter((path) =>
    /[\\/]node_modules[\\/]pg[\\/]lib[\\/]index\.js$/.test(path)
  )
  return others.length > 0 ? Option.none() : Option.fromNullable(library)
}

/** The settings of the driver's pool, for a connection of its own. None if a thread cannot have them. */
const settingsOf = (
  { applicationName, database, host, password, port, ssl, url, username }: PgClientConfig
): Option.Option<Readonly<Record<string, unknown>>> =>
  Option.liftThrowable(() => {
    const given = {
      connectionString: url === undefined ? undefined : Redacted.value(url),
      user: username,
      host,
      database,
      password: password === undefined ? undefined : Redacted.value(password),
      ssl,
      port,
      application_name: applicationName,
      connectionTimeoutMillis: answersWithin,
      // On this side: PgBouncer takes no setting of the server's as a connection begins.
      query_timeout: answersWithin
    }
    // `pg` takes an undefined connectionString for one.
    return structuredClone(
      Object.fromEntries(Object.entries(given).filter(([, value]) => Predicate.isNotUndefined(value)))
    )
  })()
