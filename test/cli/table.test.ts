import { assert, describe, it } from "@effect/vitest"
import { sparkline } from "../../src/cli/sparkline.ts"
import { distanceText, spanText } from "../../src/cli/spanText.ts"
import { table } from "../../src/cli/table.ts"

const rows = [
  { id: "0198-a", kind: "email.welcome.to.everyone", jobs: "7" },
  { id: "0198-b", kind: "report", jobs: "1,000+" }
]
const columns = [
  { title: "ID", of: ({ id }: typeof rows[number]) => id, isWhole: true },
  { title: "KIND", of: ({ kind }: typeof rows[number]) => kind },
  { title: "JOBS", of: ({ jobs }: typeof rows[number]) => jobs, isNumber: true },
  { title: "ERROR", of: () => "" }
]
const tableIn = (width: number, isColoured = false) => table(rows, columns, { columns: width, isColoured }).split("\n")

describe("a table", () => {
  it("has its columns below their titles, numbers by their last digit, and no column without text", () =>
    assert.deepStrictEqual(tableIn(Infinity), [
      "ID      KIND                         JOBS",
      "0198-a  email.welcome.to.everyone       7",
      "0198-b  report                     1,000+"
    ]))

  it("cuts its longest column to fit the terminal, and an id last", () => {
    assert.deepStrictEqual(tableIn(30), [
      "ID      KIND             JOBS",
      "0198-a  email.welcom…       7",
      "0198-b  report         1,000+"
    ])
    for (const width of [10, 20, 24, 30, 40, 80]) {
      for (const line of tableIn(width)) assert.isBelow(line.length, Math.max(width, 20))
    }
    const longId = [{ id: "0198-abcdef-123", kind: "email.welcome", jobs: "" }]
    assert.strictEqual(
      table(longId, columns, { columns: 25, isColoured: false }).split("\n")[1],
      "0198-abcdef-123  email.…"
    )
  })

  it("keeps a cell on its line, whatever is in it", () => {
    const odd = [{ id: "a\n\u001b[2Jb", kind: "", jobs: "" }]
    assert.deepStrictEqual(table(odd, columns, { columns: 80, isColoured: false }).split("\n"), [
      "ID",
      "a\\n\\u001b[2Jb"
    ])
  })

  it("counts and cuts characters as a person sees them", () => {
    const flags = [{ id: "é", kind: "🇩🇰".repeat(9), jobs: "" }]
    assert.deepStrictEqual(table(flags, columns, { columns: 13, isColoured: false }).split("\n"), [
      "ID  KIND",
      "é   🇩🇰🇩🇰🇩🇰🇩🇰🇩🇰🇩🇰🇩🇰…"
    ])
  })

  it("has colours only where they are shown, and they take no room", () => {
    const red = columns.map((column) => ({ ...column, colourOf: () => "31" }))
    const painted = table(rows, red, { columns: 30, isColoured: true })
    assert.include(painted, "\u001b[31memail.welcom…\u001b[0m")
    // oxlint-disable-next-line no-control-regex
    assert.strictEqual(painted.replace(/\u001b\[\d+m/g, ""), tableIn(30).join("\n"))
    assert.notInclude(table(rows, red, { columns: 30, isColoured: false }), "\u001b")
  })
})

it("a sparkline is as high as its greatest number, and shows a little as more than nothing", () => {
  assert.strictEqual(sparkline([0, 1, 250, 500, 1000]), "▁▂▃▅█")
  assert.strictEqual(sparkline([0, 0]), "▁▁")
  assert.strictEqual(sparkline([]), "")
})

it("a span is told in its two largest units", () => {
  assert.deepStrictEqual([0, 999, 61_000, 90_061_000].map(spanText), ["0s", "0s", "1m 1s", "1d 1h"])
  assert.deepStrictEqual([distanceText(5000, 3000), distanceText(3000, 5000)], ["in 2s", "2s ago"])
})
