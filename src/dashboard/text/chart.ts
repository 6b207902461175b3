/** A value of a series at an instant; null where it is not known. */
export interface Point {
  readonly at: number
  readonly value: number | null
}

/** Values over time, in order. All series of a chart have the same instants. */
export interface Series {
  readonly name: string
  readonly tone: "good" | "bad" | "busy" | "quiet" | "wait"
  readonly points: ReadonlyArray<Point>
}

/** A series as it is drawn; `base` is what it stands on. */
export interface Drawn extends Series {
  readonly base: ReadonlyArray<number> | null
}

/** The series upon each other, the first at the bottom. */
export const stacked = (series: ReadonlyArray<Series>): ReadonlyArray<Drawn> => {
  let base: ReadonlyArray<number> = series[0]?.points.map(() => 0) ?? []
  return series.map((each) => {
    const under = base
    const points = each.points.map(({ at, value }, index) => ({ at, value: (value ?? 0) + (under[index] ?? 0) }))
    base = points.map(({ value }) => value)
    return { ...each, points, base: under }
  })
}

/** The highest value of all. */
export const highest = (series: ReadonlyArray<Series>): number => {
  let most = 0
  for (const { points } of series) for (const { value } of points) if (value !== null && value > most) most = value
  return most
}

/** Round values from 0 to at least `most`, three to six of them. */
export const ticksOf = (most: number): ReadonlyArray<number> => {
  const rough = most / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((part) => part * power).find((step) => step >= rough) ?? rough
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}

/** The place of the instant that is nearest; -1 if there is none. */
export const nearest = (instants: ReadonlyArray<number>, at: number): number => {
  let best = -1
  for (const [place, instant] of instants.entries()) {
    if (best === -1 || Math.abs(instant - at) < Math.abs((instants[best] ?? 0) - at)) best = place
  }
  return best
}

type Scale = (value: number) => number

/** A line through the points, with gaps where a value is not known. */
export const linePath = (points: ReadonlyArray<Point>, x: Scale, y: Scale): string => {
  let path = ""
  let isDrawing = false
  for (const { at, value } of points) {
    if (value !== null) path += `${isDrawing ? "L" : "M"}${place(x(at))} ${place(y(value))}`
    isDrawing = value !== null
  }
  return path
}

/** The area between the points and what they stand on. */
export const areaPath = (points: ReadonlyArray<Point>, base: ReadonlyArray<number>, x: Scale, y: Scale): string => {
  if (points.length === 0) return ""
  const upper = points.map(({ at, value }) => `${place(x(at))} ${place(y(value ?? 0))}`)
  const lower = points.map(({ at }, index) => `${place(x(at))} ${place(y(base[index] ?? 0))}`)
  return `M${upper.join("L")}L${lower.toReversed().join("L")}Z`
}

const place = (value: number) => Math.round(value * 10) / 10
