import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option, Schema } from "effect"
import type { DatabaseUrl } from "../store/databaseUrl.ts"
import { nameOf } from "../store/databaseUrl.ts"

/** A command that needs a database was given one that does not exist. None was made. */
export class NoDatabase extends Schema.TaggedError<NoDatabase>()("NoDatabase", {
  filename: Schema.String,
  /** A sentence that says how to make one. */
  hint: Schema.String
}) {
  override get message() {
    return `There is no database at ${this.filename}. ${this.hint}; or set DATABASE_URL to another`
  }
}

/**
 * False if the database is a file that is missing or empty. One in memory always
 * exists. One on a server is not looked for: no command creates it.
 */
export const exists = Effect.fn("exists")(function*(named: DatabaseUrl) {
  if (named.database !== "sqlite" || named.filename === ":memory:") return true
  const found = yield* Effect.option((yield* FileSystem.FileSystem).stat(named.filename))
  return Option.isSome(found) && found.value.size !== FileSystem.Size(0)
})

/** Fails unless the database exists, with a hint how to make it. */
export const existing = Effect.fn("existing")(function*(named: DatabaseUrl, hint: string) {
  if (!(yield* exists(named))) return yield* new NoDatabase({ filename: nameOf(named), hint })
})
