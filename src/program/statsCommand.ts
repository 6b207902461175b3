import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { json } from "../cli/answer.ts"
import type { Streams } from "../cli/Streams.ts"

/** `pnpm holdfast stats`. Its code is loaded when it runs. */
export const statsCommand = (streams: Streams) =>
  Command.make("stats", {
    watch: Options.boolean("watch").pipe(
      Options.withDescription("Look again each second until Ctrl-C; in a pipe, one line of JSON for each look")
    ),
    json
  }, (given) =>
    Effect.flatMap(
      Effect.promise(() => import("./operate/stats.ts")),
      ({ stats, watch }) => given.watch ? watch(given.json, streams) : stats(given.json, streams)
    )).pipe(
      Command.withDescription("Count the jobs of each queue and kind, by status")
    )
