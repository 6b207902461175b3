/** The verdict on a source's newest run, with the reason in words. */
export type Freshness =
  | { readonly fresh: true; readonly reason: string; readonly ageHours: number }
  | { readonly fresh: false; readonly reason: string }

/** Judges whether the source's newest run may be reused. */
export const judgeFreshness = (options: {
  /** The end of the newest successful run in epoch milliseconds; null if there is none. */
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
