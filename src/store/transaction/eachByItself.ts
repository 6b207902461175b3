import type * as SqlConnection from "@effect/sql/SqlConnection"
import type * as SqlError from "@effect/sql/SqlError"
import { Effect, Stream } from "effect"
import type { Reservable } from "./openTransaction.ts"
import { refusedAlone } from "./transactionControl.ts"

type Connection = SqlConnection.Connection

/** A connection that takes one by `hold` for each statement, and gives it back after it. */
export const eachByItself = (
  hold: <A>(
    run: (connection: Connection) => Effect.Effect<A, SqlError.SqlError>
  ) => Effect.Effect<A, SqlError.SqlError>,
  reserve: Reservable["reserve"]
): Connection => {
  const held = <A>(text: string, run: (connection: Connection) => Effect.Effect<A, SqlError.SqlError>) => {
    const refused = refusedAlone(text)
    return refused === undefined ? hold(run) : Effect.fail(refused)
  }
  return {
    execute: (...statement) => held(statement[0], (connection) => connection.execute(...statement)),
    executeRaw: (...statement) => held(statement[0], (connection) => connection.executeRaw(...statement)),
    executeValues: (...statement) => held(statement[0], (connection) => connection.executeValues(...statement)),
    executeUnprepared: (...statement) => held(statement[0], (connection) => connection.executeUnprepared(...statement)),
    executeStream: (...statement) =>
      Stream.unwrapScoped(Effect.map(reserve, (connection) => connection.executeStream(...statement)))
  }
}
