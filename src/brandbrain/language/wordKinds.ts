import { countPhrases } from "./countPhrases.ts"
import type { ReadLanguage, Word, WordUse } from "./Word.ts"

/** A word's use and spelling, judged over every sentence it stands in. */
export interface WordKind {
  readonly use: WordUse
  /** The most frequent spelling. */
  readonly spelling: string
}

/**
 * Judges each word by all sentences together, since a single one misleads.
 *
 * In both languages a name always has a capital, and is never counted, owned or pointed at. `tags` are the keys of
 * the hashtags: a brand rarely tags a person, but may tag the place it is in.
 */
export const wordKinds = (
  sentences: ReadonlyArray<ReadonlyArray<Word>>,
  language: ReadLanguage,
  tags: ReadonlySet<string>
): ReadonlyMap<string, WordKind> => {
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

/** True for an abbreviation such as VAT, which never names a person. */
const isAbbreviation = ({ spelling }: Word) => /^\p{Lu}{2,5}$/u.test(spelling)

const share = (all: ReadonlyArray<Word>, ...uses: ReadonlyArray<WordUse>) =>
  all.filter(({ use }) => uses.includes(use)).length / all.length

/** `within` are the places that don't open a sentence, where a capital tells something. */
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

/** An English word that is sometimes lower case owes its capitals to the sentence. */
const spellingOf = (all: ReadonlyArray<Word>, within: ReadonlyArray<Word>, language: ReadLanguage) => {
  const spelling = countPhrases((within.length > 0 ? within : all).map(({ spelling }) => spelling))[0]?.phrase ?? ""
  const isOwn = within.length > 0 && within.every(hasCapital)
  return language === "de" || isOwn || all.some(isAbbreviation) ? spelling : spelling.toLowerCase()
}
