import { storable } from "./storable.ts"

/** A JSON object, which an array is not. */
export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The value at the path; undefined if a step is missing. Ignores inherited properties. */
export const valueAt = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((here, key) => isObject(here) && Object.hasOwn(here, key) ? here[key] : undefined, value)

/** The trimmed text at the path; null if it is blank. It is `storable`. */
export const textAt = (value: unknown, ...path: ReadonlyArray<string>): string | null => {
  const found = valueAt(value, ...path)
  if (typeof found !== "string") {
    return null
  }
  const text = storable(found).trim()
  return text === "" ? null : text
}

/**
 * The count at the path, or null.
 *
 * Scrapers write -1 for a number that the platform hides, and JSON can hold numbers too large to be finite. Both count
 * as unknown.
 */
export const countAt = (value: unknown, ...path: ReadonlyArray<string>): number | null => {
  const found = valueAt(value, ...path)
  return typeof found === "number" && Number.isFinite(found) && found >= 0 ? found : null
}

/** The elements of the array at the path; none if it is not an array. */
export const listAt = (value: unknown, ...path: ReadonlyArray<string>): ReadonlyArray<unknown> => {
  const found = valueAt(value, ...path)
  return Array.isArray(found) ? found : []
}

/**
 * The instant at the path as epoch milliseconds, or null.
 *
 * Reads ISO dates and times only, with "T" or a space between them. Without a zone they are UTC: a looser reading would
 * depend on the machine's own zone.
 */
export const instantAt = (value: unknown, ...path: ReadonlyArray<string>): number | null => {
  const [, date, time, zone] = isoInstant.exec(textAt(value, ...path) ?? "") ?? []
  if (date === undefined) {
    return null
  }
  const day = Date.parse(`${date}T00:00:00Z`)
  // Date.parse reads a day that does not exist as a later one.
  if (Number.isNaN(day) || !new Date(day).toISOString().startsWith(date)) {
    return null
  }
  const instant = time === undefined ? day : Date.parse(`${date}T${time}${zoneOffset(zone)}`)
  return Number.isNaN(instant) ? null : instant
}

/** The epoch milliseconds at the path, or null. */
export const epochMillisAt = (value: unknown, ...path: ReadonlyArray<string>): number | null => {
  const found = valueAt(value, ...path)
  return typeof found === "number" && Number.isInteger(found) && found > 0 && found <= latestInstant ? found : null
}

/** The last instant of a Date. */
const latestInstant = 8_640_000_000_000_000

const isoInstant = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i

const zoneOffset = (zone: string | undefined) =>
  zone === undefined || zone.toUpperCase() === "Z" ? "Z" : zone.replace(/^(...):?/, "$1:")

/** The web address at the path as a browser writes it, without fragment, or null. */
export const addressAt = (value: unknown, ...path: ReadonlyArray<string>): string | null => {
  const text = textAt(value, ...path)
  if (text === null || !URL.canParse(text)) {
    return null
  }
  const url = new URL(text)
  url.hash = ""
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : null
}

/** Cleans hashtags: lower case, without `#`, each once, in the order given. */
export const cleanHashtags = (hashtags: ReadonlyArray<string | null>): ReadonlyArray<string> => {
  const cleaned = hashtags.map((hashtag) => (hashtag ?? "").replace(/^#+/, "").trim().toLowerCase())
  return [...new Set(cleaned.filter((hashtag) => hashtag !== ""))]
}
