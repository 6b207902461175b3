import { Command, Options } from "@effect/cli"
import { Clock, Console, Effect, Either, Option, Schema } from "effect"
import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { makeScreen } from "../../src/cli/screen.ts"
import { runCommand } from "../commandLine.ts"
import { committed } from "../committed.ts"
import { thisMachine } from "./machine.ts"
import { section } from "./page.ts"
import { json, record } from "./record.ts"
import type { Report, ScenarioReport } from "./Report.ts"
import { runScenario } from "./rounds.ts"
import { scenarios } from "./scenarios/all.ts"

const flags = {
  only: Options.text("only").pipe(
    Options.repeated,
    Options.withDescription(
      `No scenarios but those whose name begins with this: ${scenarios.map(({ name }) => name).join(", ")}`
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
    Options.withDescription("Writes docs/performance.json, .md and .svg; only of all scenarios, and of committed code")
  )
}

const scales = { full: 1, quick: 0.1, smoke: 0.004 }

/** Of the two minutes, what is left for ending. */
const quickMillis = 115_000

const screen = process.stdout.isTTY ? Option.some(makeScreen(process.stdout)) : Option.none()
const show = (text: string) => Option.map(screen, (screen) => screen.show(text))
const say = (text: string) =>
  Option.match(screen, {
    onNone: () => Console.log(text),
    onSome: (screen) => Effect.sync(() => screen.write(`${text}\n`))
  })

/** `pnpm bench`: ends with 1 when a contender failed, and not because a target was missed. */
const bench = Command.make(
  "bench",
  flags,
  ({ only, quick, record: isRecorded, runs, smoke, ...flags }) =>
    Effect.gen(function*() {
      const kind = smoke ? "smoke" : quick ? "quick" : "full"
      const chosen = scenarios.filter(({ name }) => only.length === 0 || only.some((begin) => name.startsWith(begin)))
      if (chosen.length === 0) {
        return yield* Effect.fail(new Error(`no scenario's name begins with ${only.join(" or ")}`))
      }
      if (isRecorded && chosen.length < scenarios.length) {
        return yield* Effect.fail(new Error("only a run of all scenarios is recorded: leave out --only"))
      }
      const commit = isRecorded
        ? yield* Effect.try({ try: committed, catch: (error) => error as Error })
        : currentCommit()
      const machine = thisMachine()
      const began = yield* Clock.currentTimeMillis
      const left = Effect.map(
        Clock.currentTimeMillis,
        (now) => kind === "quick" ? Math.max(1, began + quickMillis - now) : 300_000
      )
      const reports: Array<ScenarioReport> = []
      const leftOut: Array<string> = []
      for (const [n, scenario] of chosen.entries()) {
        const millis = yield* left
        const report = yield* runScenario(scenario, {
          rounds: Option.getOrElse(runs, () => kind === "full" ? 5 : 1),
          scale: scales[kind],
          together: kind === "smoke",
          timeout: 300_000,
          tell: (doing) => void show(`${n + 1} of ${chosen.length}, ${doing}`)
        }).pipe(kind === "quick" ? Effect.timeoutOption(millis) : Effect.asSome)
        if (Option.isNone(report)) {
          leftOut.push(scenario.name)
          yield* say(`\nLeft out: ${scenario.title}`)
          continue
        }
        reports.push(report.value)
        yield* say(section(report.value))
      }
      show("")
      const minutes = ((yield* Clock.currentTimeMillis) - began) / 60_000
      const report: Report = {
        command: commandOf(kind, isRecorded),
        kind,
        commit,
        date: new Date(began).toISOString().slice(0, 10),
        minutes: Number(minutes.toFixed(1)),
        machine,
        scenarios: reports,
        leftOut
      }
      if (Option.isSome(flags.json)) writeFileSync(flags.json.value, json(report))
      const failures = reports.flatMap(({ failures }) => failures)
      if (failures.length > 0) {
        return yield* Effect.fail(new Error(`${failures.length} runs failed: ${failures.join("; ")}`))
      }
      if (isRecorded) record(report)
    })
)

const commandOf = (kind: Report["kind"], isRecorded: boolean) =>
  ["pnpm bench", ...(kind === "full" ? [] : [`--${kind}`]), ...(isRecorded ? ["--record"] : [])].join(" ")

/** The commit that is checked out, whose code this may not be. */
const currentCommit = () =>
  Either.getOrElse(
    Either.try(() => execFileSync("git", ["rev-parse", "--short=10", "HEAD"], { encoding: "utf8" }).trim()),
    () => "unknown"
  )

runCommand(bench, "bench")
