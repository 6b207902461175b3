import type { SqlError } from "@effect/sql/SqlError"
import { Effect, ParseResult, Schema } from "effect"

/**
 * The database refused, failed, or holds a row that we cannot read.
 *
 * `cause` is the database's own error. For a row that does not decode it is
 * absent, as it would quote the row: `reason` names the columns instead.
 */
export class StorageError extends Schema.TaggedError<StorageError>()("StorageError", {
  operation: Schema.String,
  reason: Schema.String,
  cause: Schema.optional(Schema.Defect)
}) {
  override get message() {
    return `${this.operation}: ${this.reason}`
  }
}

/** Wraps what a statement can fail with, once, where it enters. */
export const storage = (operation: string) =>
<A, E, R>(
  effect: Effect.Effect<A, E | SqlError | ParseResult.ParseError, R>
): Effect.Effect<A, StorageError | Exclude<E, SqlError | ParseResult.ParseError>, R> =>
  Effect.mapError(effect, (error) => {
    if (ParseResult.isParseError(error)) {
      const paths = ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path }) => path.join("."))
      return new StorageError({ operation, reason: `A row cannot be read at ${[...new Set(paths)].join(", ")}` })
    }
    return isSqlError(error)
      ? new StorageError({ operation, reason: "The database failed", cause: error })
      : error as Exclude<E, SqlError | ParseResult.ParseError>
  })

const isSqlError = (error: unknown): error is SqlError =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "SqlError"
