/** A table or an index, as a CREATE statement makes it. */
export interface Definition {
  readonly type: "table" | "index"
  readonly name: string
  /** The statement, ready to be run again. */
  readonly statement: string
  /** The columns and constraints of a table, or the whole of an index, each in one spelling. */
  readonly parts: ReadonlyArray<string>
}

/**
 * Reads a CREATE TABLE or CREATE INDEX statement. Spaces, comments, quotes around
 * names and the case of words make no difference to `parts`. Undefined for any other statement.
 */
export const readDefinition = (statement: string): Definition | undefined => {
  const words = wordsOf(statement)
  const named = /^create (?:unique )?(table|index) (?:if not exists )?(\w+) /.exec(words.join(" "))
  if (named === null) return undefined
  const [, type, name = ""] = named
  const text = statement.trim()
  if (type === "index") return { type, name, statement: text, parts: [words.join(" ")] }
  return { type: "table", name, statement: text, parts: partsOf(words) }
}

/** Strings, quoted names, words and single signs. */
const word = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|[\w$]+|[^\s\w$]/g

const wordsOf = (statement: string): ReadonlyArray<string> =>
  (statement.match(word) ?? []).flatMap((found) => {
    if (found.startsWith("--") || found.startsWith("/*")) return []
    if (found.startsWith("'")) return [found]
    return [found.replace(/^["`[](.*)["`\]]$/s, "$1").toLowerCase()]
  })

/** The parts between the commas of the outermost parentheses, and the options after them. */
const partsOf = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const parts: Array<Array<string>> = [[]]
  let depth = 0
  for (const found of words.slice(words.indexOf("("))) {
    if (found === ")") depth--
    const between = depth === 0 || (depth === 1 && found === ",")
    if (found === "(") depth++
    if (between) parts.push(depth === 0 && found !== ")" ? [found] : [])
    else parts.at(-1)?.push(found)
  }
  return parts.filter((part) => part.length > 0).map((part) => part.join(" "))
}
