import type * as SqlConnection from "@effect/sql/SqlConnection"
import * as SqlClient from "@effect/sql/SqlClient"
import { Context, Option } from "effect"
import type { Level } from "./openTransaction.ts"
import { isLevel } from "./openTransaction.ts"

type Connection = SqlConnection.Connection

/** The transaction that the caller is in: a level of our client's, or the bare connection of another client. */
export const ambientTransaction = (context: Context.Context<never>): Option.Option<Level | Connection> =>
  Context.getOption(context, SqlClient.TransactionConnection).pipe(
    Option.map(([connection]) => connection),
    // A fiber that was forked in a transaction and outlives it still carries that.
    Option.filter((connection) => !(isLevel(connection) && connection.isOver))
  )

/** The connection that a transaction is on. */
export const connectionOf = (transaction: Level | Connection): Connection =>
  isLevel(transaction) ? transaction.transaction.connection : transaction

/** The connection that the ambient transaction is on. */
export const ambientConnection = (context: Context.Context<never>): Option.Option<Connection> =>
  Option.map(ambientTransaction(context), connectionOf)
