import type * as SqlError from "@effect/sql/SqlError"
import { Effect } from "effect"
import { gap } from "./transactionControl.ts"
import { refusedStatement } from "./transactionErrors.ts"

/** A name as SQLite takes it, in any of its quotes or without. */
const name = "(\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|`(?:[^`]|``)*`|\\[[^\\]]*\\]|[\\w$\\u0080-\\uFFFF]+)"

const statements = new RegExp(
  `^${gap}*(?:(SAVEPOINT)|(RELEASE)(?:${gap}+SAVEPOINT\\b)?`
    + `|ROLLBACK(?:${gap}+TRANSACTION)?${gap}+TO(?:${gap}+SAVEPOINT\\b)?)${gap}*${name}`,
  "i"
)

/** The name of the savepoint that a nested transaction of that depth is. */
export const savepointOf = (depth: number): string => `holdfast_${depth}`

/** A name as SQLite compares it: without quotes, in lower case. */
const plain = (quoted: string) => {
  const [first = ""] = quoted
  if (!`"'\`[`.includes(first)) return quoted.toLowerCase()
  const inside = quoted.slice(1, -1)
  return (first === "[" ? inside : inside.replaceAll(first + first, first)).toLowerCase()
}

/**
 * The savepoints that an app has opened by hand at one level of a transaction.
 *
 * Savepoints are a stack on which nested transactions stand too. Releasing one from
 * further out, or going back to it, takes away the savepoint of a nested
 * transaction with all that was written in that. So a level reaches only the
 * savepoints that it has opened itself.
 */
export class Savepoints {
  private readonly names: Array<string> = []

  /** Runs a statement of this level, unless it reaches for a savepoint that is not the level's. */
  run<A>(text: string, statement: Effect.Effect<A, SqlError.SqlError>): Effect.Effect<A, SqlError.SqlError> {
    const [, opens, releases, quoted] = statements.exec(text) ?? []
    if (quoted === undefined) return statement
    const called = plain(quoted)
    if (opens !== undefined) {
      return /^holdfast_\d+$/.test(called)
        ? Effect.fail(refusedStatement(`SAVEPOINT ${called}, a name that nested transactions have; choose another`))
        : Effect.tap(statement, () => Effect.sync(() => this.names.push(called)))
    }
    const at = this.names.lastIndexOf(called)
    if (at >= 0) {
      const left = releases === undefined ? at + 1 : at
      return Effect.tap(statement, () => Effect.sync(() => void (this.names.length = left)))
    }
    return Effect.fail(refusedStatement(
      `${releases === undefined ? "ROLLBACK TO" : "RELEASE"} ${called}, a savepoint that was not opened in this `
        + "sql.withTransaction itself; name one that was, or fail in the nested transaction to roll it back"
    ))
  }
}
