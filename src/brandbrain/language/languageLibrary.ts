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
  /** The words of a language that carry no meaning of their own, and its days and months, which say when and not what. */
  readonly stopwords: Readonly<Record<"en" | "de", ReadonlySet<string>>>
  /** The words of an English sentence. */
  readonly tagged: (sentence: string) => ReadonlyArray<TaggedWord>
}

/**
 * Loads the word lists when a draft is first written, not when the process starts.
 *
 * They take up to a second and 50 MB, and most processes write no draft.
 */
export const languageLibrary: Effect.Effect<LanguageLibrary> = Effect.suspend(() =>
  loaded === null ? Effect.promise(load) : Effect.succeed(loaded)
)

/** Like a module that is imported, it is loaded once in a process. */
let loaded: LanguageLibrary | null = null

const load = async (): Promise<LanguageLibrary> => {
  const { deu, eng } = await import("stopword")
  const { detectAll } = await import("tinyld")
  const { default: nlp } = await import("compromise/two")
  return loaded = {
    detect: (text) => detectAll(text)[0]?.lang ?? null,
    stopwords: { en: new Set([...eng, ...daysAndMonths("en")]), de: new Set([...deu, ...daysAndMonths("de")]) },
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
}

const daysAndMonths = (language: string): ReadonlyArray<string> => {
  const told = (options: Intl.DateTimeFormatOptions, dates: ReadonlyArray<number>) => {
    const format = new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" })
    return dates.map((date) => format.format(date).toLowerCase())
  }
  const days = Array.from({ length: 7 }, (_, day) => Date.UTC(2024, 0, 1 + day))
  const months = Array.from({ length: 12 }, (_, month) => Date.UTC(2024, month))
  return [...told({ weekday: "long" }, days), ...told({ month: "long" }, months)]
}

const shape = { text: false, terms: { text: true, pre: true, post: true, tags: true } }

interface Tagged {
  readonly terms: ReadonlyArray<
    { readonly text: string; readonly pre: string; readonly post: string; readonly tags: ReadonlyArray<string> }
  >
}
