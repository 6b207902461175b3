import { Command, ValidationError } from "@effect/cli"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Cause, Effect, Layer } from "effect"
import { createRequire } from "node:module"
import * as BrandBrainConfig from "./brandbrain/BrandBrainConfig.ts"
import { commands } from "./brandbrain/commands.ts"
import { CompileJob, CompileJobLive } from "./brandbrain/compileJob.ts"
import { firstStart } from "./brandbrain/firstStart.ts"
import * as BrandBrain from "./brandbrain/layer.ts"
import * as Logging from "./cli/logging.ts"
import { settings } from "./cli/settings.ts"
import { handleSignals } from "./cli/signals.ts"
import { dryRun, flags, workerOptions } from "./cli/start.ts"
import { JobQueue, SqliteStore, Worker } from "./index.ts"

/** The jobs and the app's tables, in the database that the environment names. */
const Database = Layer.unwrapEffect(
  Effect.map(settings, ({ database, synchronous }) => SqliteStore.layer({ ...database, synchronous }))
)
const App = BrandBrain.layer.pipe(Layer.provideMerge(JobQueue.layer), Layer.provideMerge(Database))

/** `pnpm start`: the worker. */
const start = Command.make("holdfast", flags, (flags) =>
  Effect.gen(function*() {
    const configured = yield* settings
    const options = workerOptions([CompileJob], flags, configured)
    if (flags.dryRun) return yield* dryRun(options, configured)
    // Everything that can be wrong with the settings is told before a file is made.
    yield* Effect.zipRight(Worker.check(options), BrandBrainConfig.config)
    yield* handleSignals(configured.shutdownGrace)
    yield* Effect.zipRight(firstStart, Worker.run(options)).pipe(
      Effect.provide(CompileJobLive.pipe(Layer.provideMerge(App)))
    )
  }).pipe(Effect.provide(Logging.layer(process.stdout)))).pipe(
    Command.withDescription("Runs jobs until it is told to end"),
    Command.withSubcommands([
      commands.pipe(Command.provide(App), Command.provide(Logging.layer(process.stderr)))
    ])
  )

const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string }

/** What was foreseen is told in a sentence; what was not, with its stack. */
const report = (cause: Cause.Cause<unknown>) => {
  const failure = Cause.squash(cause)
  if (Cause.isInterruptedOnly(cause) || ValidationError.isValidationError(failure)) return Effect.void
  return (Cause.isFailure(cause) && failure instanceof Error
    ? Effect.logError(failure.message)
    : Effect.logError(cause))
    .pipe(Effect.provide(Logging.layer(process.stderr)))
}

Command.run(start, { name: "Holdfast", version })(process.argv).pipe(
  Effect.tapErrorCause(report),
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain({ disableErrorReporting: true, disablePrettyLogger: true })
)
