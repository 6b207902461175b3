import { parser } from "@prometheus-io/lezer-promql"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { metrics } from "holdfast"
import { metricsText } from "holdfast/telemetry"
import { readFileSync } from "node:fs"
import { parse } from "yaml"
import { parsePage } from "../telemetry/prometheusPage.ts"

const text = (file: string) => readFileSync(new URL(`../../docs/${file}`, import.meta.url), "utf8")

interface Panel {
  readonly id: number
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets: ReadonlyArray<{ readonly expr: string; readonly legendFormat: string }>
}

const { panels } = JSON.parse(text("grafana-dashboard.json")) as { readonly panels: ReadonlyArray<Panel> }

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: Readonly<Record<string, string>>
}

const { groups } = parse(text("alerts.yml")) as {
  readonly groups: ReadonlyArray<{ readonly rules: ReadonlyArray<Rule> }>
}
const rules = groups.flatMap(({ rules }) => rules)

/** Each expression with the place that it stands in, and the words that are shown beside its value. */
const expressions: ReadonlyArray<readonly [place: string, expr: string, shown: string]> = [
  ...panels.flatMap(({ targets, title }) =>
    targets.map(({ expr, legendFormat }) => [title, expr, legendFormat] as const)
  ),
  ...rules.map(({ alert, annotations, expr }) => [alert, expr, Object.values(annotations).join(" ")] as const)
]

/** The labels of each metric, as its description on the page for people has them. */
const labelsIn = (page: string) =>
  new Map(
    [...page.matchAll(/^\| `(holdfast_\w+)` *\| ([\w,]*) *\|/gm)].map(([, name = "", labels = ""]) => [
      name,
      labels.split(",").filter((label) => label !== "")
    ])
  )

/** The names of the series of a process in which everything has happened once, with the metric of each. */
const emitted = Effect.gen(function*() {
  for (const metric of Object.values(metrics)) metric.unsafeUpdate(0, [])
  const families = parsePage(yield* metricsText)
  return new Map(
    [...families].filter(([name]) => name.startsWith("holdfast_")).flatMap(([name, { samples }]) =>
      samples.map((sample) => [sample.name, name.replace(/_total$/, "")] as const)
    )
  )
})

const problemsIn = (expr: string) => {
  const problems: Array<string> = []
  // What Grafana puts in before it asks.
  const asked = expr.replaceAll("$__rate_interval", "1m").replaceAll("$job", ".*")
  parser.parse(asked).iterate({
    enter: ({ from, to, type }) => {
      if (type.isError) problems.push(`${asked.slice(0, from)}<here>${asked.slice(from, to)}`)
    }
  })
  return problems
}

describe("the alert rules and the dashboard", () => {
  it("are expressions that Prometheus reads", () => {
    assert.isNotEmpty(problemsIn("sum by (kind (rate(x[5m]))"))
    for (const [place, expr] of expressions) assert.deepStrictEqual(problemsIn(expr), [], place)
  })

  it.effect("ask for series that are emitted, by labels that these have", () =>
    Effect.gen(function*() {
      const series = yield* emitted
      const labels = labelsIn(text("telemetry.md"))
      for (const [place, expr, shown] of expressions) {
        const names = expr.match(/\bholdfast_\w+\b/g) ?? []
        // Prometheus makes `up` itself.
        if (!/\bup\b/.test(expr)) assert.isNotEmpty(names, place)
        const known = names.flatMap((name) => {
          const metric = series.get(name)
          assert(metric !== undefined, `${place}: ${name} is not emitted`)
          return labels.get(metric) ?? []
        })
        const asked = [
          ...[...expr.matchAll(/\b(?:by|on|without) \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/, */)),
          ...[...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = ""]) =>
            list.split(",").map((matcher) => matcher.replace(/[=!~].*/, ""))
          ),
          ...[...shown.matchAll(/\{\{ ?(?:\$labels\.)?(\w+) ?\}\}/g)].map(([, label = ""]) => label)
        ].filter((label) => label !== "")
        // What Prometheus adds, and the boundary of a bucket.
        for (const label of asked) assert.include([...known, "instance", "job", "le"], label, `${place}: ${expr}`)
      }
    }))

  it("have names of their own, and no panel covers another", () => {
    assert.strictEqual(new Set(rules.map(({ alert }) => alert)).size, rules.length)
    assert.strictEqual(new Set(panels.map(({ id }) => id)).size, panels.length)
    const taken = new Map<string, string>()
    for (const { gridPos: { h, w, x, y }, title } of panels) {
      assert.isAtMost(x + w, 24, title)
      for (let row = y; row < y + h; row++) {
        for (let column = x; column < x + w; column++) {
          assert.isUndefined(taken.get(`${row} ${column}`), title)
          taken.set(`${row} ${column}`, title)
        }
      }
    }
  })

  it("ask for the metric of each kind of silence, and of what costs leases", () => {
    const asked = rules.map(({ expr }) => expr).join("\n")
    for (
      const name of [
        "holdfast_oldest_due_job_seconds",
        "holdfast_last_look_timestamp_seconds",
        "holdfast_jobs_settled_total",
        "holdfast_leases_lost_total",
        "holdfast_event_loop_delay_seconds",
        "holdfast_wal_size_bytes",
        "holdfast_stale_releases_total",
        "up{"
      ]
    ) assert.include(asked, name)
  })
})

describe("docs/telemetry.md", () => {
  it.effect("lists every metric, and no other", () =>
    Effect.gen(function*() {
      const told = [...labelsIn(text("telemetry.md")).keys()]
      assert.deepStrictEqual(told.toSorted(), [...new Set((yield* emitted).values())].toSorted())
    }))
})
