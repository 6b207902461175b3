import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect } from "effect"
import { SqliteStore } from "holdfast/sqlite"

const backUp = (destination: string) =>
  Effect.flatMap(SqliteClient.SqliteClient, (client) => client.backup(destination))

/** A copy of the app's database as it is at one moment, while the app goes on. */
export const program = (folder: string) =>
  backUp(`${folder}/copy.db`).pipe(Effect.provide(SqliteStore.layer({ filename: `${folder}/app.db` })))
