import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { Context, Effect, Layer } from "effect"
import type { StoreError } from "../../domain/errors.ts"
import type { JobStore } from "../JobStore.ts"
import { openClient } from "./openClient.ts"
import type { SqliteOptions } from "./options.ts"
import * as SqliteJobStore from "./SqliteJobStore.ts"

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
 * A thread extends the leases of workers while a handler blocks the event loop,
 * see `leaseKeeper`.
 *
 * An export or a backup holds the connection until it is done, heartbeats
 * included; inside a transaction of this client it would wait for itself.
 */
export const layer = (
  options: Options
): Layer.Layer<JobStore | SqlClient.SqlClient | SqliteClient.SqliteClient, StoreError> =>
  // Not by `provideMerge`, which builds the client for two: Effect 3 never closes it when the second is interrupted as it gets it.
  Layer.scopedContext(Effect.flatMap(openClient(options), (client) =>
    Effect.map(
      Effect.provide(
        Layer.build(
          SqliteJobStore.layer({
            ...options,
            leaseKeeper: options.leaseKeeper ?? true,
            presence: options.presence ?? true
          })
        ),
        client
      ),
      (store) => Context.merge(client, store)
    )))
