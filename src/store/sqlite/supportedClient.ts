import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import { Effect, Option } from "effect"
import { StoreError } from "../../domain/errors.ts"
import { ambientConnection } from "./transaction/ambientTransaction.ts"
import { isSupported } from "../dialect.ts"
import { sharedByCopies } from "./sharedByCopies.ts"

/** Clients that need not be tried. Their transactions would wait for the write lock, which opening must not. */
const known = sharedByCopies<SqlClient.SqlClient, true>("holdfast/store/supportedClients")

/** Says of a client that `SqliteStore` made that it is supported. */
export const markSupported = (client: SqlClient.SqlClient): void => void known.set(client, true)

/**
 * Fails unless the client is one of SQLite's whose connection is free, and whose
 * transactions are on that one connection and where they are looked for: in the
 * context, as `SqlClient` puts them.
 *
 * libsql's client keeps its own under another tag, on connections of their own. What is
 * enqueued in one would be committed by itself, or wait for the lock that its own caller holds.
 */
export const refuseUnsupported = (client: SqlClient.SqlClient): Effect.Effect<void, StoreError | SqlError.SqlError> =>
  Effect.gen(function*() {
    if (!isSupported(client)) return yield* unsupported("it is not one of SQLite's")
    const connection = yield* Effect.scoped(client.reserve).pipe(
      Effect.timeoutFail({ duration: "5 seconds", onTimeout: () => failure(held) })
    )
    if (known.has(client)) return
    const inside = yield* client.withTransaction(Effect.map(Effect.context<never>(), ambientConnection))
    if (Option.getOrUndefined(inside) !== connection) {
      return yield* unsupported("its transactions are not on the connection that it gives")
    }
  })

const failure = (reason: string) => new StoreError({ operation: "open", cause: new Error(reason) })

const held = "the client's connection is not free; a store is not opened inside a transaction of its client"

const unsupported = (why: string) =>
  failure(`this SqlClient is not supported, since ${why}; give it @effect/sql-sqlite-node's`)
