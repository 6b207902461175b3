import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { json } from "../cli/answer.ts"
import type { Streams } from "../cli/Streams.ts"

/** `pnpm holdfast doctor`. Its code is loaded when it runs. */
export const doctorCommand = (streams: Streams) =>
  Command.make("doctor", {
    deep: Options.boolean("deep").pipe(
      Options.withDescription("Look for damage in all of a SQLite database too, which takes a while")
    ),
    json
  }, (given) =>
    Effect.flatMap(
      Effect.promise(() => import("./operate/doctor.ts")),
      ({ doctor }) => doctor(given, streams)
    )).pipe(
      Command.withDescription("Check the settings, the database and the queue, and say what to do; changes nothing")
    )
