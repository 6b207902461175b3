import type { Count } from "../../domain/Stats.ts"

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** A span in its two largest units, as in "3 min 20 s". Under a second it is in milliseconds. */
export const spanText = (millis: number): string => {
  const whole = Math.max(0, Math.round(millis))
  if (whole < second) return `${whole} ms`
  // Rounded first, or 59.6 s would be "60 s".
  const seconds = Math.round(whole / second)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return two(Math.floor(seconds / 60), "min", seconds % 60, "s")
  const minutes = Math.round(seconds / 60)
  if (minutes < 24 * 60) return two(Math.floor(minutes / 60), "h", minutes % 60, "min")
  const hours = Math.round(minutes / 60)
  return two(Math.floor(hours / 24), "d", hours % 24, "h")
}

const two = (large: number, unit: string, small: number, smallUnit: string) =>
  small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`

/** The distance of an instant from `now` in one unit: "now", "12 s ago", "in 3 h". */
export const relativeText = (at: number, now: number): string => {
  const distance = Math.abs(at - now)
  if (distance < second) return "now"
  const text = distance < minute
    ? `${Math.floor(distance / second)} s`
    : distance < hour
    ? `${Math.floor(distance / minute)} min`
    : distance < day
    ? `${Math.floor(distance / hour)} h`
    : `${Math.floor(distance / day)} d`
  return at > now ? `in ${text}` : `${text} ago`
}

/** An instant as ISO 8601 in UTC, or as it is where no date holds it. */
export const instantText = (millis: number): string => {
  const date = new Date(millis)
  return Number.isNaN(date.getTime()) ? `${millis} ms` : date.toISOString()
}

/** An instant of a day as the reader's clock shows it, as in "14:05:09". */
export const clockText = (millis: number): string => {
  const date = new Date(millis)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":")
}

/** A number with commas between its thousands. */
export const numberText = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 1 })

/** A count, as in "1,000+" where counting stopped before the end. */
export const countText = ({ count, isMore }: Count): string => `${numberText(count)}${isMore ? "+" : ""}`

/** A number in at most four signs, for an axis. */
export const shortText = (value: number): string =>
  value >= 1e6
    ? `${trim(value / 1e6)}M`
    : value >= 1e4
    ? `${trim(value / 1e3)}k`
    : trim(value)

const trim = (value: number) => value < 1 ? String(Math.round(value * 100) / 100) : String(Math.round(value * 10) / 10)

/** The first line of a text. */
export const firstLine = (text: string): string => text.split("\n", 1)[0] ?? ""

/** Several jobs, in words. */
export const jobsText = (count: number): string => count === 1 ? "1 job" : `${numberText(count)} jobs`

/** A value for the `datetime-local` field of a form, in the reader's time zone. */
export const localInput = (millis: number): string => {
  const date = new Date(millis)
  const local = new Date(millis - date.getTimezoneOffset() * minute)
  return Number.isNaN(local.getTime()) ? "" : local.toISOString().slice(0, 19)
}

/** The jobs of a selection that an action is not for. */
export const skippedText = (count: number): string =>
  `${jobsText(count)} of the selection ${count === 1 ? "is" : "are"} skipped.`

/** The way to the first job of an empty database. */
export const firstJobText =
  "Enqueue one with JobQueue.enqueue. It shows here within a second if the process that serves this page enqueued it, and within 5 s if another did."
