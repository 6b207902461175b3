import { countPhrases, ratio } from "../language/countPhrases.ts"
import type { Subject } from "../language/Subject.ts"
import { Order } from "effect"
import type { BrandWords } from "../language/brandWords.ts"
import { isFeedTag } from "../language/commonWords.ts"
import { engagement } from "../evidence/engagement.ts"
import { singular } from "../language/englishWords.ts"
import type { EvidenceItem } from "../evidence/EvidenceItem.ts"
import { cut, hasPhrase, length, openingLine, plain, words } from "../language/textAnalysis.ts"

/** A subject that the brand keeps coming back to, and how it writes about it. */
export interface Pillar {
  readonly name: string
  readonly item_count: number
  readonly share_of_items: number
  readonly keywords: ReadonlyArray<string>
  readonly hashtags: ReadonlyArray<string>
  /** The opening line that did best among these items. */
  readonly best_opening: string | null
  /** The middle length of these items, in characters. */
  readonly usual_length: number
}

/** A pillar with the evidence it stands on, best first. */
export interface BackedPillar {
  readonly pillar: Pillar
  readonly items: ReadonlyArray<EvidenceItem>
}

/** More would be a list, not guidance. */
const most = 5

/** A subject in less than this share of the items is something the brand once spoke of. */
const often = 0.1

/** A subject in more than this share of the items is what the brand is, not what it chooses to talk about. */
const everywhere = 0.5

/** A single word that no hashtag names comes up by chance in two items of so many. */
const byChance = 10

/** Two subjects that share this much of the smaller one's items are one; if hashtags name it by itself, it takes more. */
const same = 0.6
const sameThoughTagged = 0.75

/**
 * What the brand talks about, most of all first.
 *
 * Of all subjects those that several items share are taken, the strongest first;
 * one that mostly repeats a chosen one becomes a keyword of it.
 */
export const contentPillars = ({ brand, bundle, seeds, subjects }: {
  readonly bundle: ReadonlyArray<EvidenceItem>
  readonly subjects: ReadonlyArray<Subject>
  readonly brand: BrandWords
  /** Subjects that the brand named itself: they come first, however little of them there is yet. */
  readonly seeds: ReadonlyArray<string>
}): ReadonlyArray<BackedPillar> => {
  const seeded = new Set(seeds.slice(0, most).map((seed) => seedSubject(bundle, seed)))
  const pillars: Array<{ readonly subject: Subject; readonly keywords: Array<Subject> }> = [...seeded].map(
    (subject) => ({ subject, keywords: [] })
  )
  for (const subject of shared(subjects, bundle.length)) {
    const near = (share: number) => pillars.find((pillar) => overlap(pillar.subject, subject) >= share)
    const canStand = pillars.length < most && subject.items.size >= bundle.length * often &&
      !brand.isTrade(subject.name)
    if (canStand && near(subject.tagged.size >= 2 ? sameThoughTagged : same) === undefined) {
      pillars.push({ subject, keywords: [] })
    } else {
      near(same)?.keywords.push(subject)
    }
  }
  const rank = ({ subject }: { readonly subject: Subject }) => seeded.has(subject) ? Infinity : subject.items.size
  return pillars.toSorted((a, b) => rank(a) === rank(b) ? 0 : rank(b) - rank(a)).map(({ keywords, subject }) => {
    const items = [...subject.items].sort(best)
    const hashtags = countPhrases(items.flatMap((item) => item.hashtags))
      .map(({ phrase }) => phrase)
      .filter((tag) => !isFeedTag(tag) && !brand.isTag(tag))
      .slice(0, 3)
    return {
      items,
      pillar: {
        name: spelled(subject).replace(/^\p{L}/u, (letter) => letter.toUpperCase()),
        item_count: items.length,
        share_of_items: ratio(items.length, bundle.length),
        keywords: telling(subject, keywords.filter(({ name }) => !hashtags.includes(name))).slice(0, 5).map(spelled),
        hashtags,
        best_opening: items.map((item) => cut(openingLine(item), 160)).find((line) => line !== "") ?? null,
        usual_length: median(items.map((item) => length(item.text_primary ?? "")))
      }
    }
  })
}

/** The keywords that repeat no word of the subject, nor of a keyword before them. */
const telling = (subject: Subject, keywords: ReadonlyArray<Subject>): ReadonlyArray<Subject> => {
  const said = new Set(subject.name.split(" "))
  return keywords.filter(({ name }) => {
    const parts = name.split(" ")
    const tells = !parts.some((word) => said.has(word))
    parts.forEach((word) => said.add(word))
    return tells
  })
}

/** A subject as the brand named it, with the items that speak of it in those words. */
const seedSubject = (bundle: ReadonlyArray<EvidenceItem>, seed: string): Subject => ({
  name: plain(seed).split(/\s+/).map(singular).join(" "),
  items: new Set(bundle.filter((item) => hasPhrase(plain(words(item)), plain(seed)))),
  tagged: new Set(),
  spellings: [seed]
})

/**
 * Those that more than one item is about, and not almost all, the strongest first.
 *
 * A single word needs more: a hashtag that names it, or some item that says it more than once. Words are used everywhere,
 * but what is spoken of is said again.
 */
const shared = (subjects: ReadonlyArray<Subject>, itemCount: number): ReadonlyArray<Subject> => {
  const tooMuch = Math.max(2, itemCount * everywhere)
  return subjects.filter(({ items, name, spellings, tagged }) => {
    const isOneWord = tagged.size === 0 && !name.includes(" ") && itemCount >= byChance
    return items.size <= tooMuch && (isOneWord ? items.size >= 3 && spellings.length > items.size : items.size >= 2)
  }).toSorted(strongest)
}

/** By how many items it is in: for twice as many when it is two words, and as many again when it is a hashtag. */
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

/** The part of the smaller subject's items that the other has too; all of them when one name holds the other. */
const overlap = (a: Subject, b: Subject) => {
  const [few, many] = a.items.size < b.items.size ? [a.items, b.items] : [b.items, a.items]
  return within(a.name, b.name) || within(b.name, a.name)
    ? 1
    : [...few].filter((item) => many.has(item)).length / few.size
}

const spelled = ({ name, spellings }: Subject) => countPhrases(spellings)[0]?.phrase ?? name

const within = (part: string, whole: string) => ` ${whole} `.includes(` ${part} `)

const median = (numbers: ReadonlyArray<number>) => numbers.toSorted(Order.number)[Math.floor(numbers.length / 2)] ?? 0
