import { commonWords, salutation } from "./commonWords.ts"
import { englishWords } from "./englishWords.ts"
import { germanWords } from "./germanWords.ts"
import type { LanguageLibrary } from "./languageLibrary.ts"
import { sentences } from "./textAnalysis.ts"

/** The languages whose words are told apart. */
export type ReadLanguage = "en" | "de"

/**
 * What a word does in its sentence, as far as that is seen there.
 *
 * `function` words carry no meaning of their own, and `common` ones are posted by any account, whatever its trade.
 */
export type Use = "noun" | "describes" | "verb" | "name" | "time" | "function" | "common"

/** One word where it stands in a sentence. */
export interface Word {
  /** As it is written. */
  readonly spelling: string
  /** In lower case and folded, so that one thing and several are one. */
  readonly key: string
  readonly use: Use
  /** The first of a sentence, where a capital says nothing. */
  readonly opens: boolean
  /** Nothing but a space or hyphen parts it from the word before. */
  readonly joined: boolean
  /** Stands as a thing does and a person does not: after an article, a number, or a word like "without". */
  readonly asThing: boolean
  /** Stands as a place does. */
  readonly afterIn: boolean
}

/** The sentences of a text, without the greeting and the menu of a page, as the words of its language. */
export const readWords = (
  text: string,
  language: ReadLanguage,
  library: LanguageLibrary
): ReadonlyArray<ReadonlyArray<Word>> =>
  sentences(text.replace(salutation, ""))
    .map((sentence) => sentence.replace(/https?:\S+|[@#][\p{L}\p{N}_.]+/gu, "."))
    .filter((sentence) => !isMenu(sentence, library.stopwords[language]))
    .map((sentence) => readers[language](sentence, library))
    .map((words) => words.map((word) => ({ ...word, use: plainUse(word, language, library) ?? word.use })))

const readers = { en: englishWords, de: germanWords }

/** A row of links, such as stands above every page of a site: capitals, no stop, and no function word. */
const isMenu = (sentence: string, stopwords: ReadonlySet<string>) => {
  const words = sentence.match(/[\p{L}\p{M}]+/gu) ?? []
  return words.length >= 4 && !/[.!?:,]/.test(sentence) &&
    words.every((word) => /^\p{Lu}/u.test(word) && !stopwords.has(word.toLowerCase()))
}

/** A list's word for it goes before what the sentence makes of the word. */
const plainUse = ({ key, spelling, use }: Word, language: ReadLanguage, library: LanguageLibrary): Use | null => {
  const isIn = (list: ReadonlySet<string>) => list.has(spelling.toLowerCase()) || list.has(key)
  if (key.length < 3 || !/^\p{L}/u.test(key) || isIn(library.stopwords[language])) {
    return "function"
  }
  return use !== "time" && (isIn(commonWords[language]) || isIn(daysAndMonths[language])) ? "common" : null
}

/** They say when, and not what. */
const daysAndMonthsOf = (language: ReadLanguage): ReadonlySet<string> => {
  const told = (options: Intl.DateTimeFormatOptions, dates: ReadonlyArray<number>) =>
    dates.map((date) => new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).format(date).toLowerCase())
  const days = Array.from({ length: 7 }, (_, day) => Date.UTC(2024, 0, 1 + day))
  const months = Array.from({ length: 12 }, (_, month) => Date.UTC(2024, month))
  return new Set([...told({ weekday: "long" }, days), ...told({ month: "long" }, months)])
}

const daysAndMonths = { en: daysAndMonthsOf("en"), de: daysAndMonthsOf("de") }
