import { Array, Order } from "effect"
import type { EvidenceItem } from "../evidence/EvidenceItem.ts"
import { callsToAction, hooks } from "./lexicon.ts"
import { emojiCount, hasPhrase, length, openingLine, plain, words } from "../language/textAnalysis.ts"

/** Something said, and in how many items. */
export interface Counted {
  readonly phrase: string
  readonly items: number
}

/** How a set of evidence is written. Shares and means are rounded to four decimals. */
export interface Features {
  readonly item_count: number
  /** Characters of `text_primary`, over the items that have one. */
  readonly text_length: { readonly mean: number; readonly min: number; readonly max: number }
  /** Emoji in a hundred characters. */
  readonly emoji_density: number
  readonly cta_phrases: ReadonlyArray<Counted>
  readonly cta_share: number
  readonly hook_phrases: ReadonlyArray<Counted>
  readonly hashtags: { readonly mean: number; readonly top: ReadonlyArray<Counted> }
  /** The share of items whose spoken words are known. */
  readonly transcript_coverage: number
}

/** How the brand writes, over all and on each platform that the bundle holds. */
export interface FeatureReport {
  readonly overall: Features
  readonly platforms: Readonly<Record<string, Features>>
}

/** Counts how the bundle is written. The same items in any order give the same report. */
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
  const lengths = texts.map(length)
  const characters = sum(lengths)
  const said = items.map((item) => plain(words(item)))
  const openings = items.map((item) => plain(openingLine(item)))
  return {
    item_count: items.length,
    text_length: {
      mean: ratio(characters, lengths.length),
      min: lengths.reduce((least, each) => Math.min(least, each), lengths[0] ?? 0),
      max: lengths.reduce((most, each) => Math.max(most, each), 0)
    },
    emoji_density: ratio(100 * sum(texts.map(emojiCount)), characters),
    cta_phrases: counted(said.flatMap((text) => callsToAction.filter((phrase) => hasPhrase(text, phrase)))),
    cta_share: ratio(
      said.filter((text) => callsToAction.some((phrase) => hasPhrase(text, phrase))).length,
      items.length
    ),
    hook_phrases: counted(
      openings.flatMap((line) => hooks.flatMap(([name, pattern]) => pattern.test(line) ? [name] : []))
    ),
    hashtags: {
      mean: ratio(sum(items.map((item) => item.hashtags.length)), items.length),
      top: counted(items.flatMap((item) => item.hashtags)).slice(0, 10)
    },
    transcript_coverage: ratio(items.filter((item) => item.flags.has_transcript).length, items.length)
  }
}

/** How often each phrase came, the most frequent first; phrases that came equally often by the alphabet. */
export const counted = (phrases: ReadonlyArray<string>): ReadonlyArray<Counted> => {
  const counts = new Map<string, number>()
  for (const phrase of phrases) {
    counts.set(phrase, (counts.get(phrase) ?? 0) + 1)
  }
  return [...counts].map(([phrase, items]) => ({ phrase, items })).sort(mostFrequent)
}

const mostFrequent: Order.Order<Counted> = Order.combine(
  Order.reverse(Order.mapInput(Order.number, (each: Counted) => each.items)),
  Order.mapInput(Order.string, (each: Counted) => each.phrase)
)

/** Part of a whole, 0 where there is no whole. Whole numbers go in, so the order of adding does not show. */
export const ratio = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 10_000

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, each) => total + each, 0)
