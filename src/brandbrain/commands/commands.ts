import { watchCompile } from "../compile/watchCompile.ts"
import { requestCompile } from "../compile/requestCompile.ts"
import { compileStatus } from "../compile/compileStatus.ts"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type { Layer } from "effect"
import { Console, Effect, Option, Stream } from "effect"
import { BrandBrainConfig } from "../config/BrandBrainConfig.ts"
import { brand, brandCommands, print, printNewest } from "./brandCommands.ts"
import { createSampleBrand } from "../brands/sampleBrand.ts"
import { Snapshots } from "../snapshots/Snapshots.ts"
import type { TerminalService } from "./Terminal.ts"
import { Terminal } from "./Terminal.ts"
import { watchOnTerminal } from "./watchOnTerminal.ts"

const run = Args.text({ name: "run" }).pipe(Args.withDescription("The compile run's id, as `compile` printed it"))

const printLine = (value: unknown) => Console.log(JSON.stringify(value))

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
      yield* hint(({ typed }) => `Compile it: ${typed("brandbrain", "compile", brandId, "--watch")}`)
    })
).pipe(
  Command.withDescription("Create the sample brand, with its answers and one source of every capability")
)

const watch = Options.boolean("watch").pipe(
  Options.withDescription("Say how the compile stands until it has ended: in a pipe, a line whenever that changes")
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
      yield* Effect.logInfo("The brand is being compiled already; this is that compile")
    }
    // With --watch, every answer is a line.
    const say = watch ? printLine : print
    if (answer._tag === "Unchanged") {
      return yield* say({ status: "UNCHANGED", snapshot: answer.snapshot })
    }
    const { compileRunId, jobId } = answer
    yield* say({ status: "PENDING", compile_run_id: compileRunId, job_id: jobId })
    if (watch) return yield* watching({ brandId: brand, compileRunId })
    yield* hint(({ typed }) => `Watch it: ${typed("brandbrain", "status", brand, compileRunId, "--watch")}`)
  })).pipe(Command.withDescription("Ask for a compile of a brand, or for the one under way; a worker makes it"))

const status = Command.make("status", { brand, run, watch }, ({ brand, run, watch }) => {
  const compile = { brandId: brand, compileRunId: run }
  return watch ? watching(compile) : Effect.flatMap(compileStatus(compile), print)
}).pipe(Command.withDescription("Say how a compile stands"))

const watching = (compile: { readonly brandId: string; readonly compileRunId: string }) =>
  Effect.flatMap(
    Terminal,
    Option.match({
      onNone: () => Stream.runForEach(watchCompile(compile), printLine),
      onSome: (terminal) => watchOnTerminal(compile, terminal)
    })
  )

const hint = (text: (terminal: TerminalService) => string) =>
  Effect.flatMap(
    Terminal,
    Option.match({ onNone: () => Effect.void, onSome: (terminal) => terminal.tell(text(terminal)) })
  )

const snapshot = Command.make(
  "snapshot",
  { brand },
  ({ brand }) => printNewest(brand, Effect.flatMap(Snapshots, ({ latest }) => latest(brand)), { snapshot: null })
).pipe(Command.withDescription("Print the newest snapshot of a brand"))

/**
 * `pnpm brandbrain`: what a person does with BrandBrain. `database` is made where
 * there is none; where a command has nothing to say without it, `existing` fails instead.
 */
export const commandsOn = <A, E1, E2, R1, R2>(
  database: Layer.Layer<A, E1, R1>,
  existing: Layer.Layer<A, E2, R2>
) => {
  const { add, answer, evidence, report, source } = brandCommands
  return [
    Command.provide(seed, database),
    Command.provide(add, database),
    Command.provide(answer, existing),
    Command.provide(source, existing),
    Command.provide(compile, existing),
    Command.provide(status, existing),
    Command.provide(snapshot, existing),
    Command.provide(evidence, existing),
    Command.provide(report, existing)
  ] as const
}
