import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option, Schema } from "effect"
import type { DatabaseUrl } from "../store/databaseUrl.ts"

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
 * Fails unless the database exists, with a hint how to make it. An empty file is not a database yet. One in
 * memory always exists. One on a server is not looked for: no command creates it.
 */
export const existing = Effect.fn("existing")(function*(named: DatabaseUrl, hint: string) {
  if (named.database !== "sqlite" || named.filename === ":memory:") return
  const { filename } = named
  const found = yield* Effect.option((yield* FileSystem.FileSystem).stat(filename))
  if (Option.isNone(found) || found.value.size === FileSystem.Size(0)) return yield* new NoDatabase({ filename, hint })
})
