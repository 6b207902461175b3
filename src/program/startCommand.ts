import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { flags } from "../cli/flags.ts"
import * as Logging from "../cli/logging.ts"
import type { Streams } from "../cli/Streams.ts"

/** `pnpm start`: the worker. Its code is loaded when it runs, and not for its help. */
export const startCommand = (streams: Streams) =>
  Command.make("holdfast", flags, (flags) =>
    Effect.promise(() => import("./worker.ts")).pipe(
      Effect.flatMap(({ runWorker }) => runWorker(flags, streams)),
      Effect.provide(Logging.layer(streams.out))
    )).pipe(
      Command.withDescription(
        "Runs jobs until it is told to end. For brands and their compiles: pnpm brandbrain --help"
      )
    )
