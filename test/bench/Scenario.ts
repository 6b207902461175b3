import type { Comparison } from "./compare.ts"
import type { FigureName } from "./figures.ts"

/** The databases that a bench can be of. */
export type DatabaseName = "sqlite" | "postgres"

/** The figures of one run. */
export type Sample = Partial<Readonly<Record<FigureName, number>>>

/** What a commit waits for: `normal` may lose the last commits in a power failure, `full` loses none. */
export type Durability = "normal" | "full"

/** What one run of a contender, in a process of its own, is given. */
export interface Run {
  /** A folder of its own, gone after the run. */
  readonly folder: string
  /** True for a run whose figures count. */
  readonly isFull: boolean
  /** The number given, or a part of it in a quick run. */
  readonly count: (full: number) => number
  /** A copy of one of the scenario's databases, which the run may change. */
  readonly copyOf: (database: string) => string
  /** One of the scenario's databases, which every run works on. */
  readonly shared: (database: string) => string
}

/** A question that is answered by running contenders in alternation. */
export interface Scenario {
  /** As `--only` names it. */
  readonly name: string
  readonly title: string
  /** What each run does, with the number of jobs and the durability. */
  readonly about: string
  /** The columns of its table. */
  readonly figures: ReadonlyArray<FigureName>
  /** Databases that are made once, before the first round, each at the path given. */
  readonly databases?: Readonly<Record<string, (path: string, run: Pick<Run, "count">) => Promise<void>>>
  /** Each loads what it needs when it runs, so that no process holds the code of another contender. */
  readonly contenders: Readonly<Record<string, (run: Run) => Promise<Sample>>>
  readonly comparisons: ReadonlyArray<Comparison>
  /** Draws this figure in the chart. */
  readonly chart?: FigureName
}
