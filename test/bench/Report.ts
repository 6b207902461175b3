import { compare } from "./compare.ts"
import type { Compared, Round } from "./compare.ts"
import type { FigureName } from "./figures.ts"
import type { Machine } from "./machine.ts"
import type { DatabaseName, Scenario } from "./Scenario.ts"
import { spreadOf } from "./statistics.ts"
import type { Spread } from "./statistics.ts"

/** A run of the bench, as `--json` writes it and docs/performance.json keeps it. */
export interface Report {
  /** The command that makes it again. */
  readonly command: string
  readonly database: DatabaseName
  /** Full runs count; quick ones do a tenth of the jobs, once. */
  readonly kind: "full" | "quick" | "smoke"
  readonly commit: string
  readonly date: string
  readonly minutes: number
  readonly machine: Machine
  readonly scenarios: ReadonlyArray<ScenarioReport>
  /** Scenarios that the time did not suffice for. */
  readonly leftOut: ReadonlyArray<string>
}

export interface ScenarioReport {
  readonly name: string
  readonly title: string
  readonly about: string
  readonly figures: ReadonlyArray<FigureName>
  readonly chart?: FigureName
  /** The load average over a minute, before and after. It counts the bench itself. */
  readonly load: ReadonlyArray<number>
  readonly failures: ReadonlyArray<string>
  readonly results: ReadonlyArray<{
    readonly contender: string
    readonly figures: Partial<Readonly<Record<FigureName, Spread>>>
  }>
  readonly comparisons: ReadonlyArray<Compared>
  /** What each run measured. */
  readonly rounds: ReadonlyArray<Round>
}

/** What the rounds come to. */
export const reportOf = (
  { about, chart, comparisons, contenders, name, figures: columns, title }: Scenario,
  rounds: ReadonlyArray<Round>,
  failures: ReadonlyArray<string>,
  load: ReadonlyArray<number>
): ScenarioReport => ({
  name,
  title,
  about,
  figures: columns,
  ...(chart === undefined ? {} : { chart }),
  load,
  failures,
  results: Object.keys(contenders).map((contender) => ({
    contender,
    figures: Object.fromEntries(columns.flatMap((figure) => {
      const spread = spreadOf(rounds.flatMap((round) => round[contender]?.[figure] ?? []))
      return spread === undefined ? [] : [[figure, spread]]
    }))
  })),
  comparisons: comparisons.map((comparison) => compare(comparison, rounds)),
  rounds
})
