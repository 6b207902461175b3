import * as SqlClient from "@effect/sql/SqlClient"
import type { PgClient } from "@effect/sql-pg/PgClient"
import { Effect, Layer, Option, Predicate } from "effect"
import { StoreError } from "../../domain/errors.ts"
import { databaseOf } from "../dialect.ts"
import type { Dialect } from "../Differences.ts"
import { outsideTransaction } from "../ambientTransaction.ts"
import { guardTelemetry } from "../guardTelemetry.ts"
import { makeJobEvents } from "../JobEvents.ts"
import type { StoreFailure, WorkerBeat } from "../JobStore.ts"
import { JobStore } from "../JobStore.ts"
import { makeSqlJobStore } from "../SqlJobStore.ts"
import { nowRows } from "../statements/rows.ts"
import type { Now } from "../Transactions.ts"
import { defaultLimit, readSpan } from "./answering.ts"
import { postgresDialect } from "./dialect.ts"
import { lacksRight } from "./errorCodes.ts"
import { postgresKeeper } from "./keeper/postgresKeeper.ts"
import { checkMigrated, migrate } from "./migrations/migrate.ts"
import { newest } from "./migrations/migrations.ts"
import { makeSignals } from "./notify.ts"
import type { JobStoreOptions } from "./options.ts"
import { channelOf, readSchema, tableIn } from "./schema.ts"
import { makeTransactions } from "./transactions.ts"
import { readListenUrl } from "./url.ts"

/**
 * The jobs in the PostgreSQL database that the app's client talks to; its tables
 * are brought up to date first, unless told otherwise.
 *
 * What is enqueued inside the client's `withTransaction` is committed with it. In
 * a transaction of the driver's own client two faults of the driver remain: one in
 * which a statement has failed reports success, although the server has rolled it
 * back, and a COMMIT that fails is a defect. `PostgresStore.layer` mends both.
 */
export const layer = (options: JobStoreOptions = {}): Layer.Layer<JobStore, StoreError, SqlClient.SqlClient> =>
  Layer.scoped(
    JobStore,
    Effect.gen(function*() {
      const client = yield* SqlClient.SqlClient
      if (databaseOf(client) !== "postgresql") {
        return yield* new StoreError({
          operation: "open",
          cause: new Error(
            "this SqlClient is not supported, since it is not one of PostgreSQL's; give it @effect/sql-pg's"
          )
        })
      }
      const limit = yield* readSpan("statementTimeout", options.statementTimeout, defaultLimit)
      const given = yield* readSchema(options.schema)
      const listenUrl = yield* readListenUrl(options.listenUrl)
      const schema = yield* (options.migrate === false ? checkMigrated : migrate)(limit, given)
      const sql = client.withoutTransforms()
      const dialect = postgresDialect(sql, schema)
      const now = options.now === undefined
        ? Effect.succeed(serversNow(dialect))
        : Effect.map(options.now, givenNow(dialect))
      const store = yield* makeSqlJobStore(dialect, {
        leaseKeeper: options.leaseKeeper === true && options.now === undefined && isPgClient(client)
          ? Option.getOrUndefined(yield* postgresKeeper(dialect, yield* now, client.config))
          : undefined,
        transactions: yield* makeTransactions(sql, limit),
        events: yield* makeJobEvents,
        signals: yield* makeSignals(sql, { channel: channelOf(schema), limit, listenUrl }),
        tidy: Effect.void,
        newest,
        now
      })
      return {
        ...store,
        beatWorker: (beat: WorkerBeat) => Effect.mapError(store.beatWorker(beat), sayingRight(schema))
      }
    }).pipe(
      Effect.catchTag("SqlError", (cause) => new StoreError({ operation: "open", cause })),
      // The tables are made in no caller's transaction.
      outsideTransaction,
      guardTelemetry
    )
  )

/** True for the driver's client, and ours. */
const isPgClient = (client: SqlClient.SqlClient): client is PgClient =>
  Predicate.hasProperty(client, "config") && Predicate.isRecord(client.config)

/**
 * The failure of a beat, with the statement that a missing right needs. A role had every right before a
 * release made the table of workers, and works without this one, so opening the store does not ask for it.
 */
const sayingRight = (schema: string) => (error: StoreFailure): StoreFailure => {
  if (error._tag !== "StoreError" || !lacksRight(error)) return error
  const table = tableIn(schema, "holdfast_workers")
  const problem = `this role may not write ${table}, so nobody sees its workers; ask its owner to run: `
    + `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO <this role>`
  return new StoreError({ operation: error.operation, cause: new Error(problem) })
}

/**
 * When the server received the statement, which is the same wherever it stands in
 * that, and which an index condition can be. A statement that had to wait for a
 * lock takes it for earlier than it is, so a lease ends no later than its worker
 * believes. `clock_timestamp()` changes from row to row.
 */
const serversNow = ({ millis, sql }: Dialect): Now => {
  const now = sql.literal("date_trunc('milliseconds', statement_timestamp())")
  return {
    sql: now,
    millis: Effect.map(nowRows(sql`SELECT ${millis(now)} AS now`), ([row]) => row?.now ?? 0)
  }
}

const givenNow = ({ instant }: Dialect) => (millis: number): Now => ({ sql: instant(millis), millis })
