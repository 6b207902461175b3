/** Any JSON object. Arrays are not. */
export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** What stands at the path, or undefined where any step of it is missing. Inherited properties do not count. */
export const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((here, key) => isObject(here) && Object.hasOwn(here, key) ? here[key] : undefined, value)

/** A text with something in it, trimmed of the characters that no database column holds; otherwise null. */
export const textAt = (value: unknown, ...path: ReadonlyArray<string>): string | null => {
  const found = at(value, ...path)
  if (typeof found !== "string") {
    return null
  }
  const text = clean(found).trim()
  return text === "" ? null : text
}

/**
 * A count, or null.
 *
 * Scrapers write -1 where a platform hides the number, and JSON can spell
 * numbers too large to be finite: both mean that it is not known.
 */
export const countAt = (value: unknown, ...path: ReadonlyArray<string>): number | null => {
  const found = at(value, ...path)
  return typeof found === "number" && Number.isFinite(found) && found >= 0 ? found : null
}

/** The elements of an array, or nothing. */
export const listAt = (value: unknown, ...path: ReadonlyArray<string>): ReadonlyArray<unknown> => {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}

/**
 * An instant as epoch milliseconds, or null.
 *
 * Only ISO dates, and date and time with a space between, are read; one that names no zone is UTC.
 * Anything looser would mean something else on a machine in another zone.
 */
export const instantAt = (value: unknown, ...path: ReadonlyArray<string>): number | null => {
  const [, date, time, zone] = isoInstant.exec(textAt(value, ...path) ?? "") ?? []
  if (date === undefined) {
    return null
  }
  const day = Date.parse(`${date}T00:00:00Z`)
  // A day that does not exist is read as a later one, which is no longer the day that was written.
  if (Number.isNaN(day) || !new Date(day).toISOString().startsWith(date)) {
    return null
  }
  const instant = time === undefined ? day : Date.parse(`${date}T${time}${offset(zone)}`)
  return Number.isNaN(instant) ? null : instant
}

/** An instant that is given as epoch milliseconds, or null where it cannot be one. */
export const epochMillisAt = (value: unknown, ...path: ReadonlyArray<string>): number | null => {
  const found = at(value, ...path)
  return typeof found === "number" && Number.isInteger(found) && found > 0 && found <= latestInstant ? found : null
}

/** The last instant that a Date can hold. */
const latestInstant = 8_640_000_000_000_000

const isoInstant = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i

const offset = (zone: string | undefined) =>
  zone === undefined || zone.toUpperCase() === "Z" ? "Z" : zone.replace(/^(...):?/, "$1:")

/** A web address as a browser writes it, without fragment; null when it is none. */
export const addressAt = (value: unknown, ...path: ReadonlyArray<string>): string | null => {
  const text = textAt(value, ...path)
  if (text === null || !URL.canParse(text)) {
    return null
  }
  const url = new URL(text)
  url.hash = ""
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : null
}

/** Hashtags without `#`, lower-case, each once, in the order they came. */
export const tags = (found: ReadonlyArray<string | null>): ReadonlyArray<string> => [
  ...new Set(
    found.flatMap((tag) => tag === null ? [] : [tag.replace(/^#+/, "").trim().toLowerCase()]).filter((tag) =>
      tag !== ""
    )
  )
]

const clean = (text: string) => text.replaceAll("\u0000", "").replace(/\p{Surrogate}/gu, "\uFFFD")
