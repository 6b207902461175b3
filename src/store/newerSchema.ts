import type * as SqlError from "@effect/sql/SqlError"
import { Effect } from "effect"
import { StoreError } from "../domain/errors.ts"
import type { Dialect } from "./Differences.ts"
import { newestVersionRows } from "./statements/rows.ts"

/** Keeps statements that look for jobs to run away from tables that a newer Holdfast has migrated to a version above `newest`. */
export const makeNewerSchema = ({ migrationsTable, sql }: Dialect, newest: number) => {
  /** Part of a statement's WHERE, so that no migration comes between the check and what the statement does. */
  const isOurs = sql`NOT EXISTS (SELECT 1 FROM ${migrationsTable} WHERE migration_id > ${sql.literal(String(newest))})`

  const refuse = (operation: string) =>
    Effect.flatMap(
      newestVersionRows(sql`SELECT max(migration_id) AS version FROM ${migrationsTable}`),
      ([row]) => {
        const version = row?.version ?? 0
        return version <= newest ? Effect.void : new StoreError({
          operation,
          cause: new Error(
            `a newer release has migrated the tables to version ${version}, and this one is made for version ${newest}`
          ),
          reason: "newerSchema"
        })
      }
    )

  /**
   * Says that the tables are newer, where a statement with `isOurs` has found
   * nothing or failed. Any other answer shows that they are not.
   */
  const explained = <A, R>(
    operation: string,
    effect: Effect.Effect<A, SqlError.SqlError, R>,
    foundNothing: (answer: A) => boolean
  ) =>
    effect.pipe(
      Effect.catchAll((error) => Effect.zipRight(refuse(operation), Effect.fail(error))),
      Effect.tap((answer) => foundNothing(answer) ? refuse(operation) : Effect.void)
    )

  return { isOurs, explained }
}
