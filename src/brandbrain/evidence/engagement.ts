import type { Platform } from "../config/capability.ts"

/**
 * The engagement of an item: a weighted sum of its counts, 0 for a web page.
 *
 * Effort weighs more than attention: a comment more than a like, a share more than a view. Rows store the sum, so
 * after a change of weights they must be normalised again. It is finite, whatever a platform counts: a row holds no
 * other number.
 */
export const engagement = (platform: Platform, metrics: Readonly<Record<string, number | null>>): number =>
  Object.entries(weights[platform]).reduce(
    (sum, [metric, weight]) => Math.min(Number.MAX_VALUE, sum + weight * (metrics[metric] ?? 0)),
    0
  )

const weights: Readonly<Record<Platform, Readonly<Record<string, number>>>> = {
  instagram: { likes: 1, comments: 3, views: 0.1 },
  linkedin: { reactions: 1, likes: 1, comments: 3, reposts: 2 },
  tiktok: { plays: 0.01, likes: 1, comments: 3, shares: 4, saves: 2 },
  youtube: { views: 0.01, likes: 1, comments: 3 },
  web: {}
}
