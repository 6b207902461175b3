import { createHash } from "node:crypto"

/** The canonical JSON text of a value: keys sorted by code unit, no spaces, undefined members left out. */
export const canonicalJson = (value: unknown): string => JSON.stringify(sorted(value)) ?? "null"

/** SHA-256 of the canonical JSON, in hex. */
export const hashJson = (value: unknown): string => createHash("sha256").update(canonicalJson(value)).digest("hex")

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    return value.map(sorted)
  }
  if (typeof value !== "object" || value === null) {
    return value
  }
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => a < b ? -1 : 1)
      .map(([key, member]) => [key, sorted(member)])
  )
}
