import type { Mention, Subject } from "./Subject.ts"
import type { ReadLanguage, Word } from "./Word.ts"
import type { BrandWords } from "./brandWords.ts"
import type { EvidenceItem } from "../evidence/EvidenceItem.ts"
import { hashtagMeaning } from "./hashtagMeaning.ts"
import { keyOf } from "./readWords.ts"
import { vocabulary, words } from "./textAnalysis.ts"
import { wordKinds } from "./wordKinds.ts"
import type { Kind } from "./wordKinds.ts"

/** An item, and its words if its language is read. */
export interface ReadItem {
  readonly item: EvidenceItem
  /** Null for a language that is not read. */
  readonly language: ReadLanguage | null
  readonly sentences: ReadonlyArray<ReadonlyArray<Word>>
}

/**
 * All that the items are about: things, pairs of words that name a thing, and what hashtags mean.
 *
 * A word of the brand's name is not a subject alone; as part of another name it may be.
 */
export const subjectsOf = (items: ReadonlyArray<ReadItem>, brand: BrandWords): ReadonlyArray<Subject> => {
  const found = new Map<string, Subject>()
  const subject = ({ name, spelling }: Mention): Subject => {
    const known = found.get(name) ?? { name, items: new Set(), tagged: new Set(), spellings: [] }
    found.set(name, known)
    known.spellings.push(spelling)
    return known
  }
  for (const language of ["en", "de", null] as const) {
    const ofLanguage = items.filter((item) => item.language === language)
    const kinds = language === null
      ? new Map<string, Kind>()
      : wordKinds(
        ofLanguage.flatMap(({ sentences }) => sentences),
        language,
        new Set(ofLanguage.flatMap(({ item }) => item.hashtags).map(keyOf[language]))
      )
    const meaning = hashtagMeaning({
      language,
      kinds,
      brand,
      vocabulary: new Set(ofLanguage.flatMap(({ item }) => vocabulary(words(item)))),
      itemCount: items.length
    })
    for (const { item, sentences } of ofLanguage) {
      for (
        const named of sentences.flatMap((sentence) => namedIn(sentence, { kinds, brand, pairs: language === "en" }))
      ) {
        subject(named).items.add(item)
      }
      for (const named of item.hashtags.flatMap((tag) => meaning(tag) ?? [])) {
        const { items, tagged } = subject(named)
        items.add(item)
        tagged.add(item)
      }
    }
  }
  return [...found.values()]
}

/** The things in a sentence and, where a language parts the words of a name, the pairs that name one. */
const namedIn = (
  sentence: ReadonlyArray<Word>,
  { brand, kinds, pairs }: {
    readonly kinds: ReadonlyMap<string, Kind>
    readonly brand: BrandWords
    readonly pairs: boolean
  }
): ReadonlyArray<Mention> =>
  sentence.flatMap((word, index) => {
    const kind = kinds.get(word.key)
    const before = sentence[index - 1]
    const kindBefore = before === undefined ? undefined : kinds.get(before.key)
    const alone = kind?.use === "noun" && !brand.isName(word.key)
      ? [{ name: word.key, spelling: kind.spelling }]
      : []
    const isPair = pairs && word.joined && before?.key !== word.key &&
      (kind?.use === "noun" || kind?.use === "time") &&
      (kindBefore?.use === "noun" || kindBefore?.use === "describes") &&
      !(brand.isName(word.key) && brand.isName(before?.key ?? ""))
    return isPair && before !== undefined
      ? [...alone, {
        name: `${before.key} ${word.key}`,
        spelling: `${cased(before, kindBefore)} ${cased(word, kind)}`
      }]
      : alone
  })

const cased = ({ spelling }: Word, kind: Kind) => /^\p{Lu}/u.test(kind.spelling) ? spelling : spelling.toLowerCase()
