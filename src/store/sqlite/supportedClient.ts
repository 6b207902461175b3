import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import { Effect, Option } from "effect"
import { StoreError } from "../../domain/errors.ts"
import { databaseOf } from "../dialect.ts"
import { ambientConnection } from "../transaction/ambientTransaction.ts"
import { sharedByCopies } from "./sharedByCopies.ts"

/** Clients that are known to be supported. Trying one would wait for the write lock, and opening a store must not. */
const known = sharedByCopies<SqlClient.SqlClient, true>("holdfast/store/supportedClients")

/** Marks a client that `SqliteStore` made as supported. */
export const markSupported = (client: SqlClient.SqlClient): void => void known.set(client, true)

/**
 * Fails unless the client talks to SQLite, its connection is free, and its
 * transactions are on that connection and in the context, where `SqlClient` puts
 * them.
 *
 * libsql's client keeps its transactions under another tag, each on a connection of
 * its own. A job enqueued in one would be committed by itself, or wait for the lock
 * that its own caller holds.
 */
export const refuseUnsupported = (client: SqlClient.SqlClient): Effect.Effect<void, StoreError | SqlError.SqlError> =>
  Effect.gen(function*() {
    if (databaseOf(client) !== "sqlite") return yield* unsupported("it is not one of SQLite's")
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
