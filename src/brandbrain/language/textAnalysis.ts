import type { EvidenceItem } from "../evidence/EvidenceItem.ts"

/**
 * The number of characters read of one text.
 *
 * A 60 kB caption pasted from elsewhere must decide neither the brand's subjects nor the cost of an analysis.
 * Its full length still counts as its length.
 */
const readUpTo = 4_000

/** An item's own text: title, text and transcript, each once. */
export const textOf = (item: EvidenceItem): string =>
  [...new Set([item.title, item.text_primary, item.text_secondary])]
    .flatMap((text) => text === null ? [] : [truncate(text, readUpTo)])
    .join("\n")

/** The first `most` characters of the text, without half a character at the end. */
export const truncate = (text: string, most: number): string => text.slice(0, most).replace(/\p{Surrogate}$/u, "")

/** Lower case with plain apostrophes, as the lexicon is written. */
export const foldCase = (text: string): string => text.toLowerCase().replace(/[’‘`]/g, "'")

/** The first sentence a reader sees, without hashtags and without emoji at its end. */
export const openingLine = (item: EvidenceItem): string =>
  splitSentences(truncate(item.text_primary ?? item.title ?? "", readUpTo)).find((each) => /\p{L}/u.test(each)) ?? ""

/** Splits a text into sentences, without hashtags and without emoji at their ends. */
export const splitSentences = (text: string): ReadonlyArray<string> =>
  text.split(sentenceEnd).map(trimSentence).filter((sentence) => sentence !== "")

const emoji =
  /(?:\p{Regional_Indicator}{2}|(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F)\p{Emoji_Modifier}?(?:\u200D\p{Extended_Pictographic}\uFE0F?\p{Emoji_Modifier}?)*)/u
    .source

/**
 * A line break ends a sentence. So does a full stop, unless lower case follows ("5 a.m. on").
 * So does an emoji before a capital, but not in "I ❤️ Rome".
 */
const sentenceEnd = new RegExp(
  `\\n+|(?<=[.!?…]["”’)]*)\\s+(?=[^\\p{Ll}\\s])|(?<=.{15}${emoji})\\s+(?=\\p{Lu})`,
  "u"
)

// The lookbehind makes this quadratic case linear: a caption of nothing but emoji would be scanned again from each.
const emojiAtEnd = new RegExp(`(?<!${emoji}\\s?)(?:\\s?${emoji})+$`, "u")

const trimSentence = (text: string) =>
  text.replace(/#[\p{L}\p{N}_]+/gu, "").replace(/\s+/g, " ").trim().replace(emojiAtEnd, "")

/** Counts code points, which is close to the characters a reader sees. */
export const countCharacters = (text: string): number => {
  let count = 0
  for (const _ of text) {
    count++
  }
  return count
}

/** Counts visible emoji: a skin tone, a flag or a joined family is one. */
export const countEmoji = (text: string): number => text.match(new RegExp(emoji, "gu"))?.length ?? 0

/** True if the text has the phrase as whole words. Both are in lower case. */
export const hasPhrase = (text: string, phrase: string): boolean => {
  for (let start = text.indexOf(phrase); start !== -1; start = text.indexOf(phrase, start + 1)) {
    if (!isLetter(text[start - 1]) && !isLetter(text[start + phrase.length])) {
      return true
    }
  }
  return false
}

const isLetter = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}]/u.test(character)
