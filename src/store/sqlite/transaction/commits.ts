import type * as SqlConnection from "@effect/sql/SqlConnection"
import type * as SqlError from "@effect/sql/SqlError"
import { Effect } from "effect"
import { ClaimMark } from "../../../platform/ClaimMark.ts"
import { isInTransaction } from "./isInTransaction.ts"

type Connection = SqlConnection.Connection

/**
 * Finds out which parts of a transaction were committed.
 *
 * SQLite does not report commits, and nothing can watch a transaction of the app's
 * own client. So each part that is asked about writes a mark to a temporary table
 * in memory. A rollback removes the mark with everything else, and so does a
 * rollback to a savepoint. A mark that is still there after the transaction's end
 * was committed.
 */
export interface Commits {
  /** Writes a mark in the transaction that is open on the connection. */
  readonly mark: (connection: Connection) => Effect.Effect<string, SqlError.SqlError>
  /** Answers which of these marks were committed, once their transactions have ended. Forgets them. */
  readonly committed: (
    connection: Connection,
    marks: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlySet<string>, SqlError.SqlError>
}

/** Makes the table of marks, on a connection that is in no transaction. */
export const prepareCommits = (connection: Connection): Effect.Effect<void, SqlError.SqlError> =>
  Effect.asVoid(
    connection.executeUnprepared("CREATE TEMP TABLE IF NOT EXISTS holdfast_commits (mark TEXT) STRICT", [], undefined)
  )

/** The marks of one store. */
export const makeCommits: Effect.Effect<Commits> = Effect.gen(function*() {
  const store = yield* (yield* ClaimMark).draw
  let last = 0
  const run = (connection: Connection, statement: string, parameter: string) =>
    Effect.uninterruptible(connection.execute(statement, [parameter], undefined))
  return {
    mark: (connection) =>
      Effect.suspend(() => {
        const mark = `${store} ${++last}`
        return Effect.as(run(connection, "INSERT INTO temp.holdfast_commits (mark) VALUES (?)", mark), mark)
      }),
    committed: (connection, marks) =>
      Effect.gen(function*() {
        // A COMMIT of the app's own client that fails leaves the transaction open, for the app to roll back.
        if (marks.length === 0 || (yield* isInTransaction(connection))) return new Set<string>()
        const left = yield* run(
          connection,
          "DELETE FROM temp.holdfast_commits WHERE mark IN (SELECT value FROM json_each(?)) RETURNING mark",
          JSON.stringify(marks)
        )
        return new Set(left.map(({ mark }) => String(mark)))
      })
  }
})
