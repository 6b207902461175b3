import { countPhrases, ratio } from "./countPhrases.ts"
import type { Language } from "./Language.ts"
import type { EvidenceItem } from "../evidence/EvidenceItem.ts"
import { words } from "./textAnalysis.ts"

/** The languages of a bundle. */
export interface Languages {
  /** The language of an item by ISO 639-1; null where nothing says enough to tell. */
  readonly of: (item: EvidenceItem) => string | null
  /** The one that most items are in. */
  readonly main: Language | null
  /** The part of what the items say that is understood, by what is looked for. */
  readonly understood: Understood
  /** Sentences that tell a reader what is not. */
  readonly warnings: ReadonlyArray<string>
}

/** From 0 to 1: what confidence in a finding is multiplied by. */
export interface Understood {
  /** What the items are about. */
  readonly subjects: number
  /** How they are worded: claims, proof, tone and calls to action. */
  readonly wording: number
}

/** A language that is in neither of these is known by its hashtags alone, which are few. */
const readings: Readonly<Record<string, Understood>> = {
  en: { subjects: 1, wording: 1 },
  // Its nouns are told by their capitals. Of its wording we have no lists, but question marks and emoji are read.
  de: { subjects: 0.75, wording: 0.5 }
}
const unread: Understood = { subjects: 0.3, wording: 0.3 }

/** Of fewer words than this, no language can be told. */
const enough = 8

/** A language in less than this share of the items is more likely a wrong guess at a few words. */
const spoken = 0.2

/**
 * Tells which language each item is in.
 *
 * A short post is easily taken for another language. So an item counts as of the language of them all together, unless
 * enough items are of its own. The same items in any order give the same languages.
 */
export const tellLanguages = (
  bundle: ReadonlyArray<EvidenceItem>,
  detect: (text: string) => string | null
): Languages => {
  const texts = new Map(bundle.map((item) => [item, prose(item)]))
  const guesses = new Map([...texts].map(([item, text]) => [item, detect(text)]))
  const all = [...texts.values()].sort().join("\n")
  const together = (all.match(/\p{L}+/gu) ?? []).length < enough ? null : detect(all)
  const frequent = new Set(
    countPhrases([...guesses.values()].flatMap((guess) => guess === null ? [] : [guess]))
      .filter(({ items }) => items >= spoken * bundle.length)
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
    shares.reduce((sum, { code, share_of_items }) => sum - share_of_items * (1 - (readings[code] ?? unread)[of]), 1)
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
    readings[code] === undefined
      ? `${which}, which is not read: its pillars are what hashtags name, and all that rests on evidence is unsure`
      : `${which}, of which only the subjects are read: claims, proof, tone, hooks and calls to action are looked for in English, so what rests on evidence is less sure`
  ]
}

/** The beginning, which is enough, without what is of no language. A bar would be taken for the full stop of Hindi. */
const prose = (item: EvidenceItem) =>
  words(item).replace(/https?:\S+|[#@][\p{L}\p{N}_.]+|\|/gu, " ").replace(/\s+/g, " ").trim().slice(0, 400)
