import type * as SqlConnection from "@effect/sql/SqlConnection"
import type * as SqlError from "@effect/sql/SqlError"
import { Effect, LogLevel } from "effect"
import { readable } from "../../domain/readableError.ts"
import { line } from "../../platform/line.ts"
import { refusedStatement } from "./transactionErrors.ts"

type Connection = SqlConnection.Connection

/** Blanks, semicolons and comments, which a database reads past: a pattern. */
export const gap = String.raw`(?:[\s\uFEFF;]|--[^\n]*(?:\n|$)|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/)`

/** A statement that begins or ends a transaction. `ROLLBACK TO` only goes back to a savepoint. */
const control = new RegExp(
  String
    .raw`^${gap}*(BEGIN|START|COMMIT|END|ABORT|PREPARE\s+TRANSACTION|SAVEPOINT|ROLLBACK(?!(?:\s+TRANSACTION)?\s+TO\b))\b`,
  "i"
)

const controlWord = (text: string) => control.exec(text)?.[1]?.toUpperCase()

/** An error if the statement may not run inside a transaction, which it would end unseen. */
export const refusedInside = (text: string): SqlError.SqlError | undefined => {
  const word = controlWord(text)
  return word === undefined || word === "SAVEPOINT" ? undefined : refusedStatement(
    `${word} inside sql.withTransaction, which begins and ends the transaction itself; fail in it to roll back, or nest another`
  )
}

/** An error if the statement may not run by itself: the transaction it begins would take in the writes of all fibers. */
export const refusedAlone = (text: string): SqlError.SqlError | undefined => {
  const word = controlWord(text)
  return word === "BEGIN" || word === "START" || word === "SAVEPOINT"
    ? refusedStatement(
      `${word} outside sql.withTransaction; use that, or a connection of sql.reserve, which nobody else has meanwhile`
    )
    : undefined
}

/** Runs a statement that controls a transaction, such as BEGIN. */
export const command = (connection: Connection, text: string): Effect.Effect<void, SqlError.SqlError> =>
  Effect.asVoid(connection.executeUnprepared(text, [], undefined))

/** Rolls back what the database may have rolled back by itself, as SQLite does when the disk is full. */
export const rollBack = (connection: Connection): Effect.Effect<void> =>
  Effect.catchAll(
    command(connection, "ROLLBACK"),
    (error) => line(LogLevel.Debug, "Nothing to roll back", { error: readable(() => String(error.cause)) })
  )
