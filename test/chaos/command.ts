import { Command, Options } from "@effect/cli"
import { Console, Effect, Option, Schema } from "effect"
import { noRecord, startRecord } from "../docs/proof.ts"
import { neverCame, proofOf, table } from "./report.ts"
import { fullRun, runChaos } from "./run.ts"

const flags = {
  seconds: Options.integer("seconds").pipe(
    Options.withSchema(Schema.NonNegative),
    Options.withDefault(60),
    Options.withDescription("How long to go on, about")
  ),
  kills: Options.integer("kills").pipe(
    Options.withSchema(Schema.NonNegative),
    Options.withDefault(0),
    Options.withDescription("Go on until so many workers were killed")
  ),
  pauses: Options.integer("pauses").pipe(
    Options.withSchema(Schema.NonNegative),
    Options.withDefault(0),
    Options.withDescription("Go on until so many workers were stopped for longer than a lease and continued")
  ),
  seed: Options.integer("seed").pipe(
    Options.withSchema(Schema.NonNegative),
    Options.optional,
    Options.withDescription("Makes the same choices again; processes are never the same again")
  ),
  postgres: Options.boolean("postgres").pipe(
    Options.withDescription(
      "On a PostgreSQL server of its own, behind a network that can be cut, and not on SQLite files"
    )
  ),
  record: Options.boolean("record").pipe(Options.withDescription("Adds the run to docs/proof.md"))
}

/** `pnpm chaos`: ends with 1 when something did not hold. */
export const chaosCommand = Command.make(
  "chaos",
  flags,
  ({ record: recorded, seed, ...flags }) =>
    Effect.gen(function*() {
      const record = recorded ? yield* startRecord : noRecord
      const drawn = Option.getOrElse(seed, () => Math.floor(Math.random() * 2 ** 31))
      yield* Console.log(`Chaos with --seed ${drawn}`)
      const told = new Set<string>()
      const result = yield* runChaos({
        ...flags,
        seed: drawn,
        progress: ({ jobs, kills, pausesPastTheLease: pauses, seconds, violations }) =>
          Console.log(
            [
              `${seconds} s: ${kills} kills, ${pauses} pauses past the lease, ${jobs} jobs, ${violations.length} violations`,
              // At once, since a full run goes on for half an hour.
              ...violations.filter((violation) => !told.has(violation) && told.add(violation))
            ].join("\n")
          )
      })
      yield* Console.log(table(result))
      yield* record({
        [flags.postgres ? "chaosOnPostgres" : "chaos"]: proofOf(result),
        failures: result.violations.length === 0
          ? []
          : [{
            run: `pnpm chaos${flags.postgres ? " --postgres" : ""} --seconds ${flags.seconds} --seed ${drawn}`,
            broke: result.violations.map((violation) => violation.split("\n", 1).join())
          }]
      })
      if (result.violations.length > 0) {
        return yield* Effect.fail(new Error(`promises were broken: ${result.violations.length} violations`))
      }
      const missing = neverCame(result)
      if (flags.kills >= fullRun && missing.length > 0) {
        return yield* Effect.fail(new Error(`never came about: ${missing.join(", ")}`))
      }
    })
)
