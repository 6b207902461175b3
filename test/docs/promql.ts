import { parser } from "@prometheus-io/lezer-promql"

/*
 * Evaluates the part of PromQL that the alert rules use, by Prometheus's rules: an
 * instant selector sees samples of the last 5 minutes, up to a stale marker, and a
 * range selector sees what is between its ends without the markers. `increase` does
 * not extrapolate and knows no resets.
 */

type Labels = Readonly<Record<string, string>>

/** A series, with its samples in the order of their instants in seconds. "stale" is what a failed scrape leaves. */
export interface Series {
  readonly labels: Labels
  readonly samples: ReadonlyArray<readonly [at: number, value: number | "stale"]>
}

/** A value with its labels, as an expression gives it. */
export interface Sample {
  readonly labels: Labels
  readonly value: number
}

type Node = ReturnType<typeof parser.parse>["topNode"]

/** Evaluates an expression at an instant in seconds. A number has no labels. Throws at what it does not know. */
export const evaluate = (expr: string, series: ReadonlyArray<Series>, now: number): ReadonlyArray<Sample> => {
  const textOf = ({ from, to }: Node) => expr.slice(from, to)
  const children = (node: Node) => {
    const all: Array<Node> = []
    for (let child = node.firstChild; child !== null; child = child.nextSibling) all.push(child)
    return all
  }
  const named = (node: Node, name: string) => node.getChild(name) ?? unknown(node)
  const unknown = (node: Node): never => {
    throw new Error(`${node.name} is not known here: ${textOf(node)}`)
  }
  const seconds = (node: Node) => {
    const [, count = "", unit = ""] = /(\d+)([smh])/.exec(textOf(node)) ?? []
    return Number(count) * ({ s: 1, m: 60, h: 3600 }[unit] ?? NaN)
  }

  const selected = (node: Node) => {
    const name = textOf(named(node, "Identifier"))
    const matchers = [...textOf(node).matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].map(
      ([, label = "", how = "", value = ""]) => (labels: Labels) => {
        const is = labels[label] ?? ""
        return (how.includes("~") ? new RegExp(`^(?:${value})$`).test(is) : is === value) !== how.startsWith("!")
      }
    )
    return series.filter(({ labels }) => labels["__name__"] === name && matchers.every((matches) => matches(labels)))
  }

  const within = (node: Node, at: number, range: number) =>
    selected(node).map(({ labels, samples }) => ({
      labels,
      samples: samples.filter(([when]) => when > at - range && when <= at)
    }))

  const call = (node: Node, at: number): ReadonlyArray<Sample> => {
    const name = textOf(named(node, "FunctionIdentifier"))
    if (name === "time") return [{ labels: {}, value: at }]
    const [argument = unknown(node)] = children(named(node, "FunctionCallBody"))
    if (name === "absent") return valueOf(argument, at).length === 0 ? [{ labels: {}, value: 1 }] : []
    const range = seconds(named(argument, "DurationExpr"))
    return within(named(argument, "VectorSelector"), at, range).flatMap(({ labels, samples }) => {
      const values = samples.flatMap(([, value]) => value === "stale" ? [] : [value])
      const [first = NaN] = values
      const last = values.at(-1) ?? NaN
      if (values.length < (name === "increase" || name === "rate" ? 2 : 1)) return []
      const value = name === "last_over_time"
        ? last
        : name === "max_over_time"
        ? Math.max(...values)
        : name === "increase"
        ? last - first
        : name === "rate"
        ? (last - first) / range
        : unknown(node)
      return [{ labels: without(labels, "__name__"), value }]
    })
  }

  const aggregate = (node: Node, at: number): ReadonlyArray<Sample> => {
    const modifier = node.getChild("AggregateModifier")
    const by = modifier === null ? [] : labelNames(modifier)
    const groups = new Map<string, { readonly labels: Labels; readonly values: Array<number> }>()
    for (const { labels, value } of valueOf(children(named(node, "FunctionCallBody"))[0] ?? unknown(node), at)) {
      const kept = only(labels, by)
      const group = groups.get(keyOf(kept)) ?? { labels: kept, values: [] }
      groups.set(keyOf(kept), group)
      group.values.push(value)
    }
    const how = textOf(named(node, "AggregateOp"))
    return Array.from(groups.values(), ({ labels, values }) => ({
      labels,
      value: how === "max"
        ? Math.max(...values)
        : how === "sum"
        ? values.reduce((sum, each) => sum + each)
        : unknown(node)
    }))
  }

  const labelNames = (node: Node) => [...textOf(named(node, "GroupingLabels")).matchAll(/\w+/g)].map(([name]) => name)

  const binary = (node: Node, at: number, rightAt: number): ReadonlyArray<Sample> => {
    const parts = children(node)
    const left = valueOf(parts[0] ?? unknown(node), at)
    const last = parts.at(-1) ?? unknown(node)
    const right = valueOf(last, rightAt)
    const clause = node.getChild("MatchingModifierClause")
    const on = clause === null ? undefined : labelNames(clause)
    const matched = ({ labels }: Sample) => keyOf(on === undefined ? without(labels, "__name__") : only(labels, on))
    const keys = new Map(right.map((sample) => [matched(sample), sample]))
    const how = textOf(parts[1] ?? unknown(node))
    if (how === "and") return left.filter((sample) => keys.has(matched(sample)))
    if (how === "unless") return left.filter((sample) => !keys.has(matched(sample)))
    if (how === "or") {
      const known = new Set(left.map(matched))
      return [...left, ...right.filter((sample) => !known.has(matched(sample)))]
    }
    const isNumber = (side: Node) => side.name === "NumberDurationLiteral" || textOf(side) === "time()"
    return (isNumber(parts[0] ?? unknown(node)) ? right : left).flatMap((sample) => {
      const one = isNumber(parts[0] ?? unknown(node)) ? left[0] : sample
      const other = isNumber(last) ? right[0] : keys.get(matched(sample))
      if (one === undefined || other === undefined) return []
      if (how === ">") return one.value > other.value ? [sample] : []
      if (how === "==") return one.value === other.value ? [sample] : []
      const value = how === "-"
        ? one.value - other.value
        : how === "/"
        ? one.value / other.value
        : unknown(node)
      return [{ labels: without(sample.labels, "__name__"), value }]
    })
  }

  const valueOf = (node: Node, at: number): ReadonlyArray<Sample> => {
    switch (node.name) {
      case "PromQL":
      case "ParenExpr":
        return valueOf(node.firstChild ?? unknown(node), at)
      case "NumberDurationLiteral":
        return [{ labels: {}, value: Number(textOf(node)) }]
      case "VectorSelector":
        return within(node, at, 300).flatMap(({ labels, samples }) => {
          const value = samples.at(-1)?.[1]
          return value === undefined || value === "stale" ? [] : [{ labels, value }]
        })
      case "OffsetExpr": {
        // The grammar takes all before it, where Prometheus takes the selector.
        const of = node.firstChild ?? unknown(node)
        const before = at - seconds(named(node, "OffsetDurationExpr"))
        return of.name === "BinaryExpr" ? binary(of, at, before) : valueOf(of, before)
      }
      case "FunctionCall":
        return call(node, at)
      case "AggregateExpr":
        return aggregate(node, at)
      case "BinaryExpr":
        return binary(node, at, at)
      default:
        return unknown(node)
    }
  }

  return valueOf(parser.parse(expr).topNode, now)
}

const only = (labels: Labels, names: ReadonlyArray<string>): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => names.includes(name)))

const without = (labels: Labels, name: string): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([each]) => each !== name))

const keyOf = (labels: Labels) =>
  JSON.stringify(Object.entries(labels).toSorted(([one], [other]) => one < other ? -1 : 1))
