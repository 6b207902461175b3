import type { LanguageLibrary } from "./languageLibrary.ts"
import type { Word, WordUse } from "./Word.ts"

/** Reads the words of an English sentence, with the use that the library sees in each. */
export const englishWords = (sentence: string, library: LanguageLibrary): ReadonlyArray<Word> => {
  const headline = isHeadline(sentence)
  const words: Array<Word> = []
  let previous: ReadonlySet<string> = new Set()
  let afterIn = false
  for (const { before, tags, text } of library.tagWords(headline ? sentence.toLowerCase() : sentence)) {
    const spelling = text.replace(/[’'].*$/, "").replace(/^[^\p{L}]+|[^\p{L}\p{N}]+$/gu, "")
    if (spelling !== "") {
      const last = words.at(-1)
      const joined = last !== undefined && /^[\s-]*$/.test(before)
      // In "your Self Assessment" the second word belongs to the thing too.
      const together = joined && last.asThing && /^\p{Lu}/u.test(last.spelling) && /^\p{Lu}/u.test(spelling)
      words.push({
        spelling,
        key: singular(spelling.toLowerCase()),
        use: useOf(tags),
        opens: headline || last === undefined,
        joined,
        asThing: together || isBeforeThings.some((tag) => previous.has(tag)),
        afterIn
      })
    }
    // In "the wall that Ann built", "that" points back at the wall and not ahead at Ann.
    previous = spelling === "that" ? new Set() : tags
    afterIn = spelling === "in"
  }
  return words
}

const isBeforeThings = ["Determiner", "Possessive", "Value"]

/** True for a Sentence With Capitals Throughout, where they mark no names. */
const isHeadline = (sentence: string) => {
  const words = sentence.match(/[\p{L}\p{M}]{4,}/gu) ?? []
  return words.length >= 3 && words.every((word) => /^\p{Lu}/u.test(word))
}

const useOf = (tags: ReadonlySet<string>): WordUse =>
  uses.find(([, any]) => any.some((tag) => tags.has(tag)))?.[0] ?? "verb"

/** The first entry with one of the word's tags decides: a month is also a noun, and a number also describes. */
const uses: ReadonlyArray<readonly [WordUse, ReadonlyArray<string>]> = [
  ["name", ["Person", "FirstName", "LastName", "Place", "AtMention"]],
  ["time", ["Duration"]],
  ["function", ["Date", "Value", "Money", "Expression", "Pronoun", "Determiner", "Preposition", "Conjunction"]],
  ["function", ["QuestionWord", "Adverb", "Copula", "Modal", "Auxiliary", "Url", "Emoji", "Emoticon"]],
  ["noun", ["Noun", "Gerund"]],
  ["describes", ["Adjective", "PastTense", "Participle"]]
]

/** The singular of a word, close enough that both forms are one subject. */
export const singular = (word: string): string =>
  word.length < 4 || /(?:ss|us|is)$/.test(word)
    ? word
    : word.replace(/ies$/, "y").replace(/(?<=(?:ch|sh|x|ss))es$/, "").replace(/s$/, "")
