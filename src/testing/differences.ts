import { Equal } from "effect"
import { inspect, isDeepStrictEqual } from "node:util"

/** The differences of two values, a line each, in the form `user.id: expected 1, got 2`. None when they are equal. */
export const differences = (path: string, expected: unknown, actual: unknown): ReadonlyArray<string> => {
  if (Equal.equals(expected, actual)) return []
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    return expected.flatMap((item, index) => differences(`${path}[${index}]`, item, actual[index]))
  }
  if (isPlain(expected) && isPlain(actual)) {
    const names = new Set([...Object.keys(expected), ...Object.keys(actual)])
    return [...names].flatMap((name) => differences(within(path, name), expected[name], actual[name]))
  }
  // Maps, sets and bytes. What has an equality of its own may hide the values, as a Redacted does.
  if (!Equal.isEqual(expected) && isDeepStrictEqual(expected, actual)) return []
  return [`${path}: expected ${shown(expected)}, got ${shown(actual)}`]
}

/** The same, but fields of `actual` that `expected` does not name may be anything. */
export const differencesInFields = (path: string, expected: unknown, actual: unknown): ReadonlyArray<string> =>
  isPlain(expected) && typeof actual === "object" && actual !== null
    ? Object.keys(expected).flatMap((name) =>
      differences(within(path, name), expected[name], (actual as Readonly<Record<string, unknown>>)[name])
    )
    : differences(path, expected, actual)

/** A value for people to read, on one line. */
export const shown = (value: unknown): string => {
  const text = inspect(value, { depth: 4, breakLength: Infinity })
  return text.length > 300 ? `${text.slice(0, 300)} …` : text
}

const within = (path: string, name: string) => path === "" ? name : `${path}.${name}`

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
