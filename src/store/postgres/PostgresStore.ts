import type * as SqlClient from "@effect/sql/SqlClient"
import type * as PgClient from "@effect/sql-pg/PgClient"
import { Context, Effect, Layer } from "effect"
import type { StoreError } from "../../domain/errors.ts"
import type { JobStore } from "../JobStore.ts"
import { openClient } from "./openClient.ts"
import type { JobStoreOptions } from "./options.ts"
import * as PostgresJobStore from "./PostgresJobStore.ts"

// For the declarations of an app that does not name these packages itself: TypeScript names them by this module then.
export type { PgClient } from "@effect/sql-pg/PgClient"
export type { SqlClient } from "@effect/sql/SqlClient"

/** The options of `@effect/sql-pg`, without its transformers, and those of the job store. */
export interface Options
  extends
    Omit<PgClient.PgClientConfig, "transformResultNames" | "transformQueryNames" | "transformJson">,
    JobStoreOptions
{}

/**
 * A PostgreSQL database with the jobs in it, as one layer: the job store, and the
 * SqlClient for the app's own tables, so that both share transactions.
 *
 * The client is `@effect/sql-pg`'s with these faults mended:
 *
 * - A transaction in which a statement has failed fails, although PostgreSQL calls
 *   its COMMIT a success and rolls it back.
 * - A COMMIT that fails is a SqlError, and not a defect.
 * - Nested transactions run one after the other, and what other fibers do in the
 *   outer one waits for their end.
 * - A fiber that outlives its transaction does not write into a later one.
 * - A fiber that is interrupted while it waits for a connection costs the pool none.
 *
 * A thread extends the leases of workers while a handler blocks the event loop,
 * see `leaseKeeper`.
 *
 * A connection that does not come within `connectTimeout`, 5 seconds unless given, is an error.
 */
export const layer = (
  options: Options
): Layer.Layer<JobStore | SqlClient.SqlClient | PgClient.PgClient, StoreError> =>
  Layer.scopedContext(Effect.flatMap(openClient(options), (client) =>
    Effect.map(
      Effect.provide(
        Layer.build(PostgresJobStore.layer({ ...options, leaseKeeper: options.leaseKeeper ?? true })),
        client
      ),
      (store) => Context.merge(client, store)
    )))
