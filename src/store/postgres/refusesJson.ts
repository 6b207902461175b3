import type { RefusesJson } from "../../domain/wireValue.ts"

/** JSON.stringify writes no other character of these as an escape. One behind an escaped backslash is none. */
const mayBeRefused = /\\u(?:0000|d[89a-f])/

/** Says where a JSON text has what jsonb does not hold: U+0000, or half of a pair of surrogates. */
export const refusesJson: RefusesJson = (json) => {
  if (!mayBeRefused.test(json)) return undefined
  const refused = refusedIn(JSON.parse(json))
  return refused === undefined
    ? undefined
    : `${refused.what} without U+0000 and without half of a surrogate pair at ${refused.path.join(".") || "the top"}`
}

interface Refused {
  readonly what: "text" | "member names"
  readonly path: ReadonlyArray<string>
}

const refusedIn = (value: unknown): Refused | undefined => {
  if (typeof value === "string") return isHeld(value) ? undefined : { what: "text", path: [] }
  if (typeof value !== "object" || value === null) return undefined
  for (const [key, member] of Object.entries(value)) {
    if (!isHeld(key)) return { what: "member names", path: [] }
    const refused = refusedIn(member)
    if (refused !== undefined) return { ...refused, path: [key, ...refused.path] }
  }
  return undefined
}

const isHeld = (text: string) => text.isWellFormed() && !text.includes("\0")
