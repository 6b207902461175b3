import type * as CliApp from "@effect/cli/CliApp"
import * as Command from "@effect/cli/Command"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer, Option } from "effect"
import { createRequire } from "node:module"
import * as BrandBrainConfig from "./brandbrain/BrandBrainConfig.ts"
import { commands } from "./brandbrain/commands.ts"
import { CompileJob, CompileJobLive } from "./brandbrain/compileJob.ts"
import { firstStart } from "./brandbrain/firstStart.ts"
import { httpSettings } from "./brandbrain/http/HttpSettings.ts"
import type { ServeOptions } from "./brandbrain/http/serve.ts"
import * as BrandBrain from "./brandbrain/layer.ts"
import * as Logging from "./cli/logging.ts"
import { report } from "./cli/report.ts"
import { secondSignal } from "./cli/secondSignal.ts"
import { settings } from "./cli/settings.ts"
import { dryRun, flags, workerOptions } from "./cli/start.ts"
import { withoutDashes } from "./cli/withoutDashes.ts"
import { handleSignals, JobQueue, Worker } from "./index.ts"
import { SqliteStore } from "./sqlite.ts"

/** The jobs and the app's tables, in the database that the environment names. */
const Database = Layer.unwrapEffect(
  Effect.map(
    settings,
    ({ busyTimeout, database, synchronous }) => SqliteStore.layer({ ...database, synchronous, busyTimeout })
  )
)
const App = BrandBrain.layer.pipe(Layer.provideMerge(JobQueue.layer), Layer.provideMerge(Database))

/** The work with the HTTP API beside it, once the port is taken. Loaded when asked for, as it takes a third of all that loads. */
const withApi = <A, E, R>(work: Effect.Effect<A, E, R>, options: ServeOptions) =>
  Effect.gen(function*() {
    const { beside, listen } = yield* Effect.promise(() => import("./brandbrain/http/serve.ts"))
    return beside(yield* listen({ ...options, graceOver: yield* secondSignal }))(work)
  })

/** `pnpm start`: the worker. */
const start = Command.make("holdfast", flags, (flags) =>
  Effect.gen(function*() {
    const configured = yield* settings
    const options = workerOptions([CompileJob], flags, configured)
    // Everything that can be wrong with the settings is told before a file is made.
    yield* Effect.zipRight(Worker.check(options), BrandBrainConfig.config)
    const http = yield* httpSettings
    if (flags.dryRun) return yield* dryRun(options, configured)
    const port = Option.orElse(flags.http, () => configured.httpPort)
    const work = Effect.zipRight(firstStart, Worker.run(options))
    const program = Option.isNone(port) ? Effect.succeed(work) : withApi(work, {
      ...http,
      port: port.value,
      grace: configured.shutdownGrace
    })
    yield* Effect.flatMap(program, Effect.provide(CompileJobLive.pipe(Layer.provideMerge(App)))).pipe(
      Effect.scoped,
      handleSignals({ exitAfterGrace: "5 seconds" })
    )
  }).pipe(Effect.provide(Logging.layer(process.stdout)))).pipe(
    Command.withDescription(
      "Runs jobs until it is told to end. Brands and their compiles are looked after by another command: pnpm brandbrain --help"
    )
  )

/** `pnpm brandbrain`. Its answers go to standard output, so its log goes to the other. */
const brandbrain = commands.pipe(Command.provide(App), Command.provide(Logging.layer(process.stderr)))

const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string }

const [runtime = "", script = "", ...given] = process.argv

/**
 * The two are not one command with a subcommand: @effect/cli would take a
 * misspelt flag of the worker for a subcommand, and not name it.
 */
const program = (args: ReadonlyArray<string>): Effect.Effect<void, unknown, CliApp.CliApp.Environment> => {
  if (args[0] !== "brandbrain") {
    return Command.run(start, { name: "Holdfast", version })([runtime, script, ...args])
  }
  const rest = withoutDashes(args.slice(1))
  return Command.run(brandbrain, { name: "BrandBrain", version })(
    // Asked for nothing, it would open the database to say what it can do.
    [runtime, script, ...(rest.length === 0 ? ["--help"] : rest)]
  )
}

Logging.outliveOutput()

const args = withoutDashes(given)

program(args).pipe(
  Effect.tapErrorCause(report(args)),
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain({ disableErrorReporting: true, disablePrettyLogger: true })
)
