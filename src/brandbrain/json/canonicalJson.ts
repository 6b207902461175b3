import { createHash } from "node:crypto"

/** The one JSON text of a value: keys sorted by code unit, no spaces, members that are undefined left out. */
export const canonicalJson = (value: unknown): string => JSON.stringify(sorted(value)) ?? "null"

/** SHA-256 of the canonical JSON, in hex. */
export const hashJson = (value: unknown): string => createHash("sha256").update(canonicalJson(value)).digest("hex")

/**
 * An id that follows from what it names: half a SHA-256, so two names do not meet.
 *
 * Writing the same thing again finds the same row, in this process or another.
 */
export const idOf = (kind: string, ...parts: ReadonlyArray<string>): string => hashJson([kind, ...parts]).slice(0, 32)

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
