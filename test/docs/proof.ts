import { Effect } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { committed } from "../committed.ts"
import { table } from "../markdownTable.ts"

/** One or more runs of the simulator on one commit. */
export interface SimulationProof {
  readonly commit: string
  readonly date: string
  /** First and last seed of each stretch of seeds. */
  readonly seeds: ReadonlyArray<readonly [from: number, to: number]>
  readonly simulatedMillis: number
  readonly jobs: number
  /** Store operations called. */
  readonly calls: number
  readonly faults: Readonly<Record<string, number>>
  readonly violations: number
}

/** One run of real processes on one commit: what was done to them, and how often. */
export interface ChaosProof {
  readonly commit: string
  readonly date: string
  readonly seconds: number
  readonly counts: Readonly<Record<string, number>>
  readonly skipped: ReadonlyArray<string>
  readonly violations: number
}

/** One run of all broken variants on one commit. */
export interface MutantsProof {
  readonly commit: string
  readonly date: string
  readonly seconds: number
  readonly mutants: number
  readonly killed: number
  /** Variants that nobody can tell from the program, which are not run. */
  readonly equivalent: number
}

/** What a run found wrong, on which commit, and what became of it. */
export interface Failure {
  readonly commit: string
  readonly date: string
  /** The command that shows it, or showed it on that commit. */
  readonly run: string
  /** The first promises it broke, as they were told. */
  readonly broke: ReadonlyArray<string>
  /** What was wrong and where it was mended: written by hand, once it is known. Until then a test fails. */
  readonly ledTo: string
}

/** The record, as `proof.json` keeps it. */
export interface Proof {
  readonly simulation: ReadonlyArray<SimulationProof>
  readonly chaos: ReadonlyArray<ChaosProof>
  readonly chaosOnPostgres: ReadonlyArray<ChaosProof>
  readonly mutants: ReadonlyArray<MutantsProof>
  readonly failures: ReadonlyArray<Failure>
}

const data = "docs/proof.json"
const page = "docs/proof.md"

/** What a run found. */
interface Run {
  readonly simulation?: Omit<SimulationProof, "commit" | "date">
  readonly chaos?: Omit<ChaosProof, "commit" | "date">
  readonly chaosOnPostgres?: Omit<ChaosProof, "commit" | "date">
  readonly mutants?: Omit<MutantsProof, "commit" | "date">
  readonly failures: ReadonlyArray<Pick<Failure, "run" | "broke">>
}

/**
 * To be run before a run: answers how to add it to the proof once it is over.
 * Each fails when the code at hand is not what a commit has, or another one's by then.
 */
export const startRecord: Effect.Effect<(added: Run) => Effect.Effect<void, Error>, Error> = Effect.map(
  attempt(committed),
  (began) => (added) =>
    attempt(() => {
      const commit = committed()
      if (commit !== began) throw new Error(`the run began on ${began} and ended on ${commit}, and is not recorded`)
      add(commit, new Date().toISOString().slice(0, 10), added)
    })
)

/** For a run that shall not be recorded. */
export const noRecord = () => Effect.void

function attempt<A>(run: () => A): Effect.Effect<A, Error> {
  return Effect.try({ try: run, catch: (error) => error as Error })
}

/** Adds a run to the proof and writes its page anew. */
const add = (commit: string, date: string, added: Run): void => {
  const before: Proof = existsSync(data)
    ? JSON.parse(readFileSync(data, "utf8")) as Proof
    : { simulation: [], chaos: [], chaosOnPostgres: [], mutants: [], failures: [] }
  const proof = withRun(before, commit, date, added)
  writeFileSync(data, `${JSON.stringify(proof, undefined, 2)}\n`)
  writeFileSync(page, render(proof))
}

/** The record with one run more. A failed one counts with what it ran, and stands among the failures as well. */
export const withRun = (before: Proof, commit: string, date: string, added: Run): Proof => ({
  simulation: added.simulation === undefined
    ? before.simulation
    : addSimulation(before.simulation, { commit, date, ...added.simulation }),
  chaos: added.chaos === undefined ? before.chaos : [...before.chaos, { commit, date, ...added.chaos }],
  chaosOnPostgres: added.chaosOnPostgres === undefined
    ? before.chaosOnPostgres
    : [...before.chaosOnPostgres, { commit, date, ...added.chaosOnPostgres }],
  mutants: added.mutants === undefined ? before.mutants : [...before.mutants, { commit, date, ...added.mutants }],
  failures: [
    ...before.failures,
    ...added.failures.map(({ broke, run }) => ({ commit, date, run, broke: broke.slice(0, 3), ledTo: "" }))
  ]
})

/** Runs on one commit are one line. */
const addSimulation = (
  before: ReadonlyArray<SimulationProof>,
  added: SimulationProof
): ReadonlyArray<SimulationProof> => {
  const same = before.find(({ commit }) => commit === added.commit)
  if (same === undefined) return [...before, added]
  const twice = same.seeds.some(([from, to]) => added.seeds.some((stretch) => stretch[0] <= to && stretch[1] >= from))
  if (twice) throw new Error(`commit ${added.commit} has some of these seeds already`)
  return before.map((one) => one === same ? { ...sum([same, added]), commit: added.commit, date: added.date } : one)
}

