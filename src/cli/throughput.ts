import type { Count, Stats } from "../index.ts"
import { countText, sumOf } from "./describeStats.ts"
import { sparkline } from "./sparkline.ts"

/** The jobs that ended in a second, in all lanes. */
export const perSecond = ({ lanes, over }: Stats): Count => {
  const { count, isMore } = sumOf(lanes.flatMap(({ cancelled, failed, succeeded }) => [cancelled, failed, succeeded]))
  return { count: Math.round(count * 1000 / over), isMore }
}

/** The most seconds that are shown. */
export const longest = 60

/** The throughput of the last seconds, oldest first, in a line of words and one of bars. */
export const describeThroughput = (seconds: ReadonlyArray<Count>): string => {
  const shown = seconds.slice(-longest)
  const now = shown.at(-1) ?? { count: 0, isMore: false }
  const most = shown.reduce((most, each) => each.count > most.count ? each : most, now)
  return `Ended in the last second: ${countText(now)}. Most in the last minute: ${countText(most)} a second.\n`
    + sparkline(shown.map(({ count }) => count)).padStart(longest)
}
