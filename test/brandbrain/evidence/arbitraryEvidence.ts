import * as fc from "fast-check"
import type { EvidenceItem } from "../../../src/brandbrain/evidence/EvidenceItem.ts"

const groups = [
  ["instagram", "post"],
  ["instagram", "reel"],
  ["linkedin", "text_post"],
  ["tiktok", "short_video"],
  ["youtube", "video"],
  ["web", "web_page"]
] as const

const sentence = fc.array(
  fc.constantFrom(
    "Why",
    "boots",
    "crack",
    "leather",
    "soles",
    "resoling",
    "how to",
    "you",
    "tell us",
    "link in bio",
    "😅",
    "30 %",
    "we never",
    "glue",
    "every pair",
    "same day",
    "?",
    "!",
    ".",
    "\n",
    "#resoled",
    "walkers",
    "oak tanned"
  ),
  { maxLength: 25 }
).map((each) => each.join(" "))

// Few values, so that ties are as common as differences.
const count = fc.option(fc.constantFrom(0, 1, 2, 3, 10, 0.1), { nil: null })

/** An evidence item as the database keeps it; `id` makes it the only one of its kind. */
export const evidenceItem = (id: string): fc.Arbitrary<EvidenceItem> =>
  fc.record({
    group: fc.constantFrom(...groups),
    published_at: fc.option(fc.constantFrom(1, 2, 3, 1_700_000_000_000), { nil: null }),
    address: fc.option(fc.constantFrom("a", "b"), { nil: null }),
    text: fc.option(sentence, { nil: null }),
    second: fc.option(sentence, { nil: null }),
    hashtags: fc.uniqueArray(fc.constantFrom("boots", "resoled", "oaktanned"), { maxLength: 3 }),
    collection: fc.boolean(),
    transcript: fc.boolean(),
    metrics: fc.record({ likes: count, comments: count, views: count, plays: count, shares: count, saves: count })
  }).map(({ address, collection, group: [platform, content_type], metrics, second, text, transcript, ...rest }) => ({
    id,
    platform,
    content_type,
    external_id: platform === "web" ? null : id,
    canonical_url: platform === "web"
      ? `https://cobble.example/${id}`
      : address === null
      ? null
      : `https://${platform}.example/${address}`,
    author_ref: null,
    title: null,
    text_primary: text,
    text_secondary: second,
    metrics,
    media: [],
    flags: {
      has_transcript: transcript,
      is_low_value: false,
      is_collection_page: platform === "web" && collection
    },
    raw_refs: [],
    ...rest
  }))

/** Up to so many items, each with an id of its own. */
export const evidenceItems = (maxLength: number): fc.Arbitrary<ReadonlyArray<EvidenceItem>> =>
  fc.nat({ max: maxLength }).chain((length) =>
    fc.tuple(...Array.from({ length }, (_, index) => evidenceItem(`item-${String(index).padStart(3, "0")}`)))
  )
