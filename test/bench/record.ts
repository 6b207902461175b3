import { readFileSync, writeFileSync } from "node:fs"
import { chart } from "./chart.ts"
import { page } from "./page.ts"
import type { Report } from "./Report.ts"
import type { DatabaseName } from "./Scenario.ts"

/** The path of a database's recorded run, without its extension. */
export const placeOf = (database: DatabaseName): string =>
  database === "sqlite" ? "docs/performance" : "docs/performance-postgres"

/** The last recorded run. */
export const recorded = (database: DatabaseName): Report =>
  JSON.parse(readFileSync(`${placeOf(database)}.json`, "utf8")) as Report

/** The notes that a person has written for its page. */
export const notesOf = (database: DatabaseName): string => readFileSync(`${placeOf(database)}-notes.md`, "utf8")

/** Keeps a run in place of the last, and writes its page and chart. */
export const record = (report: Report): void => {
  const place = placeOf(report.database)
  writeFileSync(`${place}.json`, json(report))
  // As it is read again, so that they say the same of it later.
  const kept = recorded(report.database)
  writeFileSync(`${place}.md`, page(kept, notesOf(report.database)))
  writeFileSync(`${place}.svg`, chart(kept))
}

/** A report as it is kept, with numbers no longer than they are true. */
export const json = (report: Report): string =>
  `${
    JSON.stringify(
      report,
      (_, value: unknown) => typeof value === "number" ? Number(value.toPrecision(6)) : value,
      2
    )
  }\n`
