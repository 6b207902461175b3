import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option, Schema } from "effect"
import { typed } from "./typed.ts"

/** A command that has nothing to say without a database was told of one that is not there. Nothing was made. */
export class NoDatabase extends Schema.TaggedError<NoDatabase>()("NoDatabase", { filename: Schema.String }) {
  override get message() {
    return `There is no database at ${this.filename}. Make one with the sample brand: ${typed("brandbrain", "seed")}; `
      + "or say by DATABASE_URL where it is"
  }
}

/** Fails unless the database is there. A file that is empty is none yet, and one in memory is always there. */
export const existing = Effect.fn("existing")(function*(filename: string) {
  if (filename === ":memory:") return
  const found = yield* Effect.option((yield* FileSystem.FileSystem).stat(filename))
  if (Option.isNone(found) || found.value.size === FileSystem.Size(0)) return yield* new NoDatabase({ filename })
})
