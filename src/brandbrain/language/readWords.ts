import type { ReadLanguage, Word, WordUse } from "./Word.ts"
import { commonWords, salutation } from "./commonWords.ts"
import { englishWords, singular } from "./englishWords.ts"
import { germanKey, germanWords } from "./germanWords.ts"
import type { LanguageLibrary } from "./languageLibrary.ts"
import { plain, sentences } from "./textAnalysis.ts"

/**
 * The sentences of a text that have a word which matters, as the words of its language.
 *
 * The greeting and the menu of a page are left out.
 */
export const readWords = (
  text: string,
  language: ReadLanguage,
  library: LanguageLibrary,
  matters: (key: string) => boolean
): ReadonlyArray<ReadonlyArray<Word>> =>
  sentences(text.replace(salutation, ""))
    .map((sentence) => sentence.replace(/https?:\S+|[@#][\p{L}\p{N}_.]+/gu, "."))
    .filter((sentence) => !isMenu(sentence, library.stopwords[language]))
    .filter((sentence) => keysIn(sentence, language, library).some(matters))
    .map((sentence) => readers[language](sentence, library))
    .map((words) => words.map((word) => ({ ...word, use: plainUse(word, language, library) ?? word.use })))

/** The keys of all words of the text that may be of a subject, by a glance that costs little. */
export const keysIn = (text: string, language: ReadLanguage, library: LanguageLibrary): ReadonlyArray<string> =>
  (plain(text).match(wordOf[language]) ?? [])
    .map((spelling) => ({ spelling, key: keyOf[language](spelling), use: "noun" as const }))
    .filter((word) => plainUse(word, language, library) === null)
    .map(({ key }) => key)

const wordOf = { en: /[\p{L}\p{M}]+/gu, de: /[\p{L}\p{M}]+(?:-[\p{L}\p{M}]+)*/gu }

/** The word in lower case and folded, as its language folds. */
export const keyOf: Readonly<Record<ReadLanguage, (word: string) => string>> = { en: singular, de: germanKey }

const readers = { en: englishWords, de: germanWords }

/** A row of links, such as stands above every page of a site: capitals, no stop, and no function word. */
const isMenu = (sentence: string, stopwords: ReadonlySet<string>) => {
  const words = sentence.match(/[\p{L}\p{M}]+/gu) ?? []
  return words.length >= 4 && !/[.!?:,]/.test(sentence) &&
    words.every((word) => /^\p{Lu}/u.test(word) && !stopwords.has(word.toLowerCase()))
}

/** A list's word for it goes before what the sentence makes of the word. */
const plainUse = (
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
