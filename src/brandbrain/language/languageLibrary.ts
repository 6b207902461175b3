import { Effect } from "effect"

/** One word of a sentence with all its tags, such as `Noun`, `Gerund` or `FirstName`. */
export interface TaggedWord {
  readonly text: string
  /** The characters between this word and the one before. */
  readonly before: string
  readonly tags: ReadonlySet<string>
}

/** The language libraries behind one interface. */
export interface LanguageLibrary {
  /** The most likely language of a text by ISO 639-1; null if the text is too short. */
  readonly detect: (text: string) => string | null
  /** The words of a language without meaning of their own, and its days and months. */
  readonly stopwords: Readonly<Record<"en" | "de", ReadonlySet<string>>>
  /** Splits an English sentence into tagged words. */
  readonly tagWords: (sentence: string) => ReadonlyArray<TaggedWord>
}

/**
 * Loads the word lists when the first draft is written, not when the process starts.
 *
 * They take up to a second and 50 MB, and most processes write no draft.
 */
export const languageLibrary: Effect.Effect<LanguageLibrary> = Effect.suspend(() =>
  loaded === null ? Effect.promise(load) : Effect.succeed(loaded)
)

/** Loaded once per process, like an imported module. */
let loaded: LanguageLibrary | null = null

const load = async (): Promise<LanguageLibrary> => {
  const { deu, eng } = await import("stopword")
  const { detectAll } = await import("tinyld")
  const { default: nlp } = await import("compromise/two")
  return loaded = {
    detect: (text) => detectAll(text)[0]?.lang ?? null,
    stopwords: { en: new Set([...eng, ...daysAndMonths("en")]), de: new Set([...deu, ...daysAndMonths("de")]) },
    tagWords: (sentence) => {
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
  const format = (options: Intl.DateTimeFormatOptions, dates: ReadonlyArray<number>) => {
    const formatter = new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" })
    return dates.map((date) => formatter.format(date).toLowerCase())
  }
  const days = Array.from({ length: 7 }, (_, day) => Date.UTC(2024, 0, 1 + day))
  const months = Array.from({ length: 12 }, (_, month) => Date.UTC(2024, month))
  return [...format({ weekday: "long" }, days), ...format({ month: "long" }, months)]
}

const shape = { text: false, terms: { text: true, pre: true, post: true, tags: true } }

interface Tagged {
  readonly terms: ReadonlyArray<
    { readonly text: string; readonly pre: string; readonly post: string; readonly tags: ReadonlyArray<string> }
  >
}
