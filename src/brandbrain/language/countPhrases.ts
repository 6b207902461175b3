import { Order } from "effect"

/** A phrase, and the number of items it appears in. */
export interface CountedPhrase {
  readonly phrase: string
  readonly items: number
}

/** Counts how often each phrase appears: the most frequent first, equally frequent ones in alphabetical order. */
export const countPhrases = (phrases: ReadonlyArray<string>): ReadonlyArray<CountedPhrase> => {
  const counts = new Map<string, number>()
  for (const phrase of phrases) {
    counts.set(phrase, (counts.get(phrase) ?? 0) + 1)
  }
  return [...counts].map(([phrase, items]) => ({ phrase, items })).sort(mostFrequent)
}

const mostFrequent: Order.Order<CountedPhrase> = Order.combine(
  Order.reverse(Order.mapInput(Order.number, (each: CountedPhrase) => each.items)),
  Order.mapInput(Order.string, (each: CountedPhrase) => each.phrase)
)

/**
 * The part divided by the whole, to four decimals; 0 when the whole is 0.
 *
 * Pass sums of integers: they don't depend on the order of adding.
 */
export const ratio = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 10_000
