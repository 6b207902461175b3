import { Effect } from "effect"
import type { Answers } from "./answers.ts"
import { brandWords } from "./brandWords.ts"
import type { BrandWords } from "./brandWords.ts"
import type { EvidenceItem } from "./EvidenceItem.ts"
import type { LanguageLibrary } from "./languageLibrary.ts"
import { tellLanguages } from "./languages.ts"
import type { Languages } from "./languages.ts"
import { readWords } from "./readWords.ts"
import { subjectsOf } from "./subjects.ts"
import type { ReadItem, Subject } from "./subjects.ts"
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
  const items = yield* Effect.forEach(bundle, (item) =>
    // A yield goes on in the same turn of the event loop, and a sleep does not.
    Effect.zipRight(Effect.sleep(0), Effect.sync(() => readItem(item, languages.of(item), library))))
  const brand = brandWords(brandName, answers["tier0.what_we_do"] ?? "", bundle)
  return { languages, brand, subjects: subjectsOf(items, brand) } satisfies Reading
})

const readItem = (item: EvidenceItem, language: string | null, library: LanguageLibrary): ReadItem =>
  language === "en" || language === "de"
    ? { item, language, sentences: readWords(words(item), language, library) }
    : { item, language: null, sentences: [] }
