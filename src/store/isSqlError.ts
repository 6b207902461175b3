import * as SqlError from "@effect/sql/SqlError"
import { Predicate } from "effect"

/** True for an SqlError, also of a second copy of @effect/sql, as a driver of another version may bring along. */
export const isSqlError = (error: unknown): error is SqlError.SqlError =>
  Predicate.isTagged(error, "SqlError") && SqlError.SqlErrorTypeId in error
