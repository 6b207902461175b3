import type { ColumnType, Row, Table, Value } from "./Table.ts"

/**
 * A row as a text that is the same in every database: the members of JSON objects
 * in order, numbers as JavaScript reads them.
 */
export const canonicalRow = ({ columns }: Table, row: Row): string =>
  `[${Object.entries(columns).map(([column, type]) => canonical(type, row[column] ?? null)).join(",")}]`

/** The first column in which two rows differ. */
export const differenceOf = ({ columns }: Table, one: Row, other: Row): string | undefined =>
  Object.entries(columns).find(([column, type]) =>
    canonical(type, one[column] ?? null) !== canonical(type, other[column] ?? null)
  )?.[0]

const canonical = (type: ColumnType, value: Value): string =>
  type === "json" && value !== null ? canonicalJson(String(value)) : JSON.stringify(value)

/** A text that is not JSON, which only SQLite takes, is compared as it is. */
const canonicalJson = (json: string): string => {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return `not JSON: ${JSON.stringify(json)}`
  }
  return textOf(value)
}

const textOf = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(textOf).join(",")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const members = Object.entries(value).toSorted(([one], [other]) => one < other ? -1 : 1)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${textOf(member)}`).join(",")}}`
}
