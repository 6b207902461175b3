import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { json } from "../cli/answer.ts"

/** `pnpm holdfast migrate`. Its code is loaded when it runs. */
export const migrateCommand = Command.make(
  "migrate",
  { json },
  ({ json }) => Effect.flatMap(Effect.promise(() => import("./operate/migrate.ts")), ({ migrate }) => migrate(json))
).pipe(
  Command.withDescription(
    "Make the tables, or bring them up to date, and print their version. Makes a missing SQLite file"
  )
)
