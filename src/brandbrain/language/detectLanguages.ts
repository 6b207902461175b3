import type { EvidenceItem } from "../evidence/EvidenceItem.ts"
import { countPhrases, ratio } from "./countPhrases.ts"
import type { Language } from "./Language.ts"
import { textOf } from "./textAnalysis.ts"

/** The languages of a bundle. */
export interface Languages {
  /** The item's language by ISO 639-1; null if nothing tells. */
  readonly of: (item: EvidenceItem) => string | null
  /** The language of most items. */
  readonly main: Language | null
  readonly understood: Understood
  /** Sentences that tell a reader which evidence was not fully understood. */
  readonly warnings: ReadonlyArray<string>
}

/** The part of the evidence that is understood, from 0 to 1. Confidence in a finding is multiplied by it. */
export interface Understood {
  /** For the subjects of the items. */
  readonly subjects: number
  /** For their wording: claims, proof, tone and calls to action. */
  readonly wording: number
}

const understoodOf: Readonly<Record<string, Understood>> = {
  en: { subjects: 1, wording: 1 },
  // Capitals mark German nouns. There are no lists for its wording, but question marks and emoji are read.
  de: { subjects: 0.75, wording: 0.5 }
}

/** Every other language is understood by its hashtags alone, which are few. */
const hashtagsOnly: Understood = { subjects: 0.3, wording: 0.3 }

/** A text with fewer words is too short to tell its language. */
const minWords = 8

/** A language with a smaller share of the items is more likely a wrong guess at a short text. */
const minShare = 0.2

/**
 * Detects the language of each item.
 *
 * A short post is easily mistaken for another language. So an item gets the language of all items together, unless
 * enough items share the language detected for it. The result does not depend on the order of the items.
 */
export const detectLanguages = (
  bundle: ReadonlyArray<EvidenceItem>,
  detect: (text: string) => string | null
): Languages => {
  const texts = new Map(bundle.map((item) => [item, prose(item)]))
  const guesses = new Map([...texts].map(([item, text]) => [item, detect(text)]))
  const all = [...texts.values()].sort().join("\n")
  const together = (all.match(/\p{L}+/gu) ?? []).length < minWords ? null : detect(all)
  const frequent = new Set(
    countPhrases([...guesses.values()].flatMap((guess) => guess === null ? [] : [guess]))
      .filter(({ items }) => items >= minShare * bundle.length)
      .map(({ phrase }) => phrase)
  )
  const of = (item: EvidenceItem) => {
    const guess = guesses.get(item) ?? null
    return guess !== null && together !== null && frequent.has(guess) ? guess : together
  }
  const shares = countPhrases(bundle.flatMap((item) => of(item) ?? [])).map(({ items, phrase }): Language => ({
    code: phrase,
    name: languageNames.of(phrase) ?? phrase,
    share_of_items: ratio(items, bundle.length)
  }))
  const mean = (of: keyof Understood) =>
    shares.reduce(
      (sum, { code, share_of_items }) => sum - share_of_items * (1 - (understoodOf[code] ?? hashtagsOnly)[of]),
      1
    )
  return {
    of,
    main: shares[0] ?? null,
    understood: { subjects: mean("subjects"), wording: mean("wording") },
    warnings: shares.flatMap(warning)
  }
}

const languageNames = new Intl.DisplayNames("en", { type: "language" })

const warning = ({ code, name, share_of_items: share }: Language): ReadonlyArray<string> => {
  if (code === "en") {
    return []
  }
  const which = share === 1 ? `The evidence is in ${name}` : `${Math.round(share * 100)}% of the evidence is in ${name}`
  return [
    understoodOf[code] === undefined
      ? `${which}, which is not read: its pillars come from hashtags only, and every statement from evidence is less sure`
      : `${which}, of which only the subjects are read: claims, proof, tone, hooks and calls to action are found in English only, so statements from evidence are less sure`
  ]
}

/** The beginning of the text, without links, tags and bars. A bar looks like the full stop of Hindi. */
const prose = (item: EvidenceItem) =>
  textOf(item).replace(/https?:\S+|[#@][\p{L}\p{N}_.]+|\|/gu, " ").replace(/\s+/g, " ").trim().slice(0, 400)
