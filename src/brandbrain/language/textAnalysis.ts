import type { EvidenceItem } from "../evidence/EvidenceItem.ts"

/**
 * How much of one text is read for what it says.
 *
 * The length counts in full, but one 60 kB caption pasted from elsewhere must
 * not decide what a brand talks about, nor what an analysis costs.
 */
const readUpTo = 4_000

/** What an item says in the brand's own words: title, text and transcript, each once. */
export const words = (item: EvidenceItem): string =>
  [...new Set([item.title, item.text_primary, item.text_secondary])]
    .flatMap((text) => text === null ? [] : [cut(text, readUpTo)])
    .join("\n")

/** The beginning of the text, without half a character at its end. */
export const cut = (text: string, most: number): string => text.slice(0, most).replace(/\p{Surrogate}$/u, "")

/** Lower case with plain apostrophes, as the lexicon is written. */
export const plain = (text: string): string => text.toLowerCase().replace(/[’‘`]/g, "'")

/** What a reader sees first: the opening sentence, without its hashtags and the emoji at its end. */
export const openingLine = (item: EvidenceItem): string =>
  sentences(cut(item.text_primary ?? item.title ?? "", readUpTo)).find((each) => /\p{L}/u.test(each)) ?? ""

/** Whole sentences, without the hashtags of a caption and the emoji at their ends. */
export const sentences = (text: string): ReadonlyArray<string> =>
  text.split(sentenceEnd).map(trimmed).filter((sentence) => sentence !== "")

const emoji =
  /(?:\p{Regional_Indicator}{2}|(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F)\p{Emoji_Modifier}?(?:\u200D\p{Extended_Pictographic}\uFE0F?\p{Emoji_Modifier}?)*)/u
    .source

/**
 * A line ends a sentence, and so does a full stop, unless what follows goes on in lower case ("5 a.m. on").
 * So does an emoji before a capital, but not in "I ❤️ Rome".
 */
const sentenceEnd = new RegExp(
  `\\n+|(?<=[.!?…]["”’)]*)\\s+(?=[^\\p{Ll}\\s])|(?<=.{15}${emoji})\\s+(?=\\p{Lu})`,
  "u"
)

// Looked for only where a run of emoji begins, or a caption of nothing else would be gone through again from each.
const emojiAtTheEnd = new RegExp(`(?<!${emoji}\\s?)(?:\\s?${emoji})+$`, "u")

const trimmed = (text: string) =>
  text.replace(/#[\p{L}\p{N}_]+/gu, "").replace(/\s+/g, " ").trim().replace(emojiAtTheEnd, "")

/** Characters as a reader counts them, near enough: code points. */
export const length = (text: string): number => {
  let count = 0
  for (const _ of text) {
    count++
  }
  return count
}

/** Emoji, one for each picture seen: skin tones, flags and joined families do not count twice. */
export const emojiCount = (text: string): number => text.match(new RegExp(emoji, "gu"))?.length ?? 0

/** True when the phrase stands in the text as whole words. Both are in lower case. */
export const hasPhrase = (text: string, phrase: string): boolean => {
  for (let found = text.indexOf(phrase); found !== -1; found = text.indexOf(phrase, found + 1)) {
    if (!isLetter(text[found - 1]) && !isLetter(text[found + phrase.length])) {
      return true
    }
  }
  return false
}

/**
 * The words that a hashtag is made of, where they are known: `roastdays` are roast days.
 *
 * `vocabulary` holds words as they are spelled, in lower case. At most three are looked for.
 */
export const unjoined = (hashtag: string, vocabulary: ReadonlySet<string>): ReadonlyArray<string> =>
  split(hashtag, vocabulary, 3) ?? [hashtag]

const split = (text: string, known: ReadonlySet<string>, most: number): ReadonlyArray<string> | null => {
  if (known.has(text)) {
    return [text]
  }
  const longest = most > 1 ? text.length - 3 : 0
  for (let end = longest; end >= 3; end--) {
    const rest = known.has(text.slice(0, end)) ? split(text.slice(end), known, most - 1) : null
    if (rest !== null) {
      return [text.slice(0, end), ...rest]
    }
  }
  return null
}

/** Every word of the text in lower case. Of hashtags only those that show their words, such as #DirectTrade. */
export const vocabulary = (text: string): ReadonlyArray<string> =>
  plain(text.replace(/#[\p{Ll}\p{N}_]+(?![\p{L}\p{N}_])/gu, "").replace(/(?<=\p{Ll})(?=\p{Lu})/gu, " ")).match(
    /\p{L}+/gu
  ) ?? []

const isLetter = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}]/u.test(character)
