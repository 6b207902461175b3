import type { EvidenceItem } from "../evidence/EvidenceItem.ts"
import { keyOf } from "../language/readWords.ts"
import { vocabularyOf } from "../language/splitHashtag.ts"
import { textOf } from "../language/textAnalysis.ts"
import type { ReadLanguage, Word } from "../language/Word.ts"
import { wordKinds } from "../language/wordKinds.ts"
import type { WordKind } from "../language/wordKinds.ts"
import type { BrandWords } from "./brandWords.ts"
import { hashtagMeaning } from "./hashtagMeaning.ts"
import type { Mention, Subject } from "./Subject.ts"

/** An item, and its sentences if its language is read. */
export interface ReadItem {
  readonly item: EvidenceItem
  /** Null for a language that is not read. */
  readonly language: ReadLanguage | null
  readonly sentences: ReadonlyArray<ReadonlyArray<Word>>
}

/**
 * Finds every subject of the items: things, pairs of words that name a thing, and the meanings of hashtags.
 *
 * A word of the brand's name is not a subject by itself, but can be part of one.
 */
export const findSubjects = (items: ReadonlyArray<ReadItem>, brand: BrandWords): ReadonlyArray<Subject> => {
  const subjects = new Map<string, Subject>()
  const add = ({ name, spelling }: Mention): Subject => {
    const subject = subjects.get(name) ?? { name, items: new Set(), tagged: new Set(), spellings: [] }
    subjects.set(name, subject)
    subject.spellings.push(spelling)
    return subject
  }
  for (const language of ["en", "de", null] as const) {
    const ofLanguage = items.filter((item) => item.language === language)
    const kinds = language === null
      ? new Map<string, WordKind>()
      : wordKinds(
        ofLanguage.flatMap(({ sentences }) => sentences),
        language,
        new Set(ofLanguage.flatMap(({ item }) => item.hashtags).map(keyOf[language]))
      )
    const meaning = hashtagMeaning({
      language,
      kinds,
      brand,
      vocabulary: new Set(ofLanguage.flatMap(({ item }) => vocabularyOf(textOf(item)))),
      itemCount: items.length
    })
    // Only English parts the words of a name; German joins them.
    const context = { kinds, brand, pairs: language === "en" }
    for (const { item, sentences } of ofLanguage) {
      for (const mention of sentences.flatMap((sentence) => mentionsIn(sentence, context))) {
        add(mention).items.add(item)
      }
      for (const mention of item.hashtags.flatMap((tag) => meaning(tag) ?? [])) {
        const { items, tagged } = add(mention)
        items.add(item)
        tagged.add(item)
      }
    }
  }
  return [...subjects.values()]
}

/** The things that a sentence names and, with `pairs`, the things that two words name together. */
const mentionsIn = (
  sentence: ReadonlyArray<Word>,
  { brand, kinds, pairs }: {
    readonly kinds: ReadonlyMap<string, WordKind>
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
        spelling: `${withCaseOf(kindBefore, before)} ${withCaseOf(kind, word)}`
      }]
      : alone
  })

const withCaseOf = (kind: WordKind, { spelling }: Word) =>
  /^\p{Lu}/u.test(kind.spelling) ? spelling : spelling.toLowerCase()
