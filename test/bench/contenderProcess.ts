import { copyFileSync, mkdirSync } from "node:fs"
import { basename, join } from "node:path"
import type { DatabaseName, Run, Sample, Scenario } from "./Scenario.ts"
import { scenarios } from "./scenarios/all.ts"

/*
 * A process for one run of one contender, or for making one database. It sends
 * what was measured to its parent. Where figures mean nothing it does all that
 * its scenario has, so that the code is loaded once.
 */

/** A contender to run or a database to make, by its name. */
export type Step = { readonly contender: string } | { readonly database: string }

/** What the process is told. */
export interface Task {
  readonly database: DatabaseName
  readonly scenario: string
  readonly steps: ReadonlyArray<Step>
  /** A folder for this process alone. */
  readonly folder: string
  /** Where the scenario's databases are. */
  readonly databases: string
  /** The part of a full run's jobs that this one does. */
  readonly scale: number
}

/** Enough for a warm-up before them. */
const fewestJobs = 5

const task = JSON.parse(process.argv[2] ?? "") as Task

const pathOf = (scenario: Scenario, database: string) =>
  join(task.databases, `${Object.keys(scenario.databases ?? {}).indexOf(database)}.db`)

const runIn = (scenario: Scenario, folder: string): Run => ({
  folder,
  isFull: task.scale === 1,
  count: (full) => Math.max(fewestJobs, Math.round(full * task.scale)),
  copyOf: (database) => {
    const copy = join(folder, `copy-${basename(pathOf(scenario, database))}`)
    copyFileSync(pathOf(scenario, database), copy)
    return copy
  },
  shared: (database) => pathOf(scenario, database)
})

const perform = async (scenario: Scenario, step: Step, folder: string): Promise<Sample> => {
  mkdirSync(folder)
  const run = runIn(scenario, folder)
  if ("contender" in step) return await scenario.contenders[step.contender]?.(run) ?? {}
  await scenario.databases?.[step.database]?.(pathOf(scenario, step.database), run)
  return {}
}

const scenario = scenarios[task.database].find(({ name }) => name === task.scenario)
if (scenario === undefined) throw new Error(`there is no scenario ${task.scenario}`)
const samples: Array<Sample> = []
for (const [n, step] of task.steps.entries()) samples.push(await perform(scenario, step, join(task.folder, String(n))))
process.send?.(samples, () => process.exit(0))
