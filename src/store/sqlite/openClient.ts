import * as Reactivity from "@effect/experimental/Reactivity"
import type * as SqlConnection from "@effect/sql/SqlConnection"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { Context, Effect, ExecutionStrategy, Exit, Option, Scope } from "effect"
import type { Duration } from "effect"
import { closeSync, mkdirSync, openSync } from "node:fs"
import { dirname } from "node:path"
import { isStoreError, StoreError } from "../../domain/errors.ts"
import { readBusyTimeout, setBusyTimeout, triesFor } from "./busyTimeout.ts"
import { asCaller, exclusively, heldForEach, holdingConnection, whenFree } from "./connection.ts"
import { watchDatabaseFile } from "./databaseFile.ts"
import { isBusy } from "./errorCodes.ts"
import type { SqliteOptions } from "./options.ts"
import { markSupported } from "./supportedClient.ts"
import { immediateTransaction } from "./transaction/immediateTransaction.ts"
import { keepWalSmall, setWalCheckpoint } from "./wal/walCheckpoint.ts"

/** A file, or ":memory:", and how to open it. */
type Options = SqliteOptions & { readonly filename: string }

/** The client of `SqliteStore.layer`, on a file that is made when missing, whatever tables it has. Closed with the scope. */
export const openClient = (options: Options) =>
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
