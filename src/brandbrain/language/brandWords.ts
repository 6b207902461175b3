import { singular } from "./englishWords.ts"
import type { EvidenceItem } from "../evidence/EvidenceItem.ts"
import { germanKey } from "./germanWords.ts"
import { plain } from "./textAnalysis.ts"

/** The words of a brand's own: its name, and what it says that it does. */
export interface BrandWords {
  /** True for a word of its name. */
  readonly isName: (key: string) => boolean
  /** True for a hashtag that is its name, or part of it, or has its name in it. */
  readonly isTag: (tag: string) => boolean
  /** True for a subject of no more than these words, which says what the brand is and not what it chooses to talk about. */
  readonly isTrade: (subject: string) => boolean
}

export const brandWords = (
  brandName: string,
  whatWeDo: string,
  bundle: ReadonlyArray<EvidenceItem>
): BrandWords => {
  const name = parts(brandName)
  const names = new Set([brandName, ...bundle.map((item) => item.author_ref ?? "")].flatMap(parts).flatMap(keys))
  const trade = new Set(parts(whatWeDo).flatMap(keys))
  const isPart = (key: string) => names.has(key) || trade.has(key) || trade.has(key.replace(/ing$/, ""))
  return {
    isName: (key) => names.has(key),
    isTag: (tag) => name.length > 0 && (name.join("").includes(tag) || name.every((part) => tag.includes(part))),
    isTrade: (subject) => subject.split(" ").every(isPart)
  }
}

/** Letters such as `&` and "of" are written or left out as there is room. */
const parts = (text: string) => (plain(text).match(/[\p{L}\p{M}]+/gu) ?? []).filter((word) => word.length >= 3)

/** As a subject would be called in whichever language it is. */
const keys = (word: string) => [word, singular(word), germanKey(word)]
