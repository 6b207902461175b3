import { foldCase } from "./textAnalysis.ts"

/** A hashtag joins at most this many words. */
const maxWords = 3

/**
 * Splits a hashtag into the words it joins: `roastdays` becomes `roast`, `days`.
 *
 * `vocabulary` holds words in lower case. A tag that it doesn't explain stays whole.
 */
export const splitHashtag = (hashtag: string, vocabulary: ReadonlySet<string>): ReadonlyArray<string> =>
  splitInto(hashtag, vocabulary, maxWords) ?? [hashtag]

const splitInto = (text: string, known: ReadonlySet<string>, most: number): ReadonlyArray<string> | null => {
  if (known.has(text)) {
    return [text]
  }
  const longest = most > 1 ? text.length - 3 : 0
  for (let end = longest; end >= 3; end--) {
    const rest = known.has(text.slice(0, end)) ? splitInto(text.slice(end), known, most - 1) : null
    if (rest !== null) {
      return [text.slice(0, end), ...rest]
    }
  }
  return null
}

/** Every word of the text in lower case. A hashtag counts only if capitals show its words, as in #DirectTrade. */
export const vocabularyOf = (text: string): ReadonlyArray<string> =>
  foldCase(text.replace(/#[\p{Ll}\p{N}_]+(?![\p{L}\p{N}_])/gu, "").replace(/(?<=\p{Ll})(?=\p{Lu})/gu, " ")).match(
    /\p{L}+/gu
  ) ?? []
