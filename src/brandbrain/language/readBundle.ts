import { countPhrases } from "./countPhrases.ts"
import type { Subject } from "./Subject.ts"
import type { ReadLanguage } from "./Word.ts"
import { Effect } from "effect"
import type { Answers } from "../brands/answers.ts"
import { brandWords } from "./brandWords.ts"
import type { BrandWords } from "./brandWords.ts"
import type { EvidenceItem } from "../evidence/EvidenceItem.ts"
import type { LanguageLibrary } from "./languageLibrary.ts"
import { tellLanguages } from "./languages.ts"
import type { Languages } from "./languages.ts"
import { keysIn, readWords } from "./readWords.ts"
import { subjectsOf } from "./subjects.ts"
import type { ReadItem } from "./subjects.ts"
import { words } from "./textAnalysis.ts"

/** What was read in the evidence, before anything is made of it. */
export interface Reading {
  readonly languages: Languages
  readonly subjects: ReadonlyArray<Subject>
  readonly brand: BrandWords
}

/** Reads the bundle item by item, and lets heartbeats have a turn between two: a long text takes a tenth of a second. */
export const readBundle = Effect.fn("readBundle")(function*(
  { answers, brandName, bundle }: {
    readonly brandName: string
    readonly answers: Answers
    readonly bundle: ReadonlyArray<EvidenceItem>
  },
  library: LanguageLibrary
) {
  const languages = tellLanguages(bundle, library.detect)
  const once = { ...library, tagged: remembering(library.tagged) }
  const matters = mattering(bundle, languages, once)
  const items = yield* Effect.forEach(bundle, (item) =>
    // A yield goes on in the same turn of the event loop, and a sleep does not.
    Effect.zipRight(Effect.sleep(0), Effect.sync(() => readItem(item, languages.of(item), once, matters))))
  const brand = brandWords(brandName, answers["tier0.what_we_do"] ?? "", bundle)
  return { languages, brand, subjects: subjectsOf(items, brand) } satisfies Reading
})

const readItem = (
  item: EvidenceItem,
  code: string | null,
  library: LanguageLibrary,
  matters: (key: string) => boolean
): ReadItem =>
  isRead(code)
    ? { item, language: code, sentences: readWords(words(item), code, library, matters) }
    : { item, language: null, sentences: [] }

const isRead = (code: string | null): code is ReadLanguage => code === "en" || code === "de"

/** Looking closely costs much, and what is said in one item only, without a hashtag, is not a subject. */
const mattering = (bundle: ReadonlyArray<EvidenceItem>, languages: Languages, library: LanguageLibrary) => {
  const said = countPhrases(bundle.flatMap((item) => {
    const language = languages.of(item)
    return isRead(language) ? [...new Set(keysIn(words(item), language, library))] : []
  }))
  const shared = new Set(said.filter(({ items }) => items >= 2).map(({ phrase }) => phrase))
  const tags = bare(bundle.flatMap(({ hashtags }) => hashtags).join(" "))
  // The last letter may be that of an ending: puppies, puppy.
  return (key: string) => shared.has(key) || tags.includes(bare(key).slice(0, Math.max(3, key.length - 1)))
}

const bare = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "")

/** Captions repeat themselves, and so do names. */
const remembering = <A>(of: (text: string) => A): (text: string) => A => {
  const known = new Map<string, A>()
  return (text) => {
    const answer = known.get(text) ?? of(text)
    known.set(text, answer)
    return answer
  }
}
