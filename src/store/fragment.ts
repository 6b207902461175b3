import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"

/** A part of a statement, from its SQL if it has no parameters. */
export const fragment = (sql: SqlClient.SqlClient, part: string | Statement.Fragment): Statement.Fragment =>
  typeof part === "string" ? sql.literal(part) : part
