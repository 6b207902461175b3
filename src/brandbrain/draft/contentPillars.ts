import { Order } from "effect"
import { engagement } from "../evidence/engagement.ts"
import type { EvidenceItem } from "../evidence/EvidenceItem.ts"
import { isFeedTag } from "../language/commonWords.ts"
import { countPhrases, ratio } from "../language/countPhrases.ts"
import { singular } from "../language/englishWords.ts"
import { countCharacters, foldCase, hasPhrase, openingLine, textOf, truncate } from "../language/textAnalysis.ts"
import type { BrandWords } from "../subjects/brandWords.ts"
import type { Subject } from "../subjects/Subject.ts"

/** A subject that the brand returns to, and how it writes about it. */
export interface Pillar {
  readonly name: string
  readonly item_count: number
  readonly share_of_items: number
  readonly keywords: ReadonlyArray<string>
  readonly hashtags: ReadonlyArray<string>
  /** The opening line of the item with the most engagement. */
  readonly best_opening: string | null
  /** The median length of these items, in characters. */
  readonly usual_length: number
}

/** A pillar with its evidence, best first. */
export interface BackedPillar {
  readonly pillar: Pillar
  readonly items: ReadonlyArray<EvidenceItem>
}

/** More pillars would be a list, not guidance. */
const maxPillars = 5

/** A subject in a smaller share of the items was mentioned once and not returned to. */
const minShare = 0.1

/** A subject in a larger share of the items is what the brand is, not what it talks about. */
const maxShare = 0.5

/** Among this many items, two share a single word by chance. */
const chanceFrom = 10

/** Two subjects are one if they share this much of the smaller one's items. A subject with hashtags takes more. */
const sameFrom = 0.6
const sameFromTagged = 0.75

/**
 * Chooses what the brand talks about, the most frequent first.
 *
 * Goes through the subjects that several items share, the strongest first. One that mostly repeats a chosen pillar
 * becomes a keyword of it.
 */
export const contentPillars = ({ brand, bundle, seeds, subjects }: {
  readonly bundle: ReadonlyArray<EvidenceItem>
  readonly subjects: ReadonlyArray<Subject>
  readonly brand: BrandWords
  /** Subjects that the brand named itself. They come first, however few items they have. */
  readonly seeds: ReadonlyArray<string>
}): ReadonlyArray<BackedPillar> => {
  const seeded = new Set(seeds.slice(0, maxPillars).map((seed) => subjectOfSeed(bundle, seed)))
  const pillars: Array<{ readonly subject: Subject; readonly keywords: Array<Subject> }> = [...seeded].map(
    (subject) => ({ subject, keywords: [] })
  )
  for (const subject of sharedSubjects(subjects, bundle.length)) {
    const near = (share: number) => pillars.find((pillar) => overlap(pillar.subject, subject) >= share)
    const canStand = pillars.length < maxPillars && subject.items.size >= bundle.length * minShare &&
      !brand.isTrade(subject.name)
    if (canStand && near(subject.tagged.size >= 2 ? sameFromTagged : sameFrom) === undefined) {
      pillars.push({ subject, keywords: [] })
    } else {
      near(sameFrom)?.keywords.push(subject)
    }
  }
  const rank = ({ subject }: { readonly subject: Subject }) => seeded.has(subject) ? Infinity : subject.items.size
  return pillars
    .toSorted((a, b) => rank(a) === rank(b) ? 0 : rank(b) - rank(a))
    .map(({ keywords, subject }) => describePillar(subject, keywords, brand, bundle.length))
}

const describePillar = (
  subject: Subject,
  keywords: ReadonlyArray<Subject>,
  brand: BrandWords,
  bundleSize: number
): BackedPillar => {
  const items = [...subject.items].sort(best)
  const hashtags = countPhrases(items.flatMap((item) => item.hashtags))
    .map(({ phrase }) => phrase)
    .filter((tag) => !isFeedTag(tag) && !brand.isTag(tag))
    .slice(0, 3)
  const untagged = keywords.filter(({ name }) => !hashtags.includes(name))
  return {
    items,
    pillar: {
      name: usualSpelling(subject).replace(/^\p{L}/u, (letter) => letter.toUpperCase()),
      item_count: items.length,
      share_of_items: ratio(items.length, bundleSize),
      keywords: withoutRepeats(subject, untagged).slice(0, 5).map(usualSpelling),
      hashtags,
      best_opening: items.map((item) => truncate(openingLine(item), 160)).find((line) => line !== "") ?? null,
      usual_length: median(items.map((item) => countCharacters(item.text_primary ?? "")))
    }
  }
}

/** The keywords that repeat no word of the subject or of an earlier keyword. */
const withoutRepeats = (subject: Subject, keywords: ReadonlyArray<Subject>): ReadonlyArray<Subject> => {
  const seen = new Set(subject.name.split(" "))
  return keywords.filter(({ name }) => {
    const parts = name.split(" ")
    const isNew = !parts.some((word) => seen.has(word))
    parts.forEach((word) => seen.add(word))
    return isNew
  })
}

/** A subject that the brand named, with the items that use those words. */
const subjectOfSeed = (bundle: ReadonlyArray<EvidenceItem>, seed: string): Subject => ({
  name: foldCase(seed).split(/\s+/).map(singular).join(" "),
  items: new Set(bundle.filter((item) => hasPhrase(foldCase(textOf(item)), foldCase(seed)))),
  tagged: new Set(),
  spellings: [seed]
})

/**
 * The subjects of more than one item, but not of almost all, the strongest first.
 *
 * A single word also needs a hashtag, or an item that repeats it: any word appears somewhere, but the word for a
 * subject is repeated.
 */
const sharedSubjects = (subjects: ReadonlyArray<Subject>, itemCount: number): ReadonlyArray<Subject> => {
  const tooMany = Math.max(2, itemCount * maxShare)
  return subjects.filter(({ items, name, spellings, tagged }) => {
    const isOneWord = tagged.size === 0 && !name.includes(" ") && itemCount >= chanceFrom
    return items.size <= tooMany && (isOneWord ? items.size >= 3 && spellings.length > items.size : items.size >= 2)
  }).toSorted(strongest)
}

/** By the number of items. Two words count double, and so do hashtags. */
const strongest: Order.Order<Subject> = Order.combine(
  Order.reverse(
    Order.mapInput(
      Order.number,
      ({ items, name, tagged }: Subject) => items.size * (name.includes(" ") ? 2 : 1) * (tagged.size >= 2 ? 2 : 1)
    )
  ),
  Order.mapInput(Order.string, ({ name }: Subject) => name)
)

const best: Order.Order<EvidenceItem> = Order.combine(
  Order.reverse(Order.mapInput(Order.number, (item: EvidenceItem) => engagement(item.platform, item.metrics))),
  Order.mapInput(Order.string, (item: EvidenceItem) => item.id)
)

/** The share of the smaller subject's items that both have. 1 if one name contains the other. */
const overlap = (a: Subject, b: Subject) => {
  const [few, many] = a.items.size < b.items.size ? [a.items, b.items] : [b.items, a.items]
  return contains(b.name, a.name) || contains(a.name, b.name)
    ? 1
    : [...few].filter((item) => many.has(item)).length / few.size
}

const usualSpelling = ({ name, spellings }: Subject) => countPhrases(spellings)[0]?.phrase ?? name

const contains = (whole: string, part: string) => ` ${whole} `.includes(` ${part} `)

const median = (numbers: ReadonlyArray<number>) => numbers.toSorted(Order.number)[Math.floor(numbers.length / 2)] ?? 0
