import * as Reactivity from "@effect/experimental/Reactivity"
import type * as SqlConnection from "@effect/sql/SqlConnection"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { Context, Effect, ExecutionStrategy, Exit, Layer, Option, Scope } from "effect"
import type { Duration } from "effect"
import { closeSync, mkdirSync, openSync } from "node:fs"
import { dirname } from "node:path"
import { isStoreError, StoreError } from "../../domain/errors.ts"
import type { JobStore } from "../JobStore.ts"
import { readBusyTimeout, setBusyTimeout, triesFor } from "./busyTimeout.ts"
import type { SqliteOptions } from "./options.ts"
import * as SqliteJobStore from "./SqliteJobStore.ts"
import { asCaller, exclusively, heldForEach, holdingConnection, whenFree } from "./connection.ts"
import { isBusy } from "./errorCodes.ts"
import { watchDatabaseFile } from "./databaseFile.ts"
import { immediateTransaction } from "./transaction/immediateTransaction.ts"
import { markSupported } from "./supportedClient.ts"
import { keepWalSmall, setWalCheckpoint } from "./wal/walCheckpoint.ts"

// For the declarations of an app that does not name these packages itself: TypeScript names them by this module then.
export type { SqliteClient } from "@effect/sql-sqlite-node/SqliteClient"
export type { SqlClient } from "@effect/sql/SqlClient"

/** How to open a SQLite database. */
export interface Options extends SqliteOptions {
  /** The path of the file, made with its folder when missing, or ":memory:". */
  readonly filename: string
}

/**
 * A SQLite file with the jobs in it, as one layer: the job store, and the
 * SqlClient for the app's own tables, so that both share transactions.
 *
 * The client is `@effect/sql-sqlite-node`'s with its faults mended, which
 * docs/sqlite.md names:
 *
 * - A fiber that is interrupted while it waits for the connection does not take
 *   it along, and one that is interrupted while it runs a statement leaves the
 *   statement fit to be run again.
 * - A statement outside a transaction holds the connection while it runs.
 * - A transaction takes the write lock when it begins, and a COMMIT that fails is
 *   rolled back and a typed error.
 * - After SQLite has rolled a transaction back by itself, the rest of it is
 *   refused, and it fails with a SqlError.
 * - Nested transactions run one after the other, and what other fibers do in the
 *   outer one waits for their end.
 * - BEGIN, COMMIT and ROLLBACK by hand are refused, except on a reserved
 *   connection. So are RELEASE and ROLLBACK TO for a savepoint that was not opened
 *   in the same `withTransaction`.
 * - A fiber that outlives its transaction does not write into a later one.
 * - All wait for another process's lock up to `busyTimeout` without blocking the event loop.
 * - Once the database file or its WAL is deleted or replaced under the connection,
 *   every statement and transaction fails, from the first that notices it.
 * - A WAL that has grown, as behind a reader, is copied into the database by a
 *   thread, and not by a commit that blocks the event loop.
 *
 * An export or a backup holds the connection until it is done, heartbeats
 * included; inside a transaction of this client it would wait for itself.
 */
export const layer = (
  options: Options
): Layer.Layer<JobStore | SqlClient.SqlClient | SqliteClient.SqliteClient, StoreError> =>
  // Not by `provideMerge`, which builds the client for two: Effect 3 never closes it when the second is interrupted as it gets it.
  Layer.scopedContext(Effect.flatMap(open(options), (client) =>
    Effect.map(
      Effect.provide(Layer.build(SqliteJobStore.layer(options)), client),
      (store) => Context.merge(client, store)
    )))

