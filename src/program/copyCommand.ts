import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import { Console, Effect, Either, Option } from "effect"
import { database, schema, schemaName } from "../cli/settings.ts"
import type { Streams } from "../cli/Streams.ts"
import type { copy } from "../store/copy/copy.ts"
import { nameOf } from "../store/databaseUrl.ts"
import { copyProgress, copyReport } from "../cli/copyProgress.ts"

const url = (name: string, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName("url"),
    Options.withDescription(description),
    Options.mapEffect((text) =>
      database(text.trim()).pipe(
        Either.filterOrLeft(
          (named) => named.database !== "sqlite" || named.filename !== ":memory:",
          () => "a database in memory is gone when the command ends; write sqlite:<path of a file>"
        ),
        Either.mapLeft((problem) => ValidationError.invalidValue(HelpDoc.p(`--${name}: ${problem}`)))
      )
    )
  )

const schemaFlag = (name: string, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName("name"),
    Options.withDescription(
      `${description}, on PostgreSQL; HOLDFAST_POSTGRES_SCHEMA, or the search path's, unless given`
    ),
    Options.mapEffect((text) =>
      Either.mapLeft(schemaName(text), (problem) => ValidationError.invalidValue(HelpDoc.p(`--${name}: ${problem}`)))
    ),
    Options.optional,
    Options.map(Option.flatten)
  )

/** The applications whose tables lie beside the jobs and are copied with them, loaded when a copy begins. */
export type AppsToCopy = Effect.Effect<Parameters<typeof copy>[0]["apps"]>

/** `pnpm holdfast copy`. Its code is loaded when it runs, and not for its help. */
export const copyCommand = (streams: Streams, apps: AppsToCopy) =>
  Command.make(
    "copy",
    {
      from: url("from", "The database to copy, which is only read: sqlite:<file> or postgres://…"),
      fromSchema: schemaFlag("from-schema", "The schema of Holdfast's tables in the source"),
      to: url("to", "The database to copy to, which has no jobs: sqlite:<file> or postgres://…"),
      toSchema: schemaFlag("to-schema", "The schema of Holdfast's tables in the target")
    },
    ({ from, fromSchema, to, toSchema }) =>
      Effect.gen(function*() {
        const { copy } = yield* Effect.promise(() => import("../store/copy/copy.ts"))
        const progress = copyProgress(streams)
        let isCommitting = false
        const ofAll = yield* schema
        const schemaOf = (given: Option.Option<string>) => Option.getOrUndefined(Option.orElse(given, () => ofAll))
        const copied = yield* copy({
          source: from,
          target: to,
          schemas: { source: schemaOf(fromSchema), target: schemaOf(toSchema) },
          apps: yield* apps,
          onProgress: progress.tell,
          onCommit: Effect.sync(() => void (isCommitting = true))
        }).pipe(
          Effect.ensuring(progress.end),
          Effect.onInterrupt(() =>
            Effect.logWarning(
              isCommitting
                ? `Stopped while the copy was committed: look whether ${nameOf(to)} has all of it or nothing`
                : `Stopped before the end: nothing was copied to ${nameOf(to)}`
            )
          )
        )
        if (copied.columnsLeftOut.length > 0) {
          yield* Effect.logWarning(
            `Columns that are not Holdfast's were not copied: ${copied.columnsLeftOut.join(", ")}`
          )
        }
        yield* Option.match(streams.screen, {
          onNone: () => Console.log(JSON.stringify(copied, null, 2)),
          onSome: () => Console.log(copyReport(copied))
        })
      })
  ).pipe(
    Command.withDescription("Copy a queue whose workers are stopped to another database, all or nothing, and verify it")
  )
