import { countPhrases } from "./countPhrases.ts"
import type { ReadLanguage, Word, WordUse } from "./Word.ts"

/** What a word turns out to be, over all sentences that it stands in. */
export interface Kind {
  readonly use: WordUse
  /** As it is mostly written. */
  readonly spelling: string
}

/**
 * What each word is, by how all sentences use it, since a single one deceives.
 *
 * In both languages a name has a capital wherever it stands, and is never countPhrases, owned or pointed at. `tags` are the keys of
 * hashtags: what a brand tags is hardly a person, but may be the place that it is in.
 */
export const wordKinds = (
  sentences: ReadonlyArray<ReadonlyArray<Word>>,
  language: ReadLanguage,
  tags: ReadonlySet<string>
): ReadonlyMap<string, Kind> => {
  const places = new Map<string, Array<Word>>()
  for (const word of sentences.flat()) {
    const all = places.get(word.key) ?? []
    all.push(word)
    places.set(word.key, all)
  }
  return new Map(
    [...places].map(([key, all]) => {
      const within = all.filter(({ opens }) => !opens)
      const isThing = all.some((word) => word.asThing || isAbbreviation(word)) ||
        (tags.has(key) && !all.some(({ afterIn }) => afterIn) && share(all, "name") < 0.5)
      const use = useOf(all, within, language, isThing)
      return [key, { use, spelling: spellingOf(all, within, language) }]
    })
  )
}

const hasCapital = ({ spelling }: Word) => /^\p{Lu}/u.test(spelling)

/** Short and all capitals, such as VAT: an abbreviation is not a person. */
const isAbbreviation = ({ spelling }: Word) => /^\p{Lu}{2,5}$/u.test(spelling)

const share = (all: ReadonlyArray<Word>, ...uses: ReadonlyArray<WordUse>) =>
  all.filter(({ use }) => uses.includes(use)).length / all.length

const useOf = (
  all: ReadonlyArray<Word>,
  within: ReadonlyArray<Word>,
  language: ReadLanguage,
  isThing: boolean
): WordUse => {
  if (share(all, "function", "common") > 0.5) {
    return share(all, "common") > 0 ? "common" : "function"
  }
  const capitals = within.filter(hasCapital).length
  if (language === "de") {
    return capitals === 0 || capitals * 2 < within.length ? "verb" : isThing ? "noun" : "name"
  }
  if (!isThing && (within.length === 0 ? share(all, "name") >= 0.5 : capitals === within.length)) {
    return "name"
  }
  return share(all, "time") >= 0.5
    ? "time"
    : share(all, "noun", "name") >= 1 / 3
    ? "noun"
    : share(all, "describes") >= 1 / 3
    ? "describes"
    : "verb"
}

/** An English word that is sometimes written small has its capitals from the sentence. */
const spellingOf = (all: ReadonlyArray<Word>, within: ReadonlyArray<Word>, language: ReadLanguage) => {
  const spelling = countPhrases((within.length > 0 ? within : all).map(({ spelling }) => spelling))[0]?.phrase ?? ""
  const isOwn = within.length > 0 && within.every(hasCapital)
  return language === "de" || isOwn || all.some(isAbbreviation) ? spelling : spelling.toLowerCase()
}
