import { readFileSync, writeFileSync } from "node:fs"
import { chart } from "./chart.ts"
import { page } from "./page.ts"
import type { Report } from "./Report.ts"

const data = "docs/performance.json"

/** The last recorded run. */
export const recorded = (): Report => JSON.parse(readFileSync(data, "utf8")) as Report

/** Keeps a run in place of the last, and writes its page and chart. */
export const record = (report: Report): void => {
  writeFileSync(data, json(report))
  // As it is read again, so that they say the same of it later.
  writeFileSync("docs/performance.md", page(recorded(), readFileSync("docs/performance-notes.md", "utf8")))
  writeFileSync("docs/performance.svg", chart(recorded()))
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
