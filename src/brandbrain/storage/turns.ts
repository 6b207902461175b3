import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import { storable } from "../json/storable.ts"
import { dialect } from "./dialect.ts"
import type { Dialect } from "./dialect.ts"

/*
 * A transaction that writes what follows from what it has read must not run beside another that does the same: each
 * would undo what the other wrote. On SQLite a client that begins IMMEDIATE has them wait for each other. PostgreSQL
 * does not, so they take turns by a lock, which ends with the transaction.
 *
 * Take the turn before anything else in the transaction. One that holds a row, and then waits for its turn, deadlocks
 * with one whose turn it is and that waits for the row.
 */

/** Runs a transaction in the turn of the brand. A brand that does not exist has no turns. */
export const inTurnOfBrand =
  (sql: SqlClient.SqlClient, brandId: string) =>
  <A, E, R>(transaction: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    sql.withTransaction(
      Effect.zipRight(
        sql`SELECT id FROM brandbrain_brand WHERE id = ${storable(brandId)} ${dialect(sql).lockRow}`,
        transaction
      )
    )

/** Runs a transaction under a named lock, because the row that it would lock does not exist yet. */
export const inTurnOf =
  (sql: SqlClient.SqlClient, turn: Parameters<Dialect["lock"]>[0]) =>
  <A, E, R>(transaction: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    sql.withTransaction(Effect.zipRight(dialect(sql).lock(turn), transaction))
