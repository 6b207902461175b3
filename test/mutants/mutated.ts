import type { Edit, Equivalent, Mutant } from "./Mutant.ts"
import { editsOf } from "./Mutant.ts"

/** The text of every source file by its path from the root of the project. */
export type Sources = ReadonlyMap<string, string>

/** A stretch of a source file. */
interface Place {
  readonly file: string
  readonly from: number
  readonly to: number
}

/**
 * The places where an edit's text stands, whatever its line breaks, indents and
 * spaces around punctuation are there: a file that is moved, or a line that is
 * formatted anew, keeps its mutants. A text that stands in several files means
 * the one that the edit names.
 */
export const placesOf = ({ file, find }: Edit, sources: Sources): ReadonlyArray<Place> => {
  const tokens = tokensOf(find)
  const pattern = patternOf(tokens)
  const everywhere = [...sources]
    // The expression takes a hundred times as long over a text as a look for its tokens.
    .filter(([, text]) => tokens.every((token) => text.includes(token)))
    .flatMap(([path, text]) =>
      [...text.matchAll(pattern)].map(({ 0: found, index }) => ({
        file: path,
        from: index,
        to: index + found.length
      }))
    )
  const named = everywhere.filter((place) => place.file === file)
  return everywhere.length > 1 && named.length > 0 ? named : everywhere
}

/** The words and the single signs of a text. */
const tokensOf = (find: string): ReadonlyArray<string> => find.match(/[\w$]+|[^\s\w$]/g) ?? []

const patternOf = (tokens: ReadonlyArray<string>): RegExp => {
  const isWord = (token = "") => /^[\w$]/.test(token)
  const pattern = tokens.map((token, index) => {
    const gap = index === 0 ? "" : isWord(token) && isWord(tokens[index - 1]) ? "\\s+" : "\\s*"
    return gap + token.replace(/[^\w\s]/g, "\\$&")
  }).join("")
  // A word of the text is not the end of a longer one.
  return new RegExp(
    `${isWord(tokens[0]) ? "(?<![\\w$])" : ""}${pattern}${isWord(tokens.at(-1)) ? "(?![\\w$])" : ""}`,
    "g"
  )
}

/** The files that a mutant changes, each with its text afterwards. */
export const mutated = (mutant: Mutant | Equivalent, sources: Sources): ReadonlyMap<string, string> => {
  const changed = new Map<string, string>()
  for (const edit of editsOf(mutant)) {
    const [place, ...more] = placesOf(edit, new Map([...sources, ...changed]))
    if (place === undefined || more.length > 0) {
      throw new Error(`"${mutant.name}" finds ${more.length + (place ? 1 : 0)} places, and must find one: ${edit.find}`)
    }
    const text = changed.get(place.file) ?? sources.get(place.file) ?? ""
    changed.set(place.file, text.slice(0, place.from) + edit.replace + text.slice(place.to))
  }
  return changed
}
