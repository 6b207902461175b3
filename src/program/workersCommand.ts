import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { json } from "../cli/answer.ts"
import type { Streams } from "../cli/Streams.ts"

/** `pnpm holdfast workers`. Its code is loaded when it runs. */
export const workersCommand = (streams: Streams) =>
  Command.make(
    "workers",
    { json },
    ({ json }) =>
      Effect.flatMap(Effect.promise(() => import("./operate/workers.ts")), ({ workers }) => workers(json, streams))
  ).pipe(Command.withDescription("List the workers of every process, and those that died in the last hour"))
