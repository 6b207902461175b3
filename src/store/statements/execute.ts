import type * as SqlError from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Either, LogLevel, Predicate, Schema } from "effect"
import { schemaIssues } from "../../domain/schemaIssues.ts"
import { line } from "../../platform/line.ts"
import { guardTelemetry } from "../guardTelemetry.ts"

/**
 * Marks a connection whose statements an interruption ends, as one that can wait long
 * for another transaction. Any other's are carried through: interrupted half-way, a
 * driver may be left unable to run the text again, see sqlite/connection.ts.
 */
export const endsInterrupted: unique symbol = Symbol.for("holdfast/store/endsInterrupted")

/**
 * Runs a statement on the connection that the store operation holds, or that its
 * caller's transaction is on. Yielding the statement itself would look for a
 * connection, open a scope and make a span, for more than the statement costs.
 */
export const execute = (
  statement: Statement.Statement<unknown>
): Effect.Effect<ReadonlyArray<unknown>, SqlError.SqlError, SqlClient.TransactionConnection> =>
  Effect.flatMap(SqlClient.TransactionConnection, ([connection]) => {
    const [text, parameters] = statement.compile(true)
    const run = connection.execute(text, parameters, undefined)
    return endsInterrupted in connection ? run : Effect.uninterruptible(run)
  })

/** The names of a table's rows in messages. */
export interface RowNames {
  readonly table: string
  /** Of one row. */
  readonly what: string
  /** The column that names a row, and the annotation that shows it. */
  readonly key: string
  readonly annotation: string
}

const ofJobs: RowNames = { table: "holdfast_jobs", what: "job", key: "id", annotation: "jobId" }

/**
 * Makes what executes a statement and decodes its rows, each by itself: one that
 * does not fit is logged and left out. When none fits, the statement and the
 * table disagree. That is a bug and so a defect, which says what was expected but
 * not the value.
 *
 * Make each decoder once: that takes several times as long as a short statement.
 */
export const rowsOf = <A, I>(row: Schema.Schema<A, I>, names: RowNames = ofJobs) => {
  const decode = Schema.decodeUnknownEither(row)
  return (statement: Statement.Statement<unknown>) =>
    Effect.flatMap(execute(statement), (found) => {
      const decoded: Array<A> = []
      const misfits: Array<Effect.Effect<void>> = []
      let issues = ""
      for (const row of found) {
        const fit = decode(row)
        if (Either.isRight(fit)) decoded.push(fit.right)
        else {
          issues = schemaIssues(fit.left)
          misfits.push(tellMisfit(row, issues, names))
        }
      }
      if (misfits.length === 0) return Effect.succeed(decoded)
      if (decoded.length === 0) return Effect.dieMessage(`A row of ${names.table} is not as expected: ${issues}`)
      return Effect.as(Effect.all(misfits, { discard: true }), decoded)
    })
}

/** Logs that a row does not decode. A logger that throws must not undo what was done to the other rows. */
const tellMisfit = (row: unknown, issues: string, { annotation, key, what }: RowNames): Effect.Effect<void> =>
  guardTelemetry(line(LogLevel.Warning, `A ${what}'s row is not as expected and is left out`, {
    [annotation]: Predicate.hasProperty(row, key) ? String(row[key]) : "unknown",
    expected: issues
  }))
