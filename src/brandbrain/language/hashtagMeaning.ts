import type { Mention } from "./Subject.ts"
import type { ReadLanguage } from "./Word.ts"
import type { BrandWords } from "./brandWords.ts"
import { isFeedTag } from "./commonWords.ts"
import { keyOf } from "./readWords.ts"
import { unjoined } from "./textAnalysis.ts"
import type { Kind } from "./wordKinds.ts"

const handful = 10

/**
 * Reads hashtags: what a tag names, or null if it only asks a feed for viewers.
 *
 * A tag means something if the brand uses its words in sentences too: few write one about their `brotliebe`. Of a handful of
 * items that cannot be asked, as they hold too few sentences.
 */
export const hashtagMeaning = (corpus: {
  readonly language: ReadLanguage | null
  readonly kinds: ReadonlyMap<string, Kind>
  readonly brand: BrandWords
  /** All words of the items, in lower case. */
  readonly vocabulary: ReadonlySet<string>
  readonly itemCount: number
}): (tag: string) => Mention | null => {
  const { brand, itemCount, kinds, language, vocabulary } = corpus
  const isHandful = itemCount < handful
  const isNoise = (tag: string) => tag.length < 3 || isFeedTag(tag) || brand.isTag(tag)
  if (language === null) {
    // Endings change, so the word may be longer than the tag.
    return (tag) =>
      isNoise(tag) || ![...vocabulary].some((word) => word.startsWith(tag)) ? null : { name: tag, spelling: tag }
  }
  const keyInLanguage = keyOf[language]
  return (tag) => {
    if (isNoise(tag)) {
      return null
    }
    const parts = (language === "en" ? unjoined(tag, vocabulary) : [tag]).map((part) => {
      const key = keyInLanguage(part)
      return { key, part, kind: kinds.get(key) }
    })
    if (isHandful && parts.length === 1 && parts[0]?.kind === undefined) {
      return { name: tag, spelling: tag }
    }
    const isMeant = parts.every(({ kind }) => kind !== undefined && kind.use !== "name" && kind.use !== "common") &&
      parts.some(({ key, kind }) => kind?.use !== "function" && !brand.isName(key))
    return isMeant
      ? {
        name: parts.map(({ key }) => key).join(" "),
        spelling: parts.map(({ kind, part }) => /^\p{Lu}/u.test(kind?.spelling ?? "") ? kind?.spelling : part).join(" ")
      }
      : null
  }
}
