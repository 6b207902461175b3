import { Array, Order } from "effect"
import type { EvidenceItem } from "../evidence/EvidenceItem.ts"
import { countPhrases, ratio } from "../language/countPhrases.ts"
import type { CountedPhrase } from "../language/countPhrases.ts"
import { countCharacters, countEmoji, foldCase, hasPhrase, openingLine, textOf } from "../language/textAnalysis.ts"
import { callsToAction, hooks } from "./lexicon.ts"

/** Figures on how a set of evidence is written. Shares and means are rounded to four decimals. */
export interface Features {
  readonly item_count: number
  /** In characters of `text_primary`, over the items that have one. */
  readonly text_length: { readonly mean: number; readonly min: number; readonly max: number }
  /** Emoji per hundred characters. */
  readonly emoji_density: number
  readonly cta_phrases: ReadonlyArray<CountedPhrase>
  readonly cta_share: number
  readonly hook_phrases: ReadonlyArray<CountedPhrase>
  readonly hashtags: { readonly mean: number; readonly top: ReadonlyArray<CountedPhrase> }
  /** The share of items with a transcript. */
  readonly transcript_coverage: number
}

/** Figures on how the brand writes: overall, and on each platform of the bundle. */
export interface FeatureReport {
  readonly overall: Features
  readonly platforms: Readonly<Record<string, Features>>
}

/** Reports how the bundle is written. The result does not depend on the order of the items. */
export const reportFeatures = (bundle: ReadonlyArray<EvidenceItem>): FeatureReport => ({
  overall: features(bundle),
  platforms: Object.fromEntries(
    Object.entries(Array.groupBy(bundle, (item) => item.platform))
      .sort(([a], [b]) => Order.string(a, b))
      .map(([platform, items]) => [platform, features(items)])
  )
})

const features = (items: ReadonlyArray<EvidenceItem>): Features => {
  const texts = items.flatMap((item) => item.text_primary === null ? [] : [item.text_primary])
  const lengths = texts.map(countCharacters)
  const characters = sum(lengths)
  const said = items.map((item) => foldCase(textOf(item)))
  const openings = items.map((item) => foldCase(openingLine(item)))
  return {
    item_count: items.length,
    text_length: {
      mean: ratio(characters, lengths.length),
      min: lengths.reduce((least, each) => Math.min(least, each), lengths[0] ?? 0),
      max: lengths.reduce((most, each) => Math.max(most, each), 0)
    },
    emoji_density: ratio(100 * sum(texts.map(countEmoji)), characters),
    cta_phrases: countPhrases(said.flatMap((text) => callsToAction.filter((phrase) => hasPhrase(text, phrase)))),
    cta_share: ratio(
      said.filter((text) => callsToAction.some((phrase) => hasPhrase(text, phrase))).length,
      items.length
    ),
    hook_phrases: countPhrases(
      openings.flatMap((line) => hooks.flatMap(([name, pattern]) => pattern.test(line) ? [name] : []))
    ),
    hashtags: {
      mean: ratio(sum(items.map((item) => item.hashtags.length)), items.length),
      top: countPhrases(items.flatMap((item) => item.hashtags)).slice(0, 10)
    },
    transcript_coverage: ratio(items.filter((item) => item.flags.has_transcript).length, items.length)
  }
}

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, each) => total + each, 0)
