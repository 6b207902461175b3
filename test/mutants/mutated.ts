import { editsOf } from "./Mutant.ts"
import type { Equivalent, Mutant } from "./Mutant.ts"

/** The files that a mutant changes, each with its text afterwards. */
export const mutated = (
  mutant: Mutant | Equivalent,
  source: (file: string) => string
): ReadonlyMap<string, string> => {
  const files = new Map<string, string>()
  for (const { file, find, replace } of editsOf(mutant)) {
    const [before, after, ...more] = (files.get(file) ?? source(file)).split(find)
    if (before === undefined || after === undefined || more.length > 0) {
      throw new Error(`"${mutant.name}" finds not exactly one place in ${file}`)
    }
    files.set(file, `${before}${replace}${after}`)
  }
  return files
}
