import { Effect } from "effect"

/** One word of a sentence, with all that it may be: `Noun`, `Gerund`, `FirstName` and the like. */
export interface TaggedWord {
  readonly text: string
  /** What stands between this word and the one before. */
  readonly before: string
  readonly tags: ReadonlySet<string>
}

/** What is known of languages by others than us. */
export interface LanguageLibrary {
  /** The likeliest language of a text, by ISO 639-1; null where the text says too little. */
  readonly detect: (text: string) => string | null
  /** The words of a language that carry no meaning of their own. */
  readonly stopwords: Readonly<Record<"en" | "de", ReadonlySet<string>>>
  /** The words of an English sentence. */
  readonly tagged: (sentence: string) => ReadonlyArray<TaggedWord>
}

/**
 * Loads the word lists when a draft is first written, not when the process starts.
 *
 * They take some hundred milliseconds and 30 MB, and most processes write no draft.
 */
export const languageLibrary: Effect.Effect<LanguageLibrary> = Effect.promise(async () => {
  const { deu, eng } = await import("stopword")
  const { detectAll } = await import("tinyld")
  const { default: nlp } = await import("compromise/two")
  return {
    detect: (text) => detectAll(text)[0]?.lang ?? null,
    stopwords: { en: new Set(eng), de: new Set(deu) },
    tagged: (sentence) => {
      let between = ""
      return (nlp(sentence).json(shape) as ReadonlyArray<Tagged>).flatMap(({ terms }) =>
        terms.map(({ post, pre, tags, text }) => {
          const before = between + pre
          between = post
          return { text, before, tags: new Set(tags) }
        })
      )
    }
  }
})

const shape = { text: false, terms: { text: true, pre: true, post: true, tags: true } }

interface Tagged {
  readonly terms: ReadonlyArray<
    { readonly text: string; readonly pre: string; readonly post: string; readonly tags: ReadonlyArray<string> }
  >
}
