import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Context, Duration, Effect } from "effect"
import { isStoreError, StoreError } from "../../domain/errors.ts"
import { answeredWithin, defaultLimit, readSpan } from "./answering.ts"
import type { JobStoreOptions } from "./options.ts"
import { safely } from "./reserve.ts"
import { pooled, postgresTransaction } from "./transaction.ts"
import { readUrl } from "./url.ts"

/** The options of the driver, of which those of its transformers would change what Holdfast reads, and the time for a statement. */
export type ClientOptions =
  & Omit<PgClient.PgClientConfig, "transformResultNames" | "transformQueryNames" | "transformJson">
  & Pick<JobStoreOptions, "statementTimeout">

/** The client of `PostgresStore.layer`. It looks at no tables, and is closed with the scope. */
export const openClient = (options: ClientOptions) =>
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
