import { digits, figures } from "./figures.ts"
import type { Report, ScenarioReport } from "./Report.ts"
import type { Spread } from "./statistics.ts"

interface Bar {
  readonly label: string
  readonly value: Spread
}

const width = 860
const labelWidth = 230
const barHeight = 18
const step = 26
const head = 44

/** docs/performance.svg: a panel of bars for each scenario that has one, with the least and greatest as a line. */
export const chart = ({ scenarios }: Pick<Report, "scenarios">): string => {
  let y = 0
  const panels = scenarios.flatMap((scenario) => {
    const bars = barsOf(scenario)
    if (bars.length === 0) return []
    const drawn = panel(scenario, bars, y)
    y += head + bars.length * step + 16
    return [drawn]
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${
    Math.max(y, 1)
  }" role="img" aria-label="Jobs a second">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 15px }
.bar { fill: #8c959f }
.ours { fill: #0969da }
.reach { stroke: #24292f; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .bar { fill: #6e7681 }
  .ours { fill: #4493f8 }
  .reach { stroke: #e6edf3 }
}
</style>
${panels.join("\n")}
</svg>
`
}

const barsOf = ({ chart, results }: ScenarioReport): ReadonlyArray<Bar> =>
  chart === undefined
    ? []
    : results.flatMap(({ contender, figures }) => {
      const value = figures[chart]
      // The floor is another thing than a queue, and so fast that it would flatten every other bar.
      return value === undefined || contender.startsWith("raw floor") ? [] : [{ label: contender, value }]
    })

const panel = ({ chart, title }: ScenarioReport, bars: ReadonlyArray<Bar>, top: number) => {
  const most = Math.max(...bars.map(({ value }) => value.max))
  const x = (value: number) => (labelWidth + value / most * (width - labelWidth - 90)).toFixed(1)
  const unit = chart === undefined ? "" : figures[chart].unit
  return [
    `<text class="title" x="0" y="${top + 24}">${escaped(`${title}, ${unit}`)}</text>`,
    ...bars.map(({ label, value: { max, median, min } }, n) => {
      const y = top + head + n * step
      const middle = y + barHeight / 2
      return [
        `<text x="${labelWidth - 8}" y="${middle + 4.5}" text-anchor="end">${escaped(label)}</text>`,
        `<rect class="bar${label.startsWith("holdfast") ? " ours" : ""}" x="${labelWidth}" y="${y}" width="${
          (Number(x(median)) - labelWidth).toFixed(1)
        }" height="${barHeight}"/>`,
        `<line class="reach" x1="${x(min)}" y1="${middle}" x2="${x(max)}" y2="${middle}"/>`,
        `<text x="${(Number(x(max)) + 8).toFixed(1)}" y="${middle + 4.5}">${digits(median)}</text>`
      ].join("\n")
    })
  ].join("\n")
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
