import * as Migrator from "@effect/sql/Migrator"
import { Effect, Option, Predicate } from "effect"
import { isStoreError, StoreError } from "../domain/errors.ts"

/** Runs the migrations that have not run yet, in the open transaction, and remembers them in `holdfast_migrations`. */
export const runMigrations = (migrations: Parameters<typeof Migrator.fromRecord>[0]) =>
  Migrator.make({})({ loader: Migrator.fromRecord(migrations), table: "holdfast_migrations" }).pipe(
    // The migrator dies when a migration fails; for us that is an error of the database.
    Effect.catchSomeDefect((defect) =>
      Predicate.isTagged(defect, "MigrationError") ? Option.some(Effect.fail(defect)) : Option.none()
    )
  )

/** The error of tables that another version than `newest` has made; 0 if none did. */
export const wrongVersion = (version: number, newest: number, where = "this database"): StoreError => {
  const problem = version === 0
    ? `there are no tables of Holdfast in ${where} yet; a worker makes them when it starts`
    : `the tables have version ${version}, and this release of Holdfast needs version ${newest}`
      + (version < newest
        ? "; a worker of this version brings them up to date when it starts, and so does `holdfast migrate`"
        : "")
  const reason = version > newest ? "newerSchema" : "unavailable"
  return new StoreError({ operation: "migrate", cause: new Error(problem), reason })
}

/** Any failure as a StoreError of this operation, and the steps in no trace. */
export function failingAs(operation: string) {
  return <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, StoreError, R> =>
    effect.pipe(
      Effect.withTracerEnabled(false),
      Effect.mapError((cause) => isStoreError(cause) ? cause : new StoreError({ operation, cause }))
    )
}
