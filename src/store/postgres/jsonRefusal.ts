import type { JsonRefusal } from "../../domain/wireValue.ts"

/** An escape as JSON.stringify writes it. It also matches the same letters behind an escaped backslash, so the value is looked at as well. */
const mayBeRefused = /\\u(?:0000|d[89a-f])/

/** The refusal of what jsonb does not hold: U+0000, and half of a surrogate pair. */
export const jsonRefusal: JsonRefusal = (json) => {
  if (!mayBeRefused.test(json)) return undefined
  const refused = refusedAt(JSON.parse(json))
  return refused === undefined
    ? undefined
    : `${allowedFor(refused)} at ${refused.path.join(".") || "the top"}`
}

/** A description of what jsonb holds in place of a refused text. */
export const allowedFor = ({ what }: Refused): string => `${what} without U+0000 and without half of a surrogate pair`

interface Refused {
  readonly what: "text" | "member names"
  readonly path: ReadonlyArray<string>
}

/** The first text in a value that PostgreSQL does not hold. The member names of an object are at its own path. */
export const refusedAt = (value: unknown): Refused | undefined => {
  if (typeof value === "string") return isHeld(value) ? undefined : { what: "text", path: [] }
  if (typeof value !== "object" || value === null) return undefined
  for (const [key, member] of Object.entries(value)) {
    if (!isHeld(key)) return { what: "member names", path: [] }
    const refused = refusedAt(member)
    if (refused !== undefined) return { ...refused, path: [key, ...refused.path] }
  }
  return undefined
}

const isHeld = (text: string) => text.isWellFormed() && !text.includes("\0")