const open = (options: Options) =>
  Effect.gen(function*() {
    if (options.filename.trim() === "") {
      // SQLite would take it for a database that is gone once it is closed.
      return yield* new StoreError({ operation: "open", cause: new Error("the filename is empty") })
    }
    if (options.filename !== ":memory:" && options.readonly !== true) yield* makeFile(options)
    const busyTimeout = yield* readBusyTimeout(options.busyTimeout)
    const driver = yield* connect(options, busyTimeout)
    setBusyTimeout(driver, busyTimeout)
    const client = yield* mended(driver, options)
    markSupported(client)
    return Context.make(SqliteClient.SqliteClient, client).pipe(Context.add(SqlClient.SqlClient, client))
  }).pipe(
    Effect.mapError((cause) =>
      isStoreError(cause) ? cause : new StoreError({ operation: `open ${options.filename}`, cause })
    )
  )

/**
 * Makes the file synchronously, as the driver opens it: a store that opens waits
 * for nothing but locks. SQLite gives the WAL the permissions of the database. An
 * existing file is not touched: closing it would drop the locks that this process
 * has on it.
 */
const makeFile = ({ filename, mode = 0o600 }: Options) =>
  Effect.try(() => {
    mkdirSync(dirname(filename), { recursive: true })
    try {
      closeSync(openSync(filename, "wx", mode))
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error
    }
  })

/**
 * The driver throws when it cannot open the file, and when another process is just
 * turning it into a WAL file, which no busy timeout waits for. An interruption
 * between opening the file and registering how to close it would leave it open.
 * Opening waits for nothing, so only the pauses between tries can be interrupted.
 */
const connect = ({ filename, readonly }: Options, busyTimeout: Duration.Duration) =>
  Effect.uninterruptible(
    Effect.gen(function*() {
      const outer = yield* Effect.scope
      const scope = yield* Scope.fork(outer, ExecutionStrategy.sequential)
      return yield* SqliteClient.make({ filename, readonly: readonly === true, disableWAL: readonly === true }).pipe(
        Scope.extend(scope),
        Effect.catchAllDefect(Effect.fail),
        Effect.tapErrorCause((cause) => Scope.close(scope, Exit.failCause(cause)))
      )
    })
  ).pipe(
    Effect.retry({ while: isBusy, schedule: triesFor(busyTimeout) }),
    Effect.provide(Reactivity.layer)
  )

/**
 * The driver's connection with its further operations, for which the driver's
 * client takes a permit that an interruption can lose.
 */
type Copyable = SqlConnection.Connection & Pick<SqliteClient.SqliteClient, "export" | "backup" | "loadExtension">

/** See `layer`. The driver's own busy wait is off, because it blocks the process. */
const mended = (client: SqliteClient.SqliteClient, { readonly }: Options) =>
  Effect.gen(function*() {
    yield* client`PRAGMA busy_timeout = 0`
    const driver = (yield* Effect.scoped(client.reserve)) as Copyable
    const database = yield* whenFree(client, watchDatabaseFile(driver), isBusy, asCaller)
    const wal = yield* keepWalSmall(driver, readonly === true ? Option.none() : database.files)
    const exclusive = exclusively(driver, database, wal)
    setWalCheckpoint(exclusive, wal)
    const holding = holdingConnection(exclusive)
    const statements = yield* SqlClient.make({
      acquirer: Effect.succeed(heldForEach(exclusive)),
      transactionAcquirer: exclusive.reserve,
      compiler: Statement.makeCompilerSqlite(),
      spanAttributes: [["db.system.name", "sqlite"]]
    })
    const ofTheDriver: Omit<SqliteClient.SqliteClient, keyof SqlClient.SqlClient> = {
      [SqliteClient.TypeId]: SqliteClient.TypeId,
      config: client.config,
      export: holding(() => driver.export),
      // It takes many turns of the event loop, between which no transaction may run.
      backup: (destination) => holding(() => driver.backup(destination)),
      loadExtension: (path) => holding(() => driver.loadExtension(path))
    }
    return Object.assign(statements, ofTheDriver, {
      updateValues: client.updateValues,
      withTransaction: immediateTransaction({ ...exclusive, withTransaction: statements.withTransaction })
    })
  }).pipe(Effect.provide(Reactivity.layer))
