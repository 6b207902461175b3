import { Command, Options } from "@effect/cli"
import { Console, Effect, Option, Schema } from "effect"
import { availableParallelism } from "node:os"
import { noRecord, startRecord } from "../docs/proof.ts"
import { makeTemplate } from "./database.ts"
import { sometimes } from "./Findings.ts"
import { simulateSeeds } from "./seeds.ts"
import { shrink } from "./shrink.ts"
import type { Simulated } from "./simulate.ts"
import { simulate } from "./simulate.ts"
import { Tally } from "./Tally.ts"

/** From this many seeds on, every rare state must have been reached. */
const enoughSeeds = 200

const many = (from: number, seeds: number, processes: number, recorded: boolean) =>
  Effect.gen(function*() {
    const record = recorded ? yield* startRecord : noRecord
    const template = yield* makeTemplate
    const tally = new Tally()
    const failed: Array<Simulated> = []
    yield* Effect.tryPromise({
      try: (signal) =>
        simulateSeeds({
          signal,
          seeds: Array.from({ length: seeds }, (_, index) => from + index),
          template,
          processes,
          done: (simulated) => {
            tally.add(simulated)
            if (simulated.violations.length === 0) return
            failed.push(simulated)
            process.stdout.write(`seed ${simulated.seed} broke ${simulated.violations[0]}\n`)
          }
        }),
      catch: (error) => error as Error
    })
    yield* Console.log(tally.report(from))
    yield* Effect.forEach(failed.slice(0, 1), (simulated) => explain(simulated, template), { discard: true })
    yield* record({
      simulation: tally.proof(from),
      failures: failed.map(({ seed, violations }) => ({ run: `pnpm simulate --seed ${seed}`, broke: violations }))
    })
    const missing = sometimes.filter((state) => !tally.reached.has(state))
    if (failed.length > 0) {
      return yield* Effect.fail(new Error(`promises were broken by ${failed.length} of ${seeds} seeds`))
    }
    if (seeds >= enoughSeeds && missing.length > 0) {
      return yield* Effect.fail(new Error(`never reached: ${missing.join("; ")}`))
    }
  })

/** One seed, told in full. */
const single = (seed: number, only: Option.Option<string>) =>
  Effect.gen(function*() {
    const template = yield* makeTemplate
    const names = Option.map(only, (list) => new Set(list.split(",").filter((name) => name !== "")))
    const simulated = simulate({ seed, template, only: Option.getOrUndefined(names) })
    const tally = new Tally()
    tally.add(simulated)
    yield* Console.log(`${tally.report(seed)}\ndigest ${simulated.digest}`)
    const absent = [...Option.getOrElse(names, () => new Set<string>())].filter((name) =>
      !simulated.injected.includes(name)
    )
    if (absent.length > 0) yield* Console.log(`did not happen: ${absent.join(", ")}`)
    if (simulated.violations.length === 0) return
    if (Option.isNone(only)) yield* explain(simulated, template)
    else yield* Console.log(simulated.violations.join("\n"))
    return yield* Effect.fail(new Error("promises were broken"))
  })

/** What a failed seed broke, and the command that breaks it with the fewest faults. */
const explain = (failed: Simulated, template: string) =>
  Effect.gen(function*() {
    const faults = shrink(failed, (only) => simulate({ seed: failed.seed, template, only }))
    yield* Console.log([
      `seed ${failed.seed} broke ${failed.violations.length}:`,
      ...failed.violations.slice(0, 5).map((violation) => `  ${violation}`),
      `with ${faults.length} of its ${failed.injected.length} faults: pnpm simulate --seed ${failed.seed} --only "${
        faults.join(",")
      }"`
    ].join("\n"))
  })

const atLeastOne = Schema.Int.pipe(Schema.between(1, 1_000_000))

/** `pnpm simulate`. */
export const simulateCommand = Command.make("simulate", {
  seeds: Options.integer("seeds").pipe(
    Options.withSchema(atLeastOne),
    Options.withDefault(200),
    Options.withDescription("how many seeds to run")
  ),
  from: Options.integer("from").pipe(
    Options.withSchema(Schema.NonNegative),
    Options.withDefault(1),
    Options.withDescription("the first seed")
  ),
  seed: Options.integer("seed").pipe(
    Options.withSchema(Schema.NonNegative),
    Options.optional,
    Options.withDescription("run this one seed and tell of it")
  ),
  only: Options.text("only").pipe(
    Options.optional,
    Options.withDescription("with --seed: the faults, separated by commas, that may happen; none but these do")
  ),
  processes: Options.integer("processes").pipe(
    Options.withSchema(Schema.Int.pipe(Schema.between(1, 256))),
    Options.withDefault(availableParallelism()),
    Options.withDescription("how many processes to run seeds in")
  ),
  record: Options.boolean("record").pipe(Options.withDescription("add the run to docs/proof.md"))
}, ({ from, only, processes, record, seed, seeds }) =>
  Effect.scoped(Option.match(seed, {
    onNone: () =>
      Option.isSome(only)
        ? Effect.fail(new Error("--only names faults of one seed, and goes with --seed"))
        : many(from, seeds, processes, record),
    onSome: (seed) => single(seed, only)
  })))
