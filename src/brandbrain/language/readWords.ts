import { commonWords, salutation } from "./commonWords.ts"
import { englishWords, singular } from "./englishWords.ts"
import { germanKey, germanWords } from "./germanWords.ts"
import type { LanguageLibrary } from "./languageLibrary.ts"
import { foldCase, splitSentences } from "./textAnalysis.ts"
import type { ReadLanguage, Word, WordUse } from "./Word.ts"

/**
 * Reads the sentences of a text that hold a word which `matters`, as words of its language.
 *
 * Skips the greeting of a post and the menu of a page.
 */
export const readWords = (
  text: string,
  language: ReadLanguage,
  library: LanguageLibrary,
  matters: (key: string) => boolean
): ReadonlyArray<ReadonlyArray<Word>> =>
  splitSentences(text.replace(salutation, ""))
    .map((sentence) => sentence.replace(/https?:\S+|[@#][\p{L}\p{N}_.]+/gu, "."))
    .filter((sentence) => !isMenu(sentence, library.stopwords[language]))
    .filter((sentence) => keysIn(sentence, language, library).some(matters))
    .map((sentence) => readers[language](sentence, library))
    .map((words) => words.map((word) => ({ ...word, use: listedUse(word, language, library) ?? word.use })))

/** The keys of all words in the text that may belong to a subject. Cheap, since it reads no sentence. */
export const keysIn = (text: string, language: ReadLanguage, library: LanguageLibrary): ReadonlyArray<string> =>
  (foldCase(text).match(wordOf[language]) ?? [])
    .map((spelling) => ({ spelling, key: keyOf[language](spelling), use: "noun" as const }))
    .filter((word) => listedUse(word, language, library) === null)
    .map(({ key }) => key)

const wordOf = { en: /[\p{L}\p{M}]+/gu, de: /[\p{L}\p{M}]+(?:-[\p{L}\p{M}]+)*/gu }

/** The key of a word in its language: lower case and folded. */
export const keyOf: Readonly<Record<ReadLanguage, (word: string) => string>> = { en: singular, de: germanKey }

const readers = { en: englishWords, de: germanWords }

/** True for a row of links, as at the top of a site's pages: capitals, no punctuation, no function word. */
const isMenu = (sentence: string, stopwords: ReadonlySet<string>) => {
  const words = sentence.match(/[\p{L}\p{M}]+/gu) ?? []
  return words.length >= 4 && !/[.!?:,]/.test(sentence) &&
    words.every((word) => /^\p{Lu}/u.test(word) && !stopwords.has(word.toLowerCase()))
}

/** The use that a word list gives the word; null if no list names it. It outranks the use in the sentence. */
const listedUse = (
  { key, spelling, use }: Pick<Word, "key" | "spelling" | "use">,
  language: ReadLanguage,
  library: LanguageLibrary
): WordUse | null => {
  const isIn = (list: ReadonlySet<string>) => list.has(spelling.toLowerCase()) || list.has(key)
  if (key.length < 3 || !/^\p{L}/u.test(key) || isIn(library.stopwords[language])) {
    return "function"
  }
  return use !== "time" && isIn(commonWords[language]) ? "common" : null
}
