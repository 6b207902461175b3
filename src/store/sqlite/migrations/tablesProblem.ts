import type { Definition } from "./definitions.ts"

/** The table that says which migrations have run. */
const versions = "holdfast_migrations"

/** The table that nothing can make anew. */
const withJobs = "holdfast_jobs"

/** The most parts of a table that a message names. */
const mostShown = 4

/** The first difference that keeps the store's statements from running, and what a person can do about it. */
export const problemOf = (
  expected: ReadonlyArray<Definition>,
  found: ReadonlyArray<Definition>
): string | undefined => {
  const missing: Array<Definition> = []
  const changed: Array<Definition> = []
  const lacks: Array<string> = []
  for (const each of expected) {
    const same = found.find(({ name, type }) => name === each.name && type === each.type)
    if (same === undefined) missing.push(each)
    else {
      const parts = each.parts.filter((part) => !same.parts.includes(part))
      if (parts.length > 0) changed.push(each)
      if (each.type === "table") lacks.push(...parts.map((part) => `"${part}"`))
    }
  }
  const dropAll = [
    ...expected.filter(isTable).filter((each) => !missing.includes(each)).map(({ name }) => name),
    versions
  ]
    .map((name) => `DROP TABLE ${name};`).join(" ")
  if (missing.some(({ name }) => name === withJobs)) {
    return `The table ${
      namesOf(missing.filter(isTable))
    } is missing, although holdfast_migrations says that it was made. ` +
      `Restore the database from a backup. If its jobs may be lost, run ${dropAll} The next start makes the tables anew.`
  }
  if (lacks.length > 0) {
    const more = lacks.length > mostShown ? ` and ${lacks.length - mostShown} more parts` : ""
    return `The table ${namesOf(changed.filter(isTable))} was made by another version of Holdfast, or changed since. ` +
      `It lacks ${
        lacks.slice(0, mostShown).join(", ")
      }${more}. To keep its jobs, run them with the version that made ` +
      "the table, or restore the database from a backup. If its jobs may be lost, run " +
      `${dropAll} The next start makes the tables anew.`
  }
  if (missing.length + changed.length > 0) return mendableProblem(missing, changed)
  return undefined
}

/** The problem of tables and indexes that can be made again without losing a job. */
const mendableProblem = (missing: ReadonlyArray<Definition>, changed: ReadonlyArray<Definition>) =>
  [
    ...(["table", "index"] as const).flatMap((each) => {
      const those = missing.filter(({ type }) => type === each)
      return those.length === 0 ? [] : [`The ${each} ${namesOf(those)} is missing.`]
    }),
    ...(changed.length === 0 ? [] : [`The index ${namesOf(changed)} is not the one that Holdfast made.`]),
    "To make it anew, run",
    ...changed.map(({ name }) => `DROP INDEX ${name};`),
    ...[...missing, ...changed].map(({ statement }) => `${statement.replace(/\s+/g, " ")};`)
  ].join(" ")

const isTable = ({ type }: Definition) => type === "table"

const namesOf = (definitions: ReadonlyArray<Definition>) => definitions.map(({ name }) => name).join(", ")
