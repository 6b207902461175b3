import type * as SqlError from "@effect/sql/SqlError"
import { Predicate } from "effect"
import { isSqlError } from "../isSqlError.ts"
import type { StoreFailure } from "../JobStore.ts"

/** The SQLSTATE of an error of PostgreSQL; undefined where the server did not answer. A socket's error has a code as well, and no severity. */
const stateOf = (error: unknown): string | undefined => {
  const reported = serverError(error)
  return typeof reported?.["code"] === "string" ? reported["code"] : undefined
}

/** The error as the server has sent it, which stands under wrappers. */
const serverError = (error: unknown): Readonly<Record<PropertyKey, unknown>> | undefined => {
  let current = error
  for (let depth = 0; depth < 10 && Predicate.isRecord(current); depth++) {
    if (typeof current["severity"] === "string") return current
    current = current["cause"]
  }
  return undefined
}

/**
 * True if the server has refused a statement, of which nothing stays then. Class 08 and 40003 say that the outcome is
 * unknown, as a pooler does whose server is gone; 57P01 and 57014 can follow a COMMIT that was carried out.
 */
export const isRefusal = (error: unknown): boolean => {
  const state = stateOf(error)
  return state !== undefined && !/^(?:08|57)|^40003$/.test(state)
}

/** True for an error of a statement for which the role lacks a right. */
export const lacksRight = (error: unknown): boolean => stateOf(error) === "42501"

/** True for the code of an error that says that the disk is full. */
export const isDiskFull = (code: unknown): boolean => code === "53100"

/** True where the same transaction may succeed if it is run again: a deadlock, or a write that was not serializable. */
export const isWorthRepeating = (error: unknown): boolean => ["40001", "40P01"].includes(stateOf(error) ?? "")

/** True if two jobs came to one unique key at the same time. */
export const isKeyTaken = (error: unknown): boolean =>
  stateOf(error) === "23505" && serverError(error)?.["constraint"] === "holdfast_jobs_unique"

/**
 * True if a statement failed because of one of its rows, so that it may succeed
 * for the others: what classes 22 (data), 23 (constraints) and P0 (RAISE in a trigger) say.
 */
export const isOfARow = (error: SqlError.SqlError | StoreFailure): boolean => {
  if (error._tag === "ForeignTransaction") return false
  if (error._tag === "StoreError" && !isSqlError(error.cause)) return false
  return /^(?:22|23|P0)/.test(stateOf(error) ?? "") && !isKeyTaken(error)
}
