import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Option, Stream } from "effect"
import { createSampleBrand } from "../brands/sampleBrand.ts"
import { compileStatus } from "../compile/compileStatus.ts"
import { requestCompile } from "../compile/requestCompile.ts"
import { watchCompile } from "../compile/watchCompile.ts"
import { BrandBrainConfig } from "../config/BrandBrainConfig.ts"
import { Snapshots } from "../snapshots/Snapshots.ts"
import { brand } from "./brandCommands.ts"
import { CompileFailed } from "./CompileFailed.ts"
import { print, printLine, printNewest } from "./print.ts"
import { Terminal } from "./Terminal.ts"
import type { TerminalService } from "./Terminal.ts"
import { watchOnTerminal } from "./watchOnTerminal.ts"

const run = Args.text({ name: "run" }).pipe(Args.withDescription("The compile run's id, as printed by `compile`"))

const watch = Options.boolean("watch").pipe(
  Options.withDescription("Show the status until the compile has ended; in a pipe, one line for each change")
)

const seed = Command.make(
  "seed",
  {},
  () =>
    Effect.gen(function*() {
      if (Option.isSome((yield* BrandBrainConfig).apifyToken)) {
        yield* Effect.logWarning(
          "APIFY_TOKEN is set: a compile of the sample brand starts runs that cost money, for accounts that do not exist"
        )
      }
      const brandId = yield* createSampleBrand()
      yield* print({ brand_id: brandId })
      yield* suggest(({ commandLine }) => `Compile it: ${commandLine("brandbrain", "compile", brandId, "--watch")}`)
    })
).pipe(
  Command.withDescription("Create the sample brand, with its answers and one source of every capability")
)

const compile = Command.make("compile", {
  brand,
  forceRefresh: Options.boolean("force-refresh").pipe(
    Options.withDescription("Gather from every source, however fresh its last run is")
  ),
  watch
}, ({ brand, forceRefresh, watch }) =>
  Effect.gen(function*() {
    const answer = yield* requestCompile({ brandId: brand, forceRefresh })
    if (answer._tag === "UnderWay") {
      yield* Effect.logInfo("The brand is already being compiled; this is that compile")
    }
    // With --watch every answer is one line, as the changes of status are.
    const printAnswer = watch ? printLine : print
    if (answer._tag === "Unchanged") {
      return yield* printAnswer({ status: "UNCHANGED", snapshot: answer.snapshot })
    }
    const { compileRunId, jobId } = answer
    yield* printAnswer({ status: "PENDING", compile_run_id: compileRunId, job_id: jobId })
    if (watch) return yield* watchStatus({ brandId: brand, compileRunId })
    yield* suggest(({ commandLine }) =>
      `Watch it: ${commandLine("brandbrain", "status", brand, compileRunId, "--watch")}`
    )
  })).pipe(Command.withDescription("Request a compile of a brand, which a worker makes; or show the one under way"))

const status = Command.make("status", { brand, run, watch }, ({ brand, run, watch }) => {
  const compile = { brandId: brand, compileRunId: run }
  return watch ? watchStatus(compile) : Effect.flatMap(compileStatus(compile), print)
}).pipe(Command.withDescription("Show the status of a compile"))

const snapshot = Command.make(
  "snapshot",
  { brand },
  ({ brand }) => printNewest(brand, Effect.flatMap(Snapshots, ({ latest }) => latest(brand)), { snapshot: null })
).pipe(Command.withDescription("Print the newest snapshot of a brand"))

const report = Command.make(
  "report",
  { brand },
  ({ brand }) =>
    printNewest(brand, Effect.flatMap(Snapshots, ({ latestReport }) => latestReport(brand)), { report: null })
).pipe(Command.withDescription("Print figures on the evidence behind the newest snapshot"))

/** The commands for the compiles of a brand and what they made. */
export const compileCommands = { seed, compile, status, snapshot, report }

const watchStatus = (compile: { readonly brandId: string; readonly compileRunId: string }) =>
  Effect.flatMap(
    Terminal,
    Option.match({
      onNone: () =>
        Stream.runForEach(watchCompile(compile), (status) =>
          Effect.zipRight(
            printLine(status),
            status.status === "FAILED"
              ? new CompileFailed({ error: status.error, next: `brandbrain compile ${compile.brandId}` })
              : Effect.void
          )),
      onSome: (terminal) => watchOnTerminal(compile, terminal)
    })
  )

/** Suggests a command to a person. A pipe gets nothing. */
const suggest = (text: (terminal: TerminalService) => string) =>
  Effect.flatMap(
    Terminal,
    Option.match({ onNone: () => Effect.void, onSome: (terminal) => terminal.writeLine(text(terminal)) })
  )
