import type { MetricKey, MetricPair } from "effect"
import { Effect, Metric, MetricState, Option } from "effect"
import { Gauges } from "./Gauges.ts"

/*
 * The text format of Prometheus, version 0.0.4. A family is every series of one
 * name, and must be written in one piece, under one type.
 */

/** The content type of `metricsText`. */
export const metricsContentType = "text/plain; version=0.0.4; charset=utf-8"

/**
 * Renders every metric of this process, including the app's, in Prometheus's format.
 * Samples `Gauges` first if the context has them. Names are made valid: other
 * characters become `_`, and a counter ends in `_total`. If two metrics then have the
 * same name and different types, the first is shown.
 */
export const metricsText: Effect.Effect<string> = Effect.serviceOption(Gauges).pipe(
  Effect.flatMap(Option.match({ onNone: () => Effect.void, onSome: ({ sample }) => sample })),
  Effect.zipRight(Metric.snapshot),
  Effect.map(renderMetrics)
)

/** Renders metrics as `metricsText` does. */
export function renderMetrics(metrics: Iterable<MetricPair.MetricPair.Untyped>): string {
  const families = new Map<string, Family>()
  for (const { metricKey, metricState } of metrics) {
    const family = familyOf(metricKey, metricState)
    if (family === undefined) continue
    const known = families.get(family.name)
    if (known === undefined) families.set(family.name, family)
    else if (known.type === family.type) known.samples.push(...family.samples)
  }
  return [...families.values()]
    .toSorted((one, other) => one.name < other.name ? -1 : 1)
    .map(render)
    .join("")
}

type Labels = ReadonlyArray<readonly [name: string, value: string]>

interface Sample {
  /** Appended to the family's name, such as `_sum`. */
  readonly suffix: string
  readonly labels: Labels
  readonly value: number | bigint
}

interface Family {
  readonly name: string
  readonly type: "counter" | "gauge" | "histogram" | "summary"
  readonly help: string
  readonly samples: Array<Sample>
}

const render = ({ help, name, samples, type }: Family): string => {
  const head = help === "" ? "" : `# HELP ${name} ${escapedHelp(help)}\n`
  const seen = new Set<string>()
  const lines = samples.flatMap(({ labels, suffix, value }) => {
    const series = `${name}${suffix}${shownLabels(labels)}`
    // Two label names may have become one, and Prometheus refuses a page with the same series twice.
    if (seen.has(series)) return []
    seen.add(series)
    return [`${series} ${shownNumber(value)}\n`]
  })
  return `${head}# TYPE ${name} ${type}\n${lines.join("")}`
}

const familyOf = (
  key: MetricKey.MetricKey.Untyped,
  state: MetricState.MetricState.Untyped
): Family | undefined => {
  const help = Option.getOrElse(key.description, () => "")
  const name = validName(key.name)
  const labels = labelsOf(key)
  const one = (value: number | bigint): Array<Sample> => [{ suffix: "", labels, value }]
  if (MetricState.isCounterState(state)) {
    // Prometheus calls a counter that may go down a gauge.
    return isIncremental(key)
      ? { name: asTotal(name), type: "counter", help, samples: one(state.count) }
      : { name, type: "gauge", help, samples: one(state.count) }
  }
  if (MetricState.isGaugeState(state)) return { name, type: "gauge", help, samples: one(state.value) }
  if (MetricState.isFrequencyState(state)) {
    return { name: asTotal(name), type: "counter", help, samples: ofFrequency(key, state) }
  }
  if (MetricState.isHistogramState(state)) return { name, type: "histogram", help, samples: ofHistogram(key, state) }
  if (MetricState.isSummaryState(state)) return { name, type: "summary", help, samples: ofSummary(key, state) }
  return undefined
}

const ofFrequency = (
  key: MetricKey.MetricKey.Untyped,
  { occurrences }: MetricState.MetricState.Frequency
): Array<Sample> => {
  const labels = labelsOf(key, "key")
  return Array.from(occurrences, ([occurrence, count]) => ({
    suffix: "",
    labels: [...labels, ["key", occurrence]],
    value: count
  }))
}

/** Renders buckets, which are cumulative in Effect's state and here. The last counts all. */
const ofHistogram = (
  key: MetricKey.MetricKey.Untyped,
  { buckets, count, sum }: MetricState.MetricState.Histogram
): Array<Sample> => {
  const labels = labelsOf(key, "le")
  const bucket = (boundary: number, upTo: number): Sample => ({
    suffix: "_bucket",
    labels: [...labels, ["le", shownNumber(boundary)]],
    value: upTo
  })
  return [
    ...Array.from(buckets).filter(([boundary]) => Number.isFinite(boundary)).map(([boundary, upTo]) =>
      bucket(boundary, upTo)
    ),
    bucket(Infinity, count),
    { suffix: "_sum", labels, value: sum },
    { suffix: "_count", labels, value: count }
  ]
}

/** Renders a quantile of nothing as NaN, like Prometheus's own clients. */
const ofSummary = (
  key: MetricKey.MetricKey.Untyped,
  { count, quantiles, sum }: MetricState.MetricState.Summary
): Array<Sample> => {
  const labels = labelsOf(key, "quantile")
  return [
    ...quantiles.map(([quantile, value]): Sample => ({
      suffix: "",
      labels: [...labels, ["quantile", shownNumber(quantile)]],
      value: Option.getOrElse(value, () => NaN)
    })),
    { suffix: "_sum", labels, value: sum },
    { suffix: "_count", labels, value: count }
  ]
}

const isIncremental = ({ keyType }: MetricKey.MetricKey.Untyped) => "incremental" in keyType && keyType.incremental

const asTotal = (name: string) => name.endsWith("_total") ? name : `${name}_total`

/** The labels of a metric. A name that its family or Prometheus reserves gets a prefix. */
const labelsOf = ({ tags }: MetricKey.MetricKey.Untyped, own?: string): Labels =>
  tags.map(({ key, value }) => {
    const name = validLabel(key)
    return [name === own || name.startsWith("__") ? `exported_${name}` : name, value]
  })

const validName = (name: string) => startingWell(name.replace(/[^a-zA-Z0-9_:]/g, "_"))

const validLabel = (name: string) => startingWell(name.replace(/[^a-zA-Z0-9_]/g, "_"))

const startingWell = (name: string) => /^[a-zA-Z_:]/.test(name) ? name : `_${name}`

const shownLabels = (labels: Labels) =>
  labels.length === 0 ? "" : `{${labels.map(([name, value]) => `${name}="${escapedValue(value)}"`).join(",")}}`

const escapedHelp = (text: string) => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")

const escapedValue = (text: string) => escapedHelp(text.toWellFormed()).replaceAll("\"", "\\\"")

const shownNumber = (value: number | bigint) =>
  value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value)