const sum = (all: ReadonlyArray<SimulationProof>) => ({
  seeds: joined(all.flatMap(({ seeds }) => seeds)),
  simulatedMillis: total(all.map((one) => one.simulatedMillis)),
  jobs: total(all.map((one) => one.jobs)),
  calls: total(all.map((one) => one.calls)),
  faults: added(all.map((one) => one.faults)),
  violations: total(all.map((one) => one.violations))
})

const total = (numbers: ReadonlyArray<number>) => numbers.reduce((a, b) => a + b, 0)

const added = (all: ReadonlyArray<Readonly<Record<string, number>>>): Readonly<Record<string, number>> => {
  const sums: Record<string, number> = {}
  for (const one of all) for (const [name, count] of Object.entries(one)) sums[name] = (sums[name] ?? 0) + count
  return sums
}

/** Stretches of seeds, those that meet made one. */
const joined = (seeds: ReadonlyArray<readonly [number, number]>): ReadonlyArray<readonly [number, number]> => {
  const result: Array<readonly [number, number]> = []
  for (const [from, to] of [...seeds].sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1)
    if (last !== undefined && last[1] + 1 === from) result[result.length - 1] = [last[0], to]
    else result.push([from, to])
  }
  return result
}

/** The page of the proof. */
export const render = ({ chaos, chaosOnPostgres, failures, mutants, simulation }: Proof): string => {
  const all = sum(simulation)
  const hours = (millis: number) => (millis / 3_600_000).toFixed(0)
  const count = (seeds: SimulationProof["seeds"]) => total(seeds.map(([from, to]) => to - from + 1))
  const runs = simulation.map((one) => [
    `\`${one.commit}\``,
    one.date,
    one.seeds.map(([from, to]) => `${from} to ${to}`).join(", "),
    hours(one.simulatedMillis),
    grouped(one.jobs),
    grouped(total(Object.values(one.faults))),
    grouped(one.violations)
  ])
  const sumOfRuns = [
    "all",
    "",
    `${grouped(total(simulation.map(({ seeds }) => count(seeds))))} runs of a seed`,
    hours(all.simulatedMillis),
    grouped(all.jobs),
    grouped(total(Object.values(all.faults))),
    grouped(all.violations)
  ]
  return `# Proof

Written by \`pnpm simulate --record\`, \`pnpm chaos --record\` and \`pnpm mutants --record\`, which add to it; the numbers are in \`proof.json\`. What
is checked, and how, is in [how-it-is-proved.md](how-it-is-proved.md). A run was held to the rules of its commit; those of later ones are
stricter.

## Simulation

${table(["commit", "date", "seeds", "simulated hours", "jobs", "faults", "violations"], [...runs, sumOfRuns])}

${
    table(
      ["fault", "times"],
      Object.entries(all.faults).sort((a, b) => b[1] - a[1]).map(([name, times]) => [name, grouped(times)])
    )
  }

## Real processes

${processes(chaos)}

## Real processes on PostgreSQL

${processes(chaosOnPostgres)}

## Broken variants

${
    mutants.length === 0 ? "Nothing is recorded yet." : table(
      ["commit", "date", "seconds", "variants", "noticed", "equivalent"],
      mutants.map((one) => [
        `\`${one.commit}\``,
        one.date,
        ...[one.seconds, one.mutants, one.killed, one.equivalent].map(grouped)
      ])
    )
  }

## Runs that failed

What a recorded run found wrong, and what that led to. Each was followed to its end before the next record.

${
    failures.length === 0
      ? "None is recorded yet."
      : table(
        ["commit", "date", "run", "broke", "led to"],
        failures.map((one) => [
          `\`${one.commit}\``,
          one.date,
          `\`${one.run}\``,
          one.broke.map(cell).join("; "),
          cell(one.ledTo)
        ])
      )
  }
`
}

/** The runs of real processes on one database, and what could not be done in any of them. */
const processes = (runs: ReadonlyArray<ChaosProof>): string => {
  if (runs.length === 0) return "Nothing is recorded yet."
  const names = Object.keys(added(runs.map(({ counts }) => counts)))
  const all = [
    "all",
    "",
    grouped(total(runs.map(({ seconds }) => seconds))),
    ...names.map((name) => ofAll(name, runs.flatMap(({ counts }) => counts[name] ?? []))),
    grouped(total(runs.map(({ violations }) => violations)))
  ]
  const each = runs.map((one) => [
    `\`${one.commit}\``,
    one.date,
    grouped(one.seconds),
    ...names.map((name) => counted(one.counts[name])),
    grouped(one.violations)
  ])
  const skipped = [...new Set(runs.flatMap(({ skipped }) => skipped))]
  return [
    table(["commit", "date", "seconds", ...names, "violations"], [...each, all]),
    ...skipped.map((one) => `Skipped where it could not be done: ${one}`)
  ].join("\n\n")
}

/** Text that neither ends a table's cell nor its line. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replace(/\s+/g, " ")

/** What a run has not counted leaves an empty cell: it is not known to be none. */
const counted = (count: number | undefined): string => count === undefined ? "" : grouped(count)

/** What a column of the runs of real processes comes to. */
const ofAll = (name: string, counts: ReadonlyArray<number>): string =>
  name === "seed" ? "" : grouped(mostOfAll.has(name) ? Math.max(...counts) : total(counts))

/** What cannot be added up: the same system calls are there in each run. */
const mostOfAll = new Set(["longest stall", "system calls", "system calls tried"])

const grouped = (count: number) => count.toLocaleString("en-US")
