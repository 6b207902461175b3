import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Context, Duration, Effect, Layer } from "effect"
import { isStoreError, StoreError } from "../../domain/errors.ts"
import type { JobStore } from "../JobStore.ts"
import type { JobStoreOptions } from "./options.ts"
import { answeredWithin, defaultLimit, readSpan } from "./answering.ts"
import * as PostgresJobStore from "./PostgresJobStore.ts"
import { safely } from "./reserve.ts"
import { pooled, postgresTransaction } from "./transaction.ts"
import { readUrl } from "./url.ts"

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
 * A connection that does not come within `connectTimeout`, 5 seconds unless given, is an error.
 */
export const layer = (
  options: Options
): Layer.Layer<JobStore | SqlClient.SqlClient | PgClient.PgClient, StoreError> =>
  Layer.scopedContext(Effect.flatMap(open(options), (client) =>
    Effect.map(
      Effect.provide(Layer.build(PostgresJobStore.layer(options)), client),
      (store) => Context.merge(client, store)
    )))

const open = (options: Options) =>
  Effect.gen(function*() {
    if (options.url !== undefined) yield* readUrl("url", options.url)
    const limit = yield* readSpan("statementTimeout", options.statementTimeout, defaultLimit)
    const connectTimeout = yield* readSpan("connectTimeout", options.connectTimeout, Duration.seconds(5))
    // The driver asks something first, and does not give that up.
    const driver = yield* answeredWithin(Duration.sum(connectTimeout, limit))(
      PgClient.make({ ...options, connectTimeout })
    )
    const client = yield* mended(driver, limit)
    return Context.make(PgClient.PgClient, client).pipe(Context.add(SqlClient.SqlClient, client))
  }).pipe(
    Effect.mapError((cause) => isStoreError(cause) ? cause : new StoreError({ operation: "open", cause })),
    Effect.provide(Reactivity.layer)
  )

const mended = (driver: PgClient.PgClient, limit: Duration.Duration) =>
  Effect.map(
    SqlClient.make({
      acquirer: Effect.succeed(pooled(driver)),
      transactionAcquirer: safely(driver.reserve),
      compiler: PgClient.makeCompiler(),
      spanAttributes: [...Object.entries(driver.config.spanAttributes ?? {}), ["db.system.name", "postgresql"]]
    }),
    (statements): PgClient.PgClient => {
      const ofTheDriver: Omit<PgClient.PgClient, keyof SqlClient.SqlClient> = {
        [PgClient.TypeId]: PgClient.TypeId,
        config: driver.config,
        json: driver.json,
        listen: driver.listen,
        notify: driver.notify
      }
      const client = Object.assign(statements, ofTheDriver)
      return Object.assign(client, { withTransaction: postgresTransaction(client, limit) })
    }
  )
