import { Clock, Effect, Option } from "effect"
import { thisMachine } from "./machine.ts"
import type { Report, ScenarioReport } from "./Report.ts"
import { runScenario } from "./rounds.ts"
import type { DatabaseName, Scenario } from "./Scenario.ts"

export interface Options {
  readonly database: DatabaseName
  readonly kind: Report["kind"]
  readonly scenarios: ReadonlyArray<Scenario>
  readonly rounds: number
  readonly command: string
  readonly commit: string
  /** Tells what goes on. */
  readonly show: (doing: string) => void
  /** Tells what a scenario has come to, or that there was no time for it. */
  readonly say: (scenario: ScenarioReport | Scenario) => Effect.Effect<void>
}

/** The part of a full run's jobs that a run does. */
const scales = { full: 1, quick: 0.1, smoke: 0.004 }

/** Two minutes, less what it takes to end. */
const quickMillis = 115_000

/** No run of a contender takes nearly as long, but one that hangs. */
const timeout = 300_000

/** Runs the scenarios one after the other. A quick run leaves out those that two minutes do not suffice for. */
export const runBench = (options: Options): Effect.Effect<Report> =>
  Effect.gen(function*() {
    const { command, commit, database, kind, rounds, say, scenarios, show } = options
    const machine = thisMachine(database)
    const began = yield* Clock.currentTimeMillis
    const reports: Array<ScenarioReport> = []
    const leftOut: Array<string> = []
    for (const [n, scenario] of scenarios.entries()) {
      const left = began + quickMillis - (yield* Clock.currentTimeMillis)
      const report = yield* runScenario(scenario, {
        database,
        rounds,
        scale: scales[kind],
        together: kind === "smoke",
        timeout,
        tell: (doing) => show(`${n + 1} of ${scenarios.length}, ${doing}`)
      }).pipe(kind === "quick" ? Effect.timeoutOption(Math.max(1, left)) : Effect.asSome)
      if (Option.isSome(report)) reports.push(report.value)
      else leftOut.push(scenario.name)
      yield* say(Option.getOrElse(report, () => scenario))
    }
    show("")
    const ended = yield* Clock.currentTimeMillis
    return {
      command,
      database,
      kind,
      commit,
      date: new Date(began).toISOString().slice(0, 10),
      minutes: Number(((ended - began) / 60_000).toFixed(1)),
      machine,
      scenarios: reports,
      leftOut
    }
  })
