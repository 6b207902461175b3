import { Effect } from "effect"
import type { Answers } from "../brands/answers.ts"
import type { EvidenceItem } from "../evidence/EvidenceItem.ts"
import { countPhrases } from "../language/countPhrases.ts"
import { detectLanguages } from "../language/detectLanguages.ts"
import type { Languages } from "../language/detectLanguages.ts"
import type { LanguageLibrary } from "../language/languageLibrary.ts"
import { keysIn, readWords } from "../language/readWords.ts"
import { textOf } from "../language/textAnalysis.ts"
import type { ReadLanguage } from "../language/Word.ts"
import { brandWords } from "./brandWords.ts"
import type { BrandWords } from "./brandWords.ts"
import { findSubjects } from "./findSubjects.ts"
import type { ReadItem } from "./findSubjects.ts"
import type { Subject } from "./Subject.ts"

/** The languages and subjects of a bundle, before a draft is made of them. */
export interface BundleReading {
  readonly languages: Languages
  readonly subjects: ReadonlyArray<Subject>
  readonly brand: BrandWords
}

/** Reads a bundle item by item. Between items heartbeats get a turn, since a long text takes a tenth of a second. */
export const readBundle = Effect.fn("readBundle")(function*(
  { answers, brandName, bundle }: {
    readonly brandName: string
    readonly answers: Answers
    readonly bundle: ReadonlyArray<EvidenceItem>
  },
  library: LanguageLibrary
) {
  const languages = detectLanguages(bundle, library.detect)
  const cached = { ...library, tagWords: memoise(library.tagWords) }
  const matters = isWorthReading(bundle, languages, cached)
  const items = yield* Effect.forEach(bundle, (item) =>
    // A yield would continue in the same turn of the event loop; a sleep does not.
    Effect.zipRight(Effect.sleep(0), Effect.sync(() => readItem(item, languages.of(item), cached, matters))))
  const brand = brandWords(brandName, answers["tier0.what_we_do"] ?? "", bundle)
  return { languages, brand, subjects: findSubjects(items, brand) } satisfies BundleReading
})

const readItem = (
  item: EvidenceItem,
  code: string | null,
  library: LanguageLibrary,
  matters: (key: string) => boolean
): ReadItem =>
  isReadLanguage(code)
    ? { item, language: code, sentences: readWords(textOf(item), code, library, matters) }
    : { item, language: null, sentences: [] }

const isReadLanguage = (code: string | null): code is ReadLanguage => code === "en" || code === "de"

/** Keeps the costly reading to words in two items or in a hashtag, since no other word becomes a subject. */
const isWorthReading = (bundle: ReadonlyArray<EvidenceItem>, languages: Languages, library: LanguageLibrary) => {
  const counted = countPhrases(bundle.flatMap((item) => {
    const language = languages.of(item)
    return isReadLanguage(language) ? [...new Set(keysIn(textOf(item), language, library))] : []
  }))
  const shared = new Set(counted.filter(({ items }) => items >= 2).map(({ phrase }) => phrase))
  const tags = withoutAccents(bundle.flatMap(({ hashtags }) => hashtags).join(" "))
  // The last letter may belong to an ending: puppies, puppy.
  return (key: string) => shared.has(key) || tags.includes(withoutAccents(key).slice(0, Math.max(3, key.length - 1)))
}

const withoutAccents = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "")

/** Remembers the result for each text, as captions and names repeat. */
const memoise = <A>(of: (text: string) => A): (text: string) => A => {
  const known = new Map<string, A>()
  return (text) => {
    const answer = known.get(text) ?? of(text)
    known.set(text, answer)
    return answer
  }
}
