/** From one instant to another, in true time. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** The parts that two lists of spans have in common, each of which is in order. */
export const common = (some: ReadonlyArray<Span>, others: ReadonlyArray<Span>): ReadonlyArray<Span> =>
  some.flatMap((one) =>
    others.map((other) => ({ from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) }))
      .filter(({ from, to }) => from < to)
  )

/** All time but these spans. */
export const without = (spans: ReadonlyArray<Span>): ReadonlyArray<Span> => {
  const left: Array<Span> = []
  let from = -Infinity
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    if (span.from > from) left.push({ from, to: span.from })
    from = Math.max(from, span.to)
  }
  return from === Infinity ? left : [...left, { from, to: Infinity }]
}

/** When so many of these spans, or more, last at once. */
export const crowded = (spans: ReadonlyArray<Span>, most: number): ReadonlyArray<Span> => {
  const moments = spans.flatMap(({ from, to }) => [{ at: from, by: 1 }, { at: to, by: -1 }])
    .sort((a, b) => a.at - b.at || a.by - b.by)
  const found: Array<Span> = []
  let count = 0
  let since = most <= 0 ? -Infinity : undefined
  for (const { at, by } of moments) {
    count += by
    if (count >= most) since ??= at
    else if (since !== undefined) {
      found.push({ from: since, to: at })
      since = undefined
    }
  }
  return since === undefined ? found : [...found, { from: since, to: Infinity }]
}
