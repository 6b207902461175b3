import type { LanguageLibrary } from "./languageLibrary.ts"
import type { Word, WordUse } from "./Word.ts"

/** Reads the words of a German sentence. A capital inside the sentence marks a noun or a name. */
export const germanWords = (sentence: string, library: LanguageLibrary): ReadonlyArray<Word> => {
  const words: Array<Word> = []
  let opens = true
  let previous = ""
  for (const token of sentence.match(/[\p{L}\p{M}]+(?:-[\p{L}\p{M}]+)*|\p{N}+|[^\p{L}\p{N}\s]/gu) ?? []) {
    if (/^[\p{L}\p{M}]/u.test(token)) {
      const asThing = isBeforeThings(previous)
      const afterIn = previous === "in"
      words.push({
        spelling: token,
        key: germanKey(token),
        use: useOf(token, library),
        opens,
        joined: true,
        asThing,
        afterIn
      })
      opens = false
    } else {
      opens ||= /[:„“"»!?.|]/.test(token)
    }
    previous = token
  }
  return words
}

const useOf = (word: string, library: LanguageLibrary): WordUse =>
  !/^\p{Lu}/u.test(word) ? "verb" : isName(word, library) ? "name" : "noun"

/** True for the name of a person or place that English knows too. */
const isName = (word: string, library: LanguageLibrary) =>
  library.tagWords(`${word} was there`)[0]?.tags.has("ProperNoun") ?? false

/** True for a word that precedes things and rarely people: articles, numbers, adjectives, some prepositions. */
const isBeforeThings = (word: string) => beforeThings.test(word) || /^\p{Ll}+e[rnms]?$/u.test(word)

const beforeThings =
  /^(?:\d+|d(?:er|ie|as|en|em|es)|(?:k?ein|mein|dein|sein|ihr|unser|euer|eur|dies|jed|all|manch|welch|viel)(?:e[rnms]?)?|i[mn]s?|am|ans|zu[mr]|beim?|vom|aus|auf|ohne|über|unter|nach|gegen|statt|zwei|drei|vier|fünf|sechs)$/i

/** The key of a German noun, without umlauts and ending, so that singular and plural are one. */
export const germanKey = (word: string): string => {
  const lower = word.toLowerCase().replace(/ä/g, "a").replace(/ö/g, "o").replace(/ü/g, "u")
  return lower.length < 5 ? lower : lower.replace(/(?:ern|e[nrs]?|[ns])$/, "")
}
