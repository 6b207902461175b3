import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Console, Effect, Option, Stream } from "effect"
import { BrandBrainConfig } from "./BrandBrainConfig.ts"
import { brand, brandCommands, print, printNewest } from "./brandCommands.ts"
import { compileStatus, requestCompile, watchCompile } from "./compileJob.ts"
import { createSampleBrand } from "./sampleBrand.ts"
import { Snapshots } from "./Snapshots.ts"

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
      yield* print({ brand_id: yield* createSampleBrand() })
    })
).pipe(
  Command.withDescription("Create the sample brand, with its answers and one source of every capability")
)

const compile = Command.make("compile", {
  brand,
  forceRefresh: Options.boolean("force-refresh").pipe(
    Options.withDescription("Gather from every source, however fresh its last run is")
  )
}, ({ brand, forceRefresh }) =>
  Effect.gen(function*() {
    const answer = yield* requestCompile({ brandId: brand, forceRefresh })
    if (answer._tag === "UnderWay") {
      yield* Effect.logInfo("The brand is being compiled already; this is that compile")
    }
    yield* print(
      answer._tag === "Unchanged"
        ? { status: "UNCHANGED", snapshot: answer.snapshot }
        : { status: "PENDING", compile_run_id: answer.compileRunId, job_id: answer.jobId }
    )
  })).pipe(Command.withDescription("Ask for a compile of a brand, or for the one under way; a worker makes it"))

const status = Command.make("status", {
  brand,
  run,
  watch: Options.boolean("watch").pipe(
    Options.withDescription("Say it again whenever it changes, a line each time, until the compile has ended")
  )
}, ({ brand, run, watch }) => {
  const compile = { brandId: brand, compileRunId: run }
  return watch
    ? Stream.runForEach(watchCompile(compile), printLine)
    : Effect.flatMap(compileStatus(compile), print)
}).pipe(Command.withDescription("Say how a compile stands"))

const snapshot = Command.make(
  "snapshot",
  { brand },
  ({ brand }) => printNewest(brand, Effect.flatMap(Snapshots, ({ latest }) => latest(brand)), { snapshot: null })
).pipe(Command.withDescription("Print the newest snapshot of a brand"))

/** `pnpm brandbrain`: what a person does with BrandBrain. */
export const commands = Command.make("brandbrain").pipe(
  Command.withDescription("Look after brands and their compiles"),
  Command.withSubcommands([seed, ...brandCommands, compile, status, snapshot])
)
