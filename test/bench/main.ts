import { Command, Options } from "@effect/cli"
import { Console, Effect, Either, Option, Schema } from "effect"
import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { makeScreen } from "../../src/cli/screen.ts"
import { runCommand } from "../commands/runCommand.ts"
import { committed } from "../committed.ts"
import { runBench } from "./bench.ts"
import { section } from "./page.ts"
import { json, record } from "./record.ts"
import type { Report } from "./Report.ts"
import type { DatabaseName } from "./Scenario.ts"
import { withServer } from "./postgres/withServer.ts"
import { scenarios } from "./scenarios/all.ts"

const flags = {
  postgres: Options.boolean("postgres").pipe(
    Options.withDescription("Measures on a PostgreSQL server that it starts, beside queues for PostgreSQL")
  ),
  only: Options.text("only").pipe(
    Options.repeated,
    Options.withDescription(
      "No scenarios but those whose name begins with this: "
        + Object.entries(scenarios).map(([database, all]) => `${all.map(({ name }) => name).join(", ")} on ${database}`)
          .join("; ")
    )
  ),
  runs: Options.integer("runs").pipe(
    Options.withSchema(Schema.Positive),
    Options.optional,
    Options.withDescription("How often each contender runs, 5 times unless given, once in a quick run")
  ),
  quick: Options.boolean("quick").pipe(
    Options.withDescription("Does a tenth of the jobs, once, and ends within two minutes")
  ),
  smoke: Options.boolean("smoke").pipe(
    Options.withDescription(
      "Does next to nothing, and all of a scenario in one process: shows in seconds that it works"
    )
  ),
  json: Options.file("json").pipe(Options.optional, Options.withDescription("Writes the report to this file as well")),
  record: Options.boolean("record").pipe(
    Options.withDescription(
      "Writes docs/performance.json, .md and .svg, or docs/performance-postgres.*; only of all scenarios, and of committed code"
    )
  )
}

const screen = process.stdout.isTTY ? Option.some(makeScreen(process.stdout)) : Option.none()
const show = (text: string) => void Option.map(screen, (screen) => screen.show(text))
const print = (text: string) =>
  Option.match(screen, {
    onNone: () => Console.log(text),
    onSome: (screen) => Effect.sync(() => screen.write(`${text}\n`))
  })

/** `pnpm bench`: ends with 1 when a contender failed, and not because a target was missed. */
const bench = Command.make(
  "bench",
  flags,
  ({ only, postgres, quick, record: isRecorded, runs, smoke, ...flags }) =>
    Effect.gen(function*() {
      const kind = smoke ? "smoke" : quick ? "quick" : "full"
      const database = postgres ? "postgres" : "sqlite"
      const all = scenarios[database]
      const chosen = all.filter(({ name }) => only.length === 0 || only.some((begin) => name.startsWith(begin)))
      if (chosen.length === 0) {
        return yield* Effect.fail(new Error(`no scenario's name begins with ${only.join(" or ")}`))
      }
      if (isRecorded && chosen.length < all.length) {
        return yield* Effect.fail(new Error("only a run of all scenarios is recorded: leave out --only"))
      }
      const commit = yield* isRecorded
        ? Effect.try({ try: committed, catch: (error) => error as Error })
        : Effect.sync(currentCommit)
      const run = runBench({
        kind,
        scenarios: chosen,
        rounds: Option.getOrElse(runs, () => kind === "full" ? 5 : 1),
        database,
        command: commandOf(database, kind, isRecorded, runs),
        commit,
        show,
        say: (scenario) => print("rounds" in scenario ? section(scenario) : `\nNo time was left for: ${scenario.title}`)
      })
      const report = yield* postgres ? withServer(run) : run
      if (Option.isSome(flags.json)) writeFileSync(flags.json.value, json(report))
      // With what failed: the page says so.
      if (isRecorded) record(report)
      const failures = report.scenarios.flatMap(({ failures }) => failures)
      if (failures.length > 0) {
        return yield* Effect.fail(new Error(`${failures.length} runs failed: ${failures.join("; ")}`))
      }
    })
)

const commandOf = (database: DatabaseName, kind: Report["kind"], isRecorded: boolean, runs: Option.Option<number>) =>
  [
    "pnpm bench",
    ...(database === "postgres" ? ["--postgres"] : []),
    ...(kind === "full" ? [] : [`--${kind}`]),
    ...Option.match(runs, { onNone: () => [], onSome: (runs) => [`--runs ${runs}`] }),
    ...(isRecorded ? ["--record"] : [])
  ].join(" ")

/** The commit that is checked out, whose code this may not be. */
const currentCommit = () =>
  Either.getOrElse(
    Either.try(() => execFileSync("git", ["rev-parse", "--short=10", "HEAD"], { encoding: "utf8" }).trim()),
    () => "unknown"
  )

runCommand(bench, "bench")
