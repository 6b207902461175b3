import type { Refusal } from "./CopyDatabase.ts"

/** SQLite reads no JSON that is nested deeper. */
const mostLevels = 1000

/** The refusal of JSON that is nested deeper than a copy takes. */
export const tooDeep = (json: string): Refusal | undefined =>
  depthOf(json) > mostLevels ? { path: [], allowed: `at most ${mostLevels} levels of nesting` } : undefined

/** The depth to which the arrays and objects of a JSON text are nested. For a text that is not JSON it may be any number. */
const depthOf = (json: string): number => {
  let depth = 0
  let deepest = 0
  let isInText = false
  for (let at = 0; at < json.length; at++) {
    const mark = json[at]
    if (isInText) {
      if (mark === "\\") at++
      else if (mark === "\"") isInText = false
    } else if (mark === "\"") isInText = true
    else if (mark === "[" || mark === "{") deepest = Math.max(deepest, ++depth)
    else if (mark === "]" || mark === "}") depth--
  }
  return deepest
}
