import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import { Effect } from "effect"
import { json } from "../cli/answer.ts"
import { notAFlag } from "../cli/notAFlag.ts"
import type { Streams } from "../cli/Streams.ts"

const file = Args.text({ name: "file" }).pipe(
  Args.mapEffect(notAFlag),
  Args.mapEffect((file) =>
    file === ""
      ? Effect.fail(HelpDoc.p("The name of the file is empty; give the file to write, such as backup.db"))
      : Effect.succeed(file)
  ),
  Args.withDescription("The file to write, which must not exist")
)

/** `pnpm holdfast backup`. Its code is loaded when it runs. */
export const backupCommand = (streams: Streams) =>
  Command.make(
    "backup",
    { file, json },
    ({ file, json }) =>
      Effect.flatMap(
        Effect.promise(() => import("./operate/backup.ts")),
        ({ backup }) => backup(file, json, streams)
      )
  ).pipe(Command.withDescription("Copy a SQLite database to a file while workers run, and verify the copy"))
