import type * as CliApp from "@effect/cli/CliApp"
import * as Command from "@effect/cli/Command"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Clock, Console, Effect, Layer, Logger, LogLevel, Option } from "effect"
import { createRequire } from "node:module"
import * as BrandBrainConfig from "./brandbrain/BrandBrainConfig.ts"
import { commandsOn } from "./brandbrain/commands.ts"
import { CompileJob, CompileJobLive } from "./brandbrain/compileJob.ts"
import { firstStart } from "./brandbrain/firstStart.ts"
import { httpSettings } from "./brandbrain/http/HttpSettings.ts"
import type { ServeOptions } from "./brandbrain/http/serve.ts"
import { nextInWords, progressInWords } from "./brandbrain/inWords.ts"
import * as BrandBrain from "./brandbrain/layer.ts"
import { Terminal } from "./brandbrain/Terminal.ts"
import { readCommandLine, refuse } from "./cli/commandLine.ts"
import { existing } from "./cli/existingDatabase.ts"
import { flagsWithValue, helpOf } from "./cli/help.ts"
import * as Logging from "./cli/logging.ts"
import { columnsOf, plainConsole } from "./cli/output.ts"
import { report } from "./cli/report.ts"
import { makeScreen } from "./cli/screen.ts"
import { secondSignal } from "./cli/secondSignal.ts"
import { settings } from "./cli/settings.ts"
import { showing } from "./cli/standing.ts"
import { asGiven, dryRun, flags, workerOptions } from "./cli/start.ts"
import { timeOfDay } from "./cli/terminalLine.ts"
import { typed } from "./cli/typed.ts"
import { withoutDashes } from "./cli/withoutDashes.ts"
import { handleSignals, JobQueue, Worker } from "./index.ts"
import { SqliteStore } from "./sqlite.ts"

const { stderr, stdout } = process
const screen = stdout.isTTY ? Option.some(makeScreen(stdout)) : Option.none()
/** On a terminal, both streams are one. */
const errors = stderr.isTTY ? Option.getOrElse(screen, () => stderr) : stderr

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

/** The same, if the database is there. */
const ExistingApp = Layer.unwrapEffect(
  Effect.as(Effect.flatMap(settings, ({ database }) => existing(database.filename)), App)
)

/** A worker that tells a person at a terminal what it does now, how its jobs have ended, and what to type next. */
const told = Option.match(screen, {
  onNone: () => <A, E, R>(worker: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | JobQueue> => worker,
  onSome: (screen) =>
    showing(screen, {
      kinds: [CompileJob.kind],
      progressOf: ({ progress }) => progressInWords(progress),
      next: (settled) => Effect.succeed(nextInWords(settled, typed))
    })
})

/** `pnpm start`: the worker. */
const start = Command.make("holdfast", flags, (flags) =>
  Effect.gen(function*() {
    const configured = yield* settings
    const options = workerOptions([CompileJob], flags, configured)
    // Everything that can be wrong with the settings is told before a file is made.
    yield* Effect.zipRight(Effect.mapError(Worker.check(options), asGiven(flags)), BrandBrainConfig.config)
    const http = yield* httpSettings
    if (flags.dryRun) return yield* dryRun(options, configured)
    const port = Option.orElse(flags.http, () => configured.httpPort)
    const work = Effect.zipRight(firstStart, told(Worker.run(options)))
    const program = Option.isNone(port) ? Effect.succeed(work) : withApi(work, {
      ...http,
      port: port.value,
      grace: configured.shutdownGrace
    })
    yield* Effect.flatMap(program, Effect.provide(CompileJobLive.pipe(Layer.provideMerge(App)))).pipe(
      Effect.scoped,
      handleSignals({ exitAfterGrace: "5 seconds" })
    )
  }).pipe(Effect.provide(Logging.layer(Option.getOrElse(screen, () => stdout))))).pipe(
    Command.withDescription(
      "Runs jobs until it is told to end. Brands and their compiles are looked after by another command: pnpm brandbrain --help"
    )
  )

const subcommands = commandsOn(App, ExistingApp)

/** `pnpm brandbrain`. Its answers go to standard output, so its log goes to the other. */
const brandbrain = Command.make("brandbrain").pipe(
  Command.withDescription("Look after brands and their compiles"),
  Command.withSubcommands(subcommands),
  Command.provide(Logging.layer(errors)),
  Command.provide(Layer.succeed(
    Terminal,
    Option.map(screen, ({ show, write }) => ({
      show,
      tell: (line) => Effect.map(Clock.currentTimeMillis, (now) => void write(`${timeOfDay(new Date(now))} ${line}\n`)),
      typed
    }))
  ))
)

const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string }

const [runtime = "", script = "", ...given] = process.argv

/** A package runner's `--` may also stand behind the command. */
const [command, ...afterIt] = withoutDashes(given)
const args = command === "brandbrain" ? [command, ...withoutDashes(afterIt)] : withoutDashes(given)

/**
 * The two are not one command with a subcommand: @effect/cli would take a
 * misspelt flag of the worker for a subcommand, and not name it.
 */
const program = Effect.gen(function*() {
  const line = yield* Effect.catchAll(readCommandLine(args), refuse)
  const isBrandbrain = line.rest[0] === "brandbrain"
  const words = isBrandbrain ? line.rest.slice(1) : line.rest
  const commands = isBrandbrain
    ? { root: brandbrain.descriptor, under: subcommands.map(({ descriptor }) => descriptor) }
    : { root: start.descriptor, under: [] }
  // Asked for nothing, brandbrain would open the database to say what it can do.
  if (line.isHelp || (isBrandbrain && words.length === 0)) {
    return yield* Console.log(
      helpOf(typed(isBrandbrain ? "brandbrain" : "start"), commands, words, columnsOf(stdout))
    )
  }
  const last = words.at(-1) ?? ""
  if (flagsWithValue(commands).includes(last)) return yield* refuse(`${last}: no value was given`)
  const run: (args: ReadonlyArray<string>) => Effect.Effect<void, unknown, CliApp.CliApp.Environment> = isBrandbrain
    ? Command.run(brandbrain, { name: "BrandBrain", version })
    : Command.run(start, { name: "Holdfast", version })
  const level = Option.getOrElse(line.logLevel, () => LogLevel.Info)
  yield* Logger.withMinimumLogLevel(run([runtime, script, ...words]), level)
})

Logging.outliveOutput()
process.on("exit", () => Option.map(screen, ({ show }) => show("")))

program.pipe(
  Effect.tapErrorCause(report(args)),
  plainConsole(stdout, stderr),
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain({ disableErrorReporting: true, disablePrettyLogger: true })
)
