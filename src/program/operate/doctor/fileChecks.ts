import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Either } from "effect"
import { statfsSync } from "node:fs"
import { dirname } from "node:path"
import { warning } from "../../../cli/findings.ts"
import { checkDisk } from "./databaseChecks.ts"

/** The free space on a database's disk, and the files that this user may not write. Links are followed. */
export const checkFiles = (named: string) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    // SQLite writes beside the file itself. One that is missing has no other name.
    const filename = yield* Effect.orElseSucceed(files.realPath(named), () => named)
    const folder = dirname(filename)
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
          "Run workers and commands as the user that owns the database, on a disk that is mounted for writing"
        )
      ])
    ]
  })
