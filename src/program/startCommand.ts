import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { flags } from "../cli/flags.ts"
import * as Logging from "../cli/logging.ts"
import type { Streams } from "../cli/Streams.ts"

/** `pnpm start`: the worker. Its help needs nothing of what runs it. */
export const startCommand = (streams: Streams) =>
  Command.make("holdfast", flags, (flags) =>
    Effect.promise(() => import("./worker.ts")).pipe(
      Effect.flatMap(({ runWorker }) => runWorker(flags, streams)),
      Effect.provide(Logging.layer(streams.out))
    )).pipe(
      Command.withDescription(
        "Runs jobs until it is told to end. Brands and their compiles are looked after by another command: pnpm brandbrain --help"
      )
    )
