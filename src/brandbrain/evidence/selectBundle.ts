import { Array, Order } from "effect"
import type { ContentType, Platform } from "../config/capability.ts"
import { engagement } from "./engagement.ts"
import type { EvidenceItem } from "./EvidenceItem.ts"

/** Of each group, this many of the newest are always in. */
export const newestPerGroup = 3

/** After the newest, this many of the best by engagement. */
export const bestPerGroup = 5

/** How much a bundle may hold. */
export interface BundleLimits {
  /** The cap of the capability that such items come from. */
  readonly capOf: (platform: Platform, contentType: ContentType) => number
  readonly maxItems: number
}

/**
 * Chooses the evidence that a snapshot is drawn from, best first.
 *
 * Per platform and content type the newest, then the best of the rest, at most
 * the cap; then the best of them all. Lists of other pages count only where the
 * web is all there is. The same items in any order give the same bundle.
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

// SQLite sorts by the same rules (`Evidence.candidates`): no date is oldest, no address comes first.
const newest: Order.Order<EvidenceItem> = Order.combineAll([
  Order.reverse(Order.mapInput(Order.number, (item: EvidenceItem) => item.published_at ?? -Infinity)),
  Order.mapInput(Order.string, (item: EvidenceItem) => item.canonical_url ?? ""),
  Order.mapInput(Order.string, (item: EvidenceItem) => item.id)
])

const best: Order.Order<EvidenceItem> = Order.combine(
  Order.reverse(Order.mapInput(Order.number, (item: EvidenceItem) => engagement(item.platform, item.metrics))),
  newest
)
