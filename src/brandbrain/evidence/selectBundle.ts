import { Array, Order } from "effect"
import type { ContentType, Platform } from "../config/capability.ts"
import { engagement } from "./engagement.ts"
import type { EvidenceItem } from "./EvidenceItem.ts"

/** The number of newest items that are always taken from a group. */
export const newestPerGroup = 3

/** The number of best items by engagement that are taken after the newest. */
export const bestPerGroup = 5

/** The limits of a bundle. */
export interface BundleLimits {
  /** The cap of the capability that gathers such items. */
  readonly capOf: (platform: Platform, contentType: ContentType) => number
  readonly maxItems: number
}

/**
 * Selects the evidence for a snapshot, best first.
 *
 * From each platform and content type it takes the newest and then the best of the rest, up to the cap; then the best
 * of all groups together. Pages that list other pages count only if the brand has nothing but web pages. The result
 * does not depend on the order of the items.
 */
export const selectBundle = (
  items: ReadonlyArray<EvidenceItem>,
  limits: BundleLimits
): ReadonlyArray<EvidenceItem> => {
  const webOnly = items.every((item) => item.platform === "web")
  const groups = Array.groupBy(
    items.filter((item) => webOnly || !item.flags.is_collection_page),
    (item) => `${item.platform} ${item.content_type}`
  )
  return Object.values(groups)
    .flatMap((group) => selectGroup(group, limits))
    .sort(best)
    .slice(0, limits.maxItems)
}

const selectGroup = (
  group: Array.NonEmptyReadonlyArray<EvidenceItem>,
  limits: BundleLimits
): ReadonlyArray<EvidenceItem> => {
  const [first] = group
  const byAge = [...group].sort(newest)
  return [
    ...byAge.slice(0, newestPerGroup),
    ...byAge.slice(newestPerGroup).sort(best).slice(0, bestPerGroup)
  ].slice(0, limits.capOf(first.platform, first.content_type))
}

// `Evidence.findCandidates` sorts by the same rules in SQL: no date is oldest, and no address comes first.
const newest: Order.Order<EvidenceItem> = Order.combineAll([
  Order.reverse(Order.mapInput(Order.number, (item: EvidenceItem) => item.published_at ?? -Infinity)),
  Order.mapInput(Order.string, (item: EvidenceItem) => item.canonical_url ?? ""),
  Order.mapInput(Order.string, (item: EvidenceItem) => item.id)
])

const best: Order.Order<EvidenceItem> = Order.combine(
  Order.reverse(Order.mapInput(Order.number, (item: EvidenceItem) => engagement(item.platform, item.metrics))),
  newest
)
