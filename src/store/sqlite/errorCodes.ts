import type * as SqlError from "@effect/sql/SqlError"
import { Predicate } from "effect"
import { isSqlError } from "../isSqlError.ts"
import type { StoreFailure } from "../JobStore.ts"

/**
 * True for the code of an error that says that the disk is full. SQLite calls a
 * disk without room for the `-shm` file of a database that it opens an I/O error.
 */
export const isDiskFull = (code: unknown): boolean => code === "SQLITE_FULL" || code === "SQLITE_IOERR_SHMSIZE"

/** True if another connection has the lock, which time can mend. */
export const isBusy = (error: unknown): boolean => {
  const cause = Predicate.hasProperty(error, "cause") ? error.cause : error
  return Predicate.hasProperty(cause, "code") && String(cause.code).startsWith("SQLITE_BUSY")
}

/** True if a statement failed because of one of its rows, so that it may succeed for the others. */
export const isOfARow = (error: SqlError.SqlError | StoreFailure): boolean => {
  if (error._tag === "ForeignTransaction") return false
  if (error._tag === "StoreError") return isSqlError(error.cause) && isOfARow(error.cause)
  const code = Predicate.hasProperty(error.cause, "code") ? String(error.cause.code) : ""
  // A table or a column that is gone fails for every row.
  if (/\bno such (?:table|column)\b/.test(errorText(error.cause))) return false
  // SQLITE_ERROR is what JSON functions and arithmetic fail with.
  return code.startsWith("SQLITE_CONSTRAINT") || ["SQLITE_ERROR", "SQLITE_MISMATCH", "SQLITE_TOOBIG"].includes(code)
}

const errorText = (cause: unknown) => Predicate.hasProperty(cause, "message") ? String(cause.message) : ""
