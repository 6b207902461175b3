import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Either } from "effect"
import { statfsSync } from "node:fs"
import { dirname } from "node:path"
import { warning } from "../../../cli/findings.ts"
import { checkDisk } from "./databaseChecks.ts"

/** The disk of a database, and whether this user may write there. */
export const checkFiles = (filename: string) =>
  Effect.gen(function*() {
    const folder = dirname(filename)
    const files = yield* FileSystem.FileSystem
    const free = yield* Effect.either(Effect.try(() => statfsSync(folder, { bigint: true })))
    const mayWrite = (path: string) =>
      Effect.match(files.access(path, { writable: true }), {
        onFailure: (error) => error._tag === "SystemError" && error.reason === "NotFound" ? [] : [path],
        onSuccess: () => []
      })
    const refused = [...yield* mayWrite(folder), ...yield* mayWrite(filename)]
    return [
      ...(Either.isLeft(free) ? [] : [checkDisk(Number(free.right.bavail * free.right.bsize), folder)]),
      ...(refused.length === 0 ? [] : [
        warning(
          "files",
          `The user that runs this may not write ${refused.join(" and ")}`,
          "Run workers and commands as the user that owns the database, and mount its disk to be written to"
        )
      ])
    ]
  })
