import type { EvidenceItem } from "../evidence/EvidenceItem.ts"
import { singular } from "../language/englishWords.ts"
import { germanKey } from "../language/germanWords.ts"
import { foldCase } from "../language/textAnalysis.ts"

/** The words that are the brand's own: its name, and the trade it is in. */
export interface BrandWords {
  /** True for a word of its name. */
  readonly isName: (key: string) => boolean
  /** True for a hashtag that is its name or part of it, or has its name in it. */
  readonly isTag: (tag: string) => boolean
  /** True for a subject made only of the brand's own words: it says what the brand is, not what it talks about. */
  readonly isTrade: (subject: string) => boolean
}

export const brandWords = (
  brandName: string,
  whatWeDo: string,
  bundle: ReadonlyArray<EvidenceItem>
): BrandWords => {
  const nameParts = partsOf(brandName)
  const names = new Set([brandName, ...bundle.map((item) => item.author_ref ?? "")].flatMap(partsOf).flatMap(keysOf))
  const trade = new Set(partsOf(whatWeDo).flatMap(keysOf))
  const isOwn = (key: string) => names.has(key) || trade.has(key) || trade.has(key.replace(/ing$/, ""))
  return {
    isName: (key) => names.has(key),
    isTag: (tag) =>
      nameParts.length > 0 && (nameParts.join("").includes(tag) || nameParts.every((part) => tag.includes(part))),
    isTrade: (subject) => subject.split(" ").every(isOwn)
  }
}

/** The words of a name, without short ones such as "of" and "&", which are often left out. */
const partsOf = (text: string) => (foldCase(text).match(/[\p{L}\p{M}]+/gu) ?? []).filter((word) => word.length >= 3)

/** The keys a word can have, one for each language. */
const keysOf = (word: string) => [word, singular(word), germanKey(word)]
