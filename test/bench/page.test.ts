import { assert, describe, expect, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import { chart } from "./chart.ts"
import { page, section } from "./page.ts"
import { notesOf, placeOf, recorded } from "./record.ts"
import type { Report } from "./Report.ts"
import { reportOf } from "./Report.ts"
import type { Scenario } from "./Scenario.ts"
import { scenarios } from "./scenarios/all.ts"

const nothing = () => Promise.resolve({})

const scenario: Scenario = {
  name: "drain",
  title: "Drain",
  about: "Some jobs, NORMAL.",
  figures: ["jobsPerSecond", "cpuMicrosPerJob"],
  chart: "jobsPerSecond",
  contenders: { holdfast: nothing, "theirs & <others>": nothing, "raw floor": nothing },
  comparisons: [
    { what: "over theirs", figure: "jobsPerSecond", of: "holdfast", over: "theirs & <others>", atLeast: 2 },
    { what: "over the floor", figure: "cpuMicrosPerJob", of: "holdfast", over: "raw floor", atMost: 7 },
    { what: "with more", figure: "jobsPerSecond", of: "more", atLeast: 1, missing: "not built" }
  ]
}

const rounds = [
  { holdfast: { jobsPerSecond: 3000, cpuMicrosPerJob: 100 }, "theirs & <others>": { jobsPerSecond: 1000 } },
  { holdfast: { jobsPerSecond: 1000, cpuMicrosPerJob: 300 }, "theirs & <others>": { jobsPerSecond: 500 } },
  { holdfast: { jobsPerSecond: 2000, cpuMicrosPerJob: 200 }, "theirs & <others>": { jobsPerSecond: 1600 } }
]

const drain = reportOf(scenario, rounds, ["round 3, raw floor: it\nbroke"], [0.5, 1.25])

const report: Report = {
  command: "pnpm bench --record",
  database: "sqlite",
  kind: "full",
  commit: "abc",
  date: "2026-01-02",
  minutes: 20,
  machine: {
    cpu: "a processor",
    cores: 2,
    memoryGigabytes: 8,
    system: "linux",
    load: [0.1, 0.2, 0.3],
    versions: { node: "20" }
  },
  scenarios: [drain],
  leftOut: []
}

const rowsOf = (text: string, first: string) => text.split("\n").filter((line) => line.startsWith(`| ${first}`))

describe("a scenario's section", () => {
  const text = section(drain)

  it("has a row for each contender, with the median and how far the rounds reach", () => {
    assert.match(rowsOf(text, "holdfast")[0] ?? "", /\| 2,000 \(1,000 to 3,000\) +\| 200 \(100 to 300\) +\|$/)
    assert.match(rowsOf(text, "raw floor")[0] ?? "", /\| not measured +\| not measured +\|$/)
  })

  it("says what was reached beside what was aimed at, also where that was missed or is not there yet", () => {
    assert.match(
      rowsOf(text, "over theirs")[0] ?? "",
      /\| 2\.00 \(1\.25 to 3\.00\) +\| at least 2\.00 +\| reached +\|$/
    )
    const slower = section(reportOf(scenario, rounds.slice(2), [], [1, 1]))
    assert.match(rowsOf(slower, "over theirs")[0] ?? "", /\| 1\.25 +\| at least 2\.00 +\| \*\*missed\*\* +\|$/)
    assert.match(rowsOf(text, "over the floor")[0] ?? "", /\| not measured +\| at most 7\.00 +\| +\|$/)
    assert.match(rowsOf(text, "with more")[0] ?? "", /\| not built +\| at least 1\.00 +\| +\|$/)
  })

  it("names the load and what failed", () => {
    assert.include(text, "Load average: 0.50 before, 1.25 after.")
    assert.include(text, "Failed: round 3, raw floor: it broke\n")
  })
})

describe("the page", () => {
  it("names the command, the commit, the machine and its load, and ends with the notes", () => {
    const text = page(report, "## Notes\n")
    for (
      const part of [
        "Written by `pnpm bench --record`",
        "A full run: 3 rounds. On 2026-01-02, commit `abc`, 20 minutes.",
        "a processor, 2 cores, 8 GB, linux. Load average before it: 0.1, 0.2, 0.3; during it 0.50 to 1.25"
      ]
    ) assert.include(text, part)
    assert.isTrue(text.endsWith("\n## Notes\n"))
  })

  it("says of which database it is, and shows that one's chart", () => {
    const text = page({ ...report, database: "postgres" }, "")
    assert.include(text, "# Performance on PostgreSQL\n")
    assert.include(text, "](performance-postgres.svg)")
    assert.notInclude(text, "WAL mode")
  })

  it("lists every target at its top", () => {
    const top = page(report, "").split("## Drain")[0] ?? ""
    assert.strictEqual(rowsOf(top, "Drain").length, 3)
  })

  it("does not pass a quick run off as a full one, nor hide what it left out", () => {
    const text = page({ ...report, kind: "quick", leftOut: ["start"] }, "")
    assert.include(text, "**Not a full run**")
    assert.include(text, "Left out for lack of time: start.")
  })
})

describe("the chart", () => {
  it("has a bar for each contender but the floor, as long as its median, and escapes names", () => {
    const drawn = chart(report)
    const widths = [...drawn.matchAll(/<rect [^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width))
    assert.strictEqual(widths.length, 2)
    assert.closeTo((widths[0] ?? 0) / (widths[1] ?? 1), 2, 0.01)
    assert.include(drawn, ">theirs &amp; &lt;others&gt;</text>")
    assert.strictEqual((drawn.match(/class="bar ours"/g) ?? []).length, 1)
  })
})

describe.each(["sqlite", "postgres"] as const)("the recorded run on %s", (database) => {
  it.runIf(existsSync(`${placeOf(database)}.json`))(
    "is what its page and its chart show, also where a person has written into them",
    async () => {
      // `npx vitest run test/bench -u` writes both anew.
      const kept = recorded(database)
      await expect(page(kept, notesOf(database))).toMatchFileSnapshot(`../../${placeOf(database)}.md`)
      await expect(chart(kept)).toMatchFileSnapshot(`../../${placeOf(database)}.svg`)
    }
  )
})

it("every contender that a comparison names is there, but those that are not built yet", () => {
  for (const { comparisons, contenders, figures, name } of Object.values(scenarios).flat()) {
    for (const { figure, less, missing, of, over, what } of comparisons) {
      const named = [...(missing === undefined ? [of] : []), over ?? of, less ?? of]
      if (missing === undefined) assert.includeMembers(Object.keys(contenders), named, `${name}: ${what}`)
      assert.include(figures, figure, `${name}: ${what}`)
    }
  }
})
