import { table } from "../markdownTable.ts"
import type { Compared } from "./compare.ts"
import { digits, figures } from "./figures.ts"
import type { Report, ScenarioReport } from "./Report.ts"
import type { DatabaseName } from "./Scenario.ts"
import type { Spread } from "./statistics.ts"

/** The words that differ between the pages. */
const about: Readonly<
  Record<DatabaseName, { readonly title: string; readonly place: string; readonly databases: string }>
> = {
  sqlite: { title: "Performance", place: "performance", databases: "databases are files in WAL mode" },
  postgres: {
    title: "Performance on PostgreSQL",
    place: "performance-postgres",
    databases: "the server is on the same machine and commits wait for its disk"
  }
}

/** docs/performance.md, or that of PostgreSQL: the last full run, with what a person has written about it below. */
export const page = (report: Report, notes: string): string =>
  `# ${about[report.database].title}

Written by \`${report.command}\`; the numbers of every run are in \`${about[report.database].place}.json\`.

${kindOf(report)} On ${report.date}, commit \`${report.commit}\`, ${report.minutes} minutes.

${machineOf(report)}

Every run is a process of its own, and the contenders of a scenario take turns, so that each round sees all of them
under nearly the same load. A figure is the median of the rounds, with the least and the greatest beside it. A ratio is
taken within a round. CPU is that of the whole process, garbage collector and threads included. Payloads are about 200
bytes, handlers do nothing, ${
    about[report.database].databases
  }. Holdfast runs with all it promises: a scope for each job, a
heartbeat, a fenced settle, its metrics; without its Info lines, but where they are named.

![Jobs a second, as bars](${about[report.database].place}.svg)

## Targets

${targets(report.scenarios)}
${report.scenarios.map(section).join("\n").replaceAll(/\n{3,}/g, "\n\n")}
${leftOut(report)}${notes.trim()}
`

const kindOf = ({ kind, scenarios }: Report) => {
  const rounds = Math.max(0, ...scenarios.map(({ rounds }) => rounds.length))
  if (kind === "full") return `A full run: ${rounds} rounds.`
  return "**Not a full run**: it did a part of the jobs, once, and its figures show no more than that everything runs."
}

const machineOf = ({ machine, scenarios }: Report) => {
  const load = scenarios.flatMap(({ load }) => load)
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`)
  return `Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGigabytes} GB, ${machine.system}. `
    + `Load average before it: ${machine.load.join(", ")}; during it ${digits(Math.min(...load))} to ${
      digits(Math.max(...load))
    }, itself included.\n${versions.join(", ")}.`
}

const leftOut = ({ leftOut }: Report) =>
  leftOut.length === 0 ? "" : `\nLeft out for lack of time: ${leftOut.join(", ")}.\n\n`

/** A scenario, as the terminal and the page show it. */
export const section = (
  { about, comparisons, failures, figures: columns, load, results, title }: ScenarioReport
): string =>
  [
    `\n## ${title}\n`,
    `${about}\nLoad average: ${load.map(digits).join(" before, ")} after.\n`,
    table(
      ["", ...columns.map((figure) => figures[figure].heading)],
      results.map(({ contender, figures }) => [contender, ...columns.map((figure) => spread(figures[figure]))])
    ),
    ...(comparisons.length === 0
      ? []
      : ["", table(["", "reached", "target", ""], comparisons.map((one) => [one.what, ...standing(one)]))]),
    ...failures.map((failure) => `\nFailed: ${failure.replace(/\s+/g, " ")}`),
    ""
  ].join("\n")

/** All targets at one look. */
const targets = (scenarios: ReadonlyArray<ScenarioReport>) =>
  table(
    ["", "", "reached", "target", ""],
    scenarios.flatMap(({ comparisons, title }) =>
      comparisons.filter(isTarget).map((one) => [title, one.what, ...standing(one)])
    )
  )

/** The comparisons that someone wants to come out in a certain way. */
export const isTarget = ({ atLeast, atMost }: Compared): boolean => atLeast !== undefined || atMost !== undefined

const standing = ({ atLeast, atMost, isReached, missing, value }: Compared) => [
  missing ?? spread(value),
  [
    ...(atLeast === undefined ? [] : [`at least ${digits(atLeast)}`]),
    ...(atMost === undefined ? [] : [`at most ${digits(atMost)}`])
  ]
    .join(", "),
  isReached === undefined ? "" : isReached ? "reached" : "**missed**"
]

const spread = (value: Spread | undefined) =>
  value === undefined
    ? "not measured"
    : value.min === value.max
    ? digits(value.median)
    : `${digits(value.median)} (${digits(value.min)} to ${digits(value.max)})`
