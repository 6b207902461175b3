import { isFeedTag } from "../language/commonWords.ts"
import { keyOf } from "../language/readWords.ts"
import { splitHashtag } from "../language/splitHashtag.ts"
import type { ReadLanguage } from "../language/Word.ts"
import type { WordKind } from "../language/wordKinds.ts"
import type { BrandWords } from "./brandWords.ts"
import type { Mention } from "./Subject.ts"

/** Fewer items hold too few sentences to look up the words of a tag in. */
const enoughItems = 10

/**
 * Makes a reader of hashtags: the subject that a tag names, or null for a tag that only asks a feed for viewers.
 *
 * A tag names a subject if the brand's sentences use its words too; few brands write a sentence about their
 * `brotliebe`. With only a few items, a tag of one unknown word counts as a subject.
 */
export const hashtagMeaning = (corpus: {
  readonly language: ReadLanguage | null
  readonly kinds: ReadonlyMap<string, WordKind>
  readonly brand: BrandWords
  /** Every word of the items, in lower case. */
  readonly vocabulary: ReadonlySet<string>
  readonly itemCount: number
}): (tag: string) => Mention | null => {
  const { brand, itemCount, kinds, language, vocabulary } = corpus
  const hasFewItems = itemCount < enoughItems
  const isNoise = (tag: string) => tag.length < 3 || isFeedTag(tag) || brand.isTag(tag)
  if (language === null) {
    // The word may be longer than the tag, since endings change.
    return (tag) =>
      isNoise(tag) || ![...vocabulary].some((word) => word.startsWith(tag)) ? null : { name: tag, spelling: tag }
  }
  const keyInLanguage = keyOf[language]
  return (tag) => {
    if (isNoise(tag)) {
      return null
    }
    const parts = (language === "en" ? splitHashtag(tag, vocabulary) : [tag]).map((part) => {
      const key = keyInLanguage(part)
      return { key, part, kind: kinds.get(key) }
    })
    if (hasFewItems && parts.length === 1 && parts[0]?.kind === undefined) {
      return { name: tag, spelling: tag }
    }
    const isSubject = parts.every(({ kind }) => kind !== undefined && kind.use !== "name" && kind.use !== "common") &&
      parts.some(({ key, kind }) => kind?.use !== "function" && !brand.isName(key))
    return isSubject
      ? {
        name: parts.map(({ key }) => key).join(" "),
        spelling: parts.map(({ kind, part }) => /^\p{Lu}/u.test(kind?.spelling ?? "") ? kind?.spelling : part).join(" ")
      }
      : null
  }
}
