import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Either, Layer, Option } from "effect"
import { StoreError } from "../../domain/errors.ts"
import { isByRealTime } from "../../platform/LoopDelay.ts"
import { outsideTransaction } from "../ambientTransaction.ts"
import { guardTelemetry } from "../guardTelemetry.ts"
import { makeJobEvents } from "../JobEvents.ts"
import { makeJobSignals } from "../JobSignals.ts"
import { JobStore } from "../JobStore.ts"
import { makeSqlJobStore } from "../SqlJobStore.ts"
import type { Now } from "../Transactions.ts"
import { readBusyTimeout, setBusyTimeout } from "./busyTimeout.ts"
import { databasePath, watchDatabaseFile } from "./databaseFile.ts"
import { sqliteDialect } from "./dialect.ts"
import { sqliteKeeper } from "./keeper/sqliteKeeper.ts"
import { warnOfAborts } from "./loadedDriver.ts"
import { checkMigrated, migrate } from "./migrations/migrate.ts"
import { newest } from "./migrations/migrations.ts"
import type { SqliteOptions } from "./options.ts"
import { placeOf } from "./presence/places.ts"
import { presenceIn } from "./presence/presenceIn.ts"
import { withoutPresence } from "./presence/withoutPresence.ts"
import { shareInProcess } from "./processSignals.ts"
import { refuseUnsupported } from "./supportedClient.ts"
import { makeTransactions } from "./transaction/transactions.ts"
import { wakeOthers } from "./wakeOthers.ts"
import { tidyWal } from "./wal/walCheckpoint.ts"

/**
 * The jobs in the database that the app's SqlClient talks to; its tables are
 * brought up to date first.
 *
 * The client's one connection is set to `synchronous=FULL` unless told otherwise,
 * since a WAL file that is opened again does not have it by itself. It is also set
 * to `temp_store=MEMORY`: otherwise the ephemeral tables of RETURNING and IN make a
 * claim take 2.5 to 12 times as long.
 *
 * After a COMMIT that failed, the connection can have an open transaction that no
 * fiber is in. Operations then fail and leave it alone. The README, "Your own
 * client", says what such a client lacks that `SqliteStore.layer` mends.
 */
export const layer = (
  options?: Omit<SqliteOptions, "mode">
): Layer.Layer<JobStore, StoreError, SqlClient.SqlClient> =>
  Layer.scoped(
    JobStore,
    Effect.gen(function*() {
      const client = yield* SqlClient.SqlClient
      setBusyTimeout(client, yield* readBusyTimeout(options?.busyTimeout))
      yield* refuseUnsupported(client)
      yield* warnOfAborts
      yield* client`PRAGMA synchronous = ${client.literal(options?.synchronous ?? "full")}`
      yield* client`PRAGMA temp_store = MEMORY`
      yield* options?.readonly === true ? checkMigrated : migrate
      const sql = client.withoutTransforms()
      // Whole, as the columns are; a test may set its clock between two.
      const at = (millis: number): Now => ({ sql: sql`${millis}`, millis })
      return yield* makeSqlJobStore(sqliteDialect(sql), {
        transactions: yield* makeTransactions(sql),
        events: yield* makeJobEvents,
        signals: yield* signalsOf(sql),
        leaseKeeper: yield* keeperOf(client, options),
        presence: yield* presenceOn(client, options),
        tidy: tidyWal(sql),
        newest,
        now: options?.now === undefined
          ? Effect.clockWith((clock) => Effect.succeed(at(Math.floor(clock.unsafeCurrentTimeMillis()))))
          : Effect.map(options.now, at)
      })
    }).pipe(
      Effect.catchTag("SqlError", (cause) => new StoreError({ operation: "open", cause })),
      // The tables are made in no caller's transaction. One of this client holds the connection and must end first.
      outsideTransaction,
      guardTelemetry
    )
  )

/** The keeper of leases, for a database in a file that may be written. */
const keeperOf = (client: SqlClient.SqlClient, options: Omit<SqliteOptions, "mode"> | undefined) =>
  Effect.gen(function*() {
    if (options?.leaseKeeper !== true || options.readonly === true || options.now !== undefined) return undefined
    const { files } = yield* Effect.scoped(Effect.flatMap(client.reserve, watchDatabaseFile))
    if (Option.isNone(files)) return undefined
    return Option.getOrUndefined(yield* sqliteKeeper(client.withoutTransforms(), files.value))
  })

/** The presence of workers, for a database in a file that may be written. */
const presenceOn = (client: SqlClient.SqlClient, options: Omit<SqliteOptions, "mode"> | undefined) =>
  Effect.gen(function*() {
    if (options?.presence !== true || options.readonly === true || !(yield* isByRealTime)) return undefined
    const file = yield* databasePath(client)
    if (file === undefined) return undefined
    const place = placeOf(file)
    if (Either.isRight(place)) return presenceIn(place.right)
    yield* withoutPresence(place.left)
    return undefined
  })

/** The signals of a new store, which reach as far as the database does: none but its own if that is in memory. */
const signalsOf = (sql: SqlClient.SqlClient) =>
  Effect.gen(function*() {
    const ours = makeJobSignals()
    const file = yield* databasePath(sql)
    if (file === undefined) return ours
    return yield* wakeOthers(yield* shareInProcess(ours, file), ours.wake, sql, file)
  })
