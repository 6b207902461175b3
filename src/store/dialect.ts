import type * as SqlClient from "@effect/sql/SqlClient"
import * as postgresErrors from "./postgres/errorCodes.ts"
import * as sqliteErrors from "./sqlite/errorCodes.ts"

/** The database that a client talks to, as OpenTelemetry names it; undefined for any that Holdfast has no dialect of. */
export const databaseOf = (sql: SqlClient.SqlClient): "sqlite" | "postgresql" | undefined =>
  sql.onDialectOrElse({ sqlite: () => "sqlite", pg: () => "postgresql", orElse: () => undefined })

/** True for the code of an error by which one of the databases says that its disk is full. */
export const isDiskFullCode = (code: unknown): boolean =>
  sqliteErrors.isDiskFull(code) || postgresErrors.isDiskFull(code)

/** True for an error of the store which says that the role lacks a right. SQLite knows neither roles nor rights. */
export const isMissingRight = (error: unknown): boolean => postgresErrors.lacksRight(error)
