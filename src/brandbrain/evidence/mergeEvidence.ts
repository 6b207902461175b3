import { Order } from "effect"
import type { NormalisedItem } from "./EvidenceItem.ts"

/**
 * Merges an item that was found again into the known one.
 *
 * The newer values win. A missing value keeps the known one, since a scrape may lack what an earlier one had: a
 * transcript, a date, a count.
 */
export const mergeEvidence = <A extends NormalisedItem>(known: NormalisedItem, newer: A): A => {
  const text_primary = newer.text_primary ?? known.text_primary
  const text_secondary = newer.text_secondary ?? known.text_secondary
  const keptText = text_primary !== newer.text_primary ||
    // A page's description is not part of its text.
    (newer.platform !== "web" && text_secondary !== newer.text_secondary)
  const counts = Object.entries(newer.metrics).filter(([, count]) => count !== null)
  return {
    ...newer,
    canonical_url: newer.canonical_url ?? known.canonical_url,
    published_at: newer.published_at ?? known.published_at,
    author_ref: newer.author_ref ?? known.author_ref,
    title: newer.title ?? known.title,
    text_primary,
    text_secondary,
    hashtags: newer.hashtags.length > 0 ? newer.hashtags : known.hashtags,
    metrics: { ...newer.metrics, ...known.metrics, ...Object.fromEntries(counts) },
    media: newer.media.length > 0 ? newer.media : known.media,
    flags: {
      has_transcript: newer.flags.has_transcript || known.flags.has_transcript,
      is_low_value: newer.flags.is_low_value && (known.flags.is_low_value || !keptText),
      is_collection_page: newer.flags.is_collection_page
    },
    raw_refs: mergeRefs(known.raw_refs, newer.raw_refs)
  }
}

type RawRefs = NormalisedItem["raw_refs"]

/** Each reference once and in a fixed order, so that saving again changes nothing. */
const mergeRefs = (known: RawRefs, newer: RawRefs): RawRefs =>
  [...new Map([...known, ...newer].map((ref) => [`${ref.apify_run_id} ${ref.item_index}`, ref])).values()]
    .sort(byRunAndIndex)

const byRunAndIndex: Order.Order<RawRefs[number]> = Order.combine(
  Order.mapInput(Order.string, (ref) => ref.apify_run_id),
  Order.mapInput(Order.number, (ref) => ref.item_index)
)
