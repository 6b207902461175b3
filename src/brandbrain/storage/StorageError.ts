import type { SqlError } from "@effect/sql/SqlError"
import { Effect, ParseResult, Schema } from "effect"

/**
 * The database failed, or a row does not decode.
 *
 * `cause` is the database's error. A row that does not decode has no cause, since that would quote the row; `reason`
 * names the columns instead.
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

/** Wraps the errors of SQL statements, once, where they enter. */
export const asStorageError = (operation: string) =>
<A, E, R>(
  effect: Effect.Effect<A, E | SqlError | ParseResult.ParseError, R>
): Effect.Effect<A, StorageError | Exclude<E, SqlError | ParseResult.ParseError>, R> =>
  Effect.mapError(effect, (error) => {
    if (ParseResult.isParseError(error)) {
      const paths = ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path }) => path.join("."))
      return new StorageError({ operation, reason: `A row does not decode: see ${[...new Set(paths)].join(", ")}` })
    }
    return isSqlError(error)
      ? new StorageError({ operation, reason: "The database failed", cause: error })
      : error as Exclude<E, SqlError | ParseResult.ParseError>
  })

const isSqlError = (error: unknown): error is SqlError =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "SqlError"
