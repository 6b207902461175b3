import * as Reactivity from "@effect/experimental/Reactivity"
import type * as SqlConnection from "@effect/sql/SqlConnection"
import type * as SqlError from "@effect/sql/SqlError"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import type { Context } from "effect"
import { Effect } from "effect"
import { StoreError } from "../../../domain/errors.ts"
import { withoutTransaction } from "../../ambientTransaction.ts"
import type { Definition } from "./definitions.ts"
import { readDefinition } from "./definitions.ts"
import { problemOf } from "./tablesProblem.ts"
import { migrations } from "./migrations.ts"

/** The tables and indexes of Holdfast that a database has. Only reads. */
export const readTables: Effect.Effect<ReadonlyArray<Definition>, SqlError.SqlError, SqlClient.SqlClient> = Effect
  .gen(function*() {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const found = yield* sql<{ readonly sql: string }>`
      SELECT sql FROM sqlite_master
      WHERE type IN ('table', 'index') AND tbl_name LIKE 'holdfast!_%' ESCAPE '!' AND sql IS NOT NULL`
    const expected = yield* expectedTables
    return found.flatMap(({ sql }) => expected.find(({ statement }) => statement === sql) ?? readDefinition(sql) ?? [])
  })

/**
 * Fails unless the tables and indexes found are those that the statements of the
 * store need, and says what to do. A database whose version is right can lack
 * them: tools that push a schema drop what they do not know. The app may have
 * added columns, indexes and triggers.
 */
export const checkTables = (found: ReadonlyArray<Definition>): Effect.Effect<void, StoreError> =>
  Effect.flatMap(expectedTables, (expected) => {
    const problem = problemOf(expected, found)
    return problem === undefined ? Effect.void : refusal(`${problem} ${droppedByTools}`)
  })

/** Fails when there are tables with our names although no version made them; the migrations would only say that they exist. */
export const refuseUnversioned = (found: ReadonlyArray<Definition>): Effect.Effect<void, StoreError> =>
  Effect.flatMap(expectedTables, (expected) => {
    const tables = expected.filter(({ name, type }) => type === "table" && found.some((each) => each.name === name))
    if (tables.length === 0) return Effect.void
    const are = `table ${
      tables.map(({ name }) => name).join(", ")
    } already exists, but holdfast_migrations does not say that Holdfast made it.`
    return refusal(
      problemOf(expected, found) === undefined
        ? `${are} If only holdfast_migrations was lost, run ${versionedAgain} ${droppedByTools}`
        : `${are} Rename or drop what is not Holdfast's, or restore the database from a backup.`
    )
  })

const refusal = (problem: string) => new StoreError({ operation: "check the tables", cause: new Error(problem) })

const droppedByTools =
  "Tools that push a schema, such as drizzle-kit push, drop tables and indexes they do not know: exclude holdfast_* there."

/** SQL that records the migrations as the migrator does. */
const versionedAgain = [
  "CREATE TABLE IF NOT EXISTS holdfast_migrations (migration_id INTEGER PRIMARY KEY NOT NULL,",
  "created_at DATETIME NOT NULL DEFAULT current_timestamp, name VARCHAR(255) NOT NULL);",
  ...Object.keys(migrations).map((key) => {
    const [id, ...name] = key.split("_")
    return `INSERT INTO holdfast_migrations (migration_id, name) VALUES (${Number(id)}, '${name.join("_")}');`
  })
].join(" ")

/**
 * The tables and indexes that the migrations make. Read once a process, since that
 * takes a fifth of the CPU time of opening a store; in one step of the fiber, so
 * that the first store of a process opens in as many steps as the others.
 */
const expectedTables: Effect.Effect<ReadonlyArray<Definition>> = Effect.sync(
  () => expectedBefore ??= Effect.runSync(readExpected)
)

let expectedBefore: ReadonlyArray<Definition> | undefined

/** Read from the statements of the migrations, which are recorded and not run. */
const readExpected: Effect.Effect<ReadonlyArray<Definition>> = Effect.gen(function*() {
  const statements: Array<string> = []
  const note = (statement: string) => Effect.sync(() => (statements.push(statement), []))
  const notes: SqlConnection.Connection = {
    execute: note,
    executeRaw: note,
    executeValues: note,
    executeUnprepared: note,
    executeStream: () => {
      throw new Error("A migration streams nothing")
    }
  }
  const recorder = yield* SqlClient.make({
    acquirer: Effect.succeed(notes),
    compiler: Statement.makeCompilerSqlite(),
    spanAttributes: []
  })
  for (const migration of Object.values(migrations)) {
    yield* Effect.orDie(Effect.provideService(migration, SqlClient.SqlClient, recorder))
  }
  return yield* Effect.forEach(statements, (statement) => {
    const definition = readDefinition(statement)
    return definition === undefined
      ? Effect.dieMessage(`The check of the tables does not know what this makes of them: ${statement}`)
      : Effect.succeed(definition)
  })
}).pipe(
  Effect.provide(Reactivity.layer),
  // Otherwise a check inside a transaction would run them there.
  Effect.mapInputContext((context: Context.Context<never>) => withoutTransaction(context))
)
