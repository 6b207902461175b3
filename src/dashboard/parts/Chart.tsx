import { useEffect, useId, useRef, useState } from "preact/hooks"
import type { Series } from "../text/chart.ts"
import { areaPath, highest, linePath, nearest, stacked, ticksOf } from "../text/chart.ts"
import { clockText } from "../text/format.ts"

export interface ChartProps {
  readonly title: string
  /** The last values, in words, for a screen reader. */
  readonly summary: string
  readonly from: number
  readonly to: number
  readonly series: ReadonlyArray<Series>
  readonly isStacked?: boolean
  /** A value of the axis in words. */
  readonly format: (value: number) => string
  /** The least value at the top of the axis. */
  readonly atLeast?: number
}

const height = 150
const left = 46
const right = 8
const top = 8
const bottom = 20

/** Values over time, as lines or as areas upon each other. Pointing at it shows the values of that instant. */
export const Chart = ({ atLeast = 1, format, from, isStacked = false, series, summary, title, to }: ChartProps) => {
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(480)
  const [pointed, setPointed] = useState<number | null>(null)
  const id = useId()
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined && entry.contentRect.width > 0) setWidth(Math.round(entry.contentRect.width))
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  const drawn = isStacked ? stacked(series) : series.map((each) => ({ ...each, base: null }))
  const ticks = ticksOf(Math.max(atLeast, highest(drawn)))
  const most = ticks.at(-1) ?? 1
  const x = (at: number) => left + (at - from) / Math.max(1, to - from) * (width - left - right)
  const y = (value: number) => height - bottom - value / most * (height - top - bottom)
  const instants = series[0]?.points.map(({ at }) => at) ?? []
  const place = pointed === null
    ? instants.length - 1
    : nearest(instants, from + (pointed - left) / Math.max(1, width - left - right) * (to - from))
  const at = instants[place]
  const times = width < 420 ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1]

  return (
    <figure class="card chart">
      <figcaption>
        <h3 id={id}>{title}</h3>
        <span class="muted chart-at">{pointed === null || at === undefined ? "" : clockText(at)}</span>
      </figcaption>
      <ul class="legend">
        {series.map(({ name, points, tone }) => {
          const value = points[place]?.value
          return (
            <li key={name}>
              <span class={`swatch tone-${tone}`} aria-hidden="true"></span>
              {name} <b>{value === undefined || value === null ? "–" : format(value)}</b>
            </li>
          )
        })}
      </ul>
      <div ref={box} class="plot">
        <svg
          role="img"
          aria-label={`${title}. ${summary}`}
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          onPointerMove={(event) => setPointed(event.offsetX)}
          onPointerLeave={() => setPointed(null)}
        >
          {ticks.map((tick) => (
            <g key={tick}>
              <line class="grid" x1={left} x2={width - right} y1={y(tick)} y2={y(tick)} />
              <text class="axis" x={left - 6} y={y(tick) + 4} text-anchor="end">{format(tick)}</text>
            </g>
          ))}
          {times.map((part) => (
            <text
              key={part}
              class="axis"
              x={left + part * (width - left - right)}
              y={height - 5}
              text-anchor={part === 0 ? "start" : part === 1 ? "end" : "middle"}
            >
              {clockText(from + part * (to - from)).slice(0, 5)}
            </text>
          ))}
          {/* The first upon the others, or a series of zeros would hide it. */}
          {drawn.toReversed().map(({ base, name, points, tone }) => (
            <g key={name} class={`tone-${tone}`}>
              {base === null ? null : <path class="area" d={areaPath(points, base, x, y)} />}
              <path class="line" d={linePath(points, x, y)} />
            </g>
          ))}
          {pointed === null || at === undefined
            ? null
            : <line class="cross" x1={x(at)} x2={x(at)} y1={top} y2={height - bottom} />}
        </svg>
      </div>
    </figure>
  )
}
