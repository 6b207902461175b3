/** A language whose words are told apart. */
export type ReadLanguage = "en" | "de"

/**
 * The part that a word plays in its sentence.
 *
 * `function` words carry no meaning of their own; `common` words appear in any account's posts, in every trade.
 */
export type WordUse = "noun" | "describes" | "verb" | "name" | "time" | "function" | "common"

/** One word at its place in a sentence. */
export interface Word {
  /** As written. */
  readonly spelling: string
  /** Lower case and folded, so that singular and plural are one word. */
  readonly key: string
  readonly use: WordUse
  /** It opens the sentence, where a capital letter says nothing. */
  readonly opens: boolean
  /** Only a space or a hyphen separates it from the word before. */
  readonly joined: boolean
  /** It stands where a thing can and a person cannot: after an article, a number, or a word like "without". */
  readonly asThing: boolean
  /** It stands after "in", as a place does. */
  readonly afterIn: boolean
}
