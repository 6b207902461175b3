/** One line of a page: a series and its value. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** All series of one metric. */
export interface Family {
  readonly type: string
  readonly help: string | undefined
  readonly samples: ReadonlyArray<Sample>
}

const name = "[a-zA-Z_:][a-zA-Z0-9_:]*"
const helpLine = new RegExp(`^# HELP (${name}) (.*)$`)
const typeLine = new RegExp(`^# TYPE (${name}) (counter|gauge|histogram|summary|untyped)$`)
const sampleLine = new RegExp(`^(${name})(?:\\{(.*)\\})? (\\S+)$`, "s")
const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/

/**
 * Reads a page of the text format 0.0.4 as strictly as Prometheus does, and stricter
 * where it forgives: throws for a line that is not of the format, a series that is
 * there twice, a sample outside the piece of its family, a family that is there
 * twice, and a histogram whose buckets do not add up.
 */
export const parsePage = (page: string): ReadonlyMap<string, Family> => {
  if (page !== "" && !page.endsWith("\n")) throw new Error("the last line does not end")
  const families = new Map<string, { type: string; help: string | undefined; samples: Array<Sample> }>()
  const series = new Set<string>()
  let help: readonly [string, string] | undefined
  let current: string | undefined
  for (const line of page.split("\n").slice(0, -1)) {
    const [, helped, text] = helpLine.exec(line) ?? []
    if (helped !== undefined) {
      help = [helped, unescaped(text ?? "", /\\(.)/g)]
      continue
    }
    const [, typed, type] = typeLine.exec(line) ?? []
    if (typed !== undefined) {
      if (families.has(typed)) throw new Error(`${typed} is there twice`)
      if (help !== undefined && help[0] !== typed) throw new Error(`the help of ${help[0]} stands before ${typed}`)
      families.set(typed, { type: String(type), help: help?.[1], samples: [] })
      current = typed
      help = undefined
      continue
    }
    const [, sampled, labels, value] = sampleLine.exec(line) ?? []
    if (sampled === undefined) throw new Error(`not a line of the format: ${line}`)
    const family = current === undefined ? undefined : families.get(current)
    if (family === undefined || !namesOf(String(current), family.type).includes(sampled)) {
      throw new Error(`outside the piece of its family: ${line}`)
    }
    const sample = { name: sampled, labels: readLabels(labels ?? ""), value: readNumber(String(value)) }
    const key = JSON.stringify([
      sampled,
      Object.entries(sample.labels).map(([name, value]) => `${name}=${value}`).toSorted()
    ])
    if (series.has(key)) throw new Error(`there twice: ${line}`)
    series.add(key)
    family.samples.push(sample)
  }
  for (const [name, { samples, type }] of families) if (type === "histogram") checkBuckets(name, samples)
  return families
}

const namesOf = (family: string, type: string) =>
  type === "histogram"
    ? [`${family}_bucket`, `${family}_sum`, `${family}_count`]
    : type === "summary"
    ? [family, `${family}_sum`, `${family}_count`]
    : [family]

const unescaped = (text: string, escape: RegExp) =>
  text.replace(escape, (_, character: string) => character === "n" ? "\n" : character)

const readLabels = (text: string): Readonly<Record<string, string>> => {
  const labels: Record<string, string> = {}
  let rest = text
  while (rest !== "") {
    const [whole, name, value] = label.exec(rest) ?? []
    if (whole === undefined || name === undefined) throw new Error(`not labels: ${text}`)
    if (name in labels) throw new Error(`the label ${name} is there twice: ${text}`)
    labels[name] = unescaped(value ?? "", /\\(.)/g)
    rest = rest.slice(whole.length)
  }
  return labels
}

const readNumber = (text: string) => {
  if (text === "+Inf") return Infinity
  if (text === "-Inf") return -Infinity
  if (text === "NaN") return NaN
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) throw new Error(`not a number: ${text}`)
  return Number(text)
}

const checkBuckets = (name: string, samples: ReadonlyArray<Sample>) => {
  const groups = new Map<string, { buckets: Array<readonly [number, number]>; count: number | undefined }>()
  for (const { labels: { le, ...labels }, name: sampled, value } of samples) {
    const key = JSON.stringify(labels)
    const group = groups.get(key) ?? { buckets: [], count: undefined }
    groups.set(key, group)
    if (sampled.endsWith("_bucket")) group.buckets.push([readNumber(String(le)), value])
    if (sampled.endsWith("_count")) group.count = value
  }
  for (const { buckets, count } of groups.values()) {
    const last = buckets.at(-1)
    if (last?.[0] !== Infinity || last[1] !== count) throw new Error(`${name}: the last bucket does not count all`)
    buckets.reduce(([boundary, upTo], next) => {
      if (next[0] <= boundary || next[1] < upTo) throw new Error(`${name}: buckets are not cumulative`)
      return next
    }, [-Infinity, 0])
  }
}
