/** Whether a source's newest run may be used again, and the words that say why. */
export type Freshness =
  | { readonly fresh: true; readonly reason: string; readonly ageHours: number }
  | { readonly fresh: false; readonly reason: string }

/** `finishedAt` is when the source's newest successful run ended, in epoch milliseconds; null when it has none. */
export const judgeFreshness = (options: {
  readonly finishedAt: number | null
  readonly now: number
  readonly ttlHours: number
  readonly forceRefresh: boolean
}): Freshness => {
  const { finishedAt, forceRefresh, now, ttlHours } = options
  if (forceRefresh) {
    return { fresh: false, reason: "force_refresh=True" }
  }
  if (finishedAt === null) {
    return { fresh: false, reason: "No successful run exists for this source" }
  }
  const hours = (now - finishedAt) / 3_600_000
  const age = `(${hours.toFixed(1)}h old, TTL=${ttlHours}h)`
  return hours <= ttlHours
    ? { fresh: true, reason: `Cached run is fresh ${age}`, ageHours: Number(hours.toFixed(1)) }
    : { fresh: false, reason: `Cached run is stale ${age}` }
}
