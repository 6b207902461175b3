/** A job's progress where it can be drawn as a bar. */
export interface Progress {
  /** From 0 to 1. */
  readonly fraction: number
  readonly text: string
}

/**
 * Reads the forms of progress that handlers commonly write: a fraction from 0 to 1, `{ percent }`, or a number done
 * (`done`, `completed`, `current`, `processed`) of a `total`. Null for any other value, which is then shown as it is.
 */
export const progressOf = (value: unknown): Progress | null => {
  if (typeof value === "number") return value >= 0 && value <= 1 ? percent(value) : null
  if (typeof value !== "object" || value === null) return null
  const fields = value as Readonly<Record<string, unknown>>
  const number = (...names: ReadonlyArray<string>) =>
    names.map((name) => fields[name]).find((value) => typeof value === "number" && Number.isFinite(value)) as
      | number
      | undefined
  const given = number("percent", "percentage")
  if (given !== undefined) return given >= 0 && given <= 100 ? percent(given / 100) : null
  const fraction = number("fraction")
  if (fraction !== undefined) return fraction >= 0 && fraction <= 1 ? percent(fraction) : null
  const done = number("done", "completed", "current", "processed")
  const total = number("total", "of")
  if (done === undefined || total === undefined || total <= 0 || done < 0) return null
  return { fraction: Math.min(1, done / total), text: `${done} of ${total}` }
}

const percent = (fraction: number): Progress => ({ fraction, text: `${Math.round(fraction * 100)} %` })
