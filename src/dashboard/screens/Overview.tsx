import type { History, HistoryPoint } from "../api/wire.ts"
import type { Stats } from "../../domain/Stats.ts"
import { Chart } from "../parts/Chart.tsx"
import { Empty, Failure, Loading } from "../parts/States.tsx"
import { GroupTable } from "../parts/GroupTable.tsx"
import { serverNow, useNow } from "../state/clock.ts"
import { client } from "../state/page.ts"
import { addressOf, jobsAddress } from "../state/router.ts"
import type { Polled } from "../state/usePolled.ts"
import { usePolled } from "../state/usePolled.ts"
import type { Series } from "../text/chart.ts"
import type { Group } from "../text/counts.ts"
import { groupBy, together } from "../text/counts.ts"
import { countText, firstJobText, numberText, shortText, spanText } from "../text/format.ts"

const minute = 60_000

/** The counts of now, and charts of the last hour. */
export const Overview = ({ span, stats }: { readonly span: 10 | 30 | 60; readonly stats: Polled<Stats> }) => {
  const history = usePolled<History>("history", {
    load: (signal) => client.ask("GET", "history", undefined, signal),
    // The server looks every 10 s, and no event makes it look sooner.
    concerns: () => false,
    least: 10_000,
    most: 10_000
  })
  if (stats.value === null) {
    return stats.error === null
      ? <Loading what="the queues" />
      : <Failure error={stats.error} onRetry={stats.look} />
  }
  const { lanes, isWhole, over } = stats.value
  const all = together("all", lanes)
  return (
    <>
      <Tiles all={all} over={over} />
      <section aria-labelledby="over-time">
        <div class="section-head">
          <h2 id="over-time">Over time</h2>
          <nav class="segments" aria-label="The span of the charts">
            {([10, 30, 60] as const).map((minutes) => (
              <a
                key={minutes}
                href={addressOf({ view: "overview", span: minutes })}
                aria-current={minutes === span ? "true" : undefined}
              >
                {minutes} min
              </a>
            ))}
          </nav>
        </div>
        {history.value === null
          ? (history.error === null
            ? <Loading what="the charts" />
            : <Failure error={history.error} onRetry={history.look} />)
          : <Charts history={history.value} stats={stats.value} all={all} span={span} />}
      </section>
      <section aria-labelledby="by-queue">
        <div class="section-head">
          <h2 id="by-queue">Queues</h2>
          <a href="#/queues">Pause and resume</a>
        </div>
        {isWhole
          ? null
          : <p class="muted">There are more queues and kinds than are read, so numbers with + are larger.</p>}
        {lanes.length === 0
          ? (
            <Empty title="No jobs yet">
              <p>{firstJobText}</p>
            </Empty>
          )
          : <GroupTable by="queue" groups={groupBy("queue", lanes)} over={over} />}
      </section>
    </>
  )
}

const Tiles = ({ all, over }: { readonly all: Group; readonly over: number }) => {
  const now = useNow()
  const ended = all.succeeded.count + all.failed.count + all.cancelled.count
  const share = ended === 0 ? 0 : all.failed.count / ended * 100
  const lately = `in ${spanText(over)}`
  return (
    <dl class="tiles">
      <Tile
        name="Due now"
        value={countText(all.due)}
        note={all.oldestDueAt === null ? "nothing waits" : `oldest for ${spanText(now - all.oldestDueAt)}`}
        href={jobsAddress({ status: "pending" })}
      />
      <Tile
        name="Scheduled"
        value={countText({ count: Math.max(0, all.pending.count - all.due.count), isMore: all.pending.isMore })}
        note={all.nextDueAt === null || all.nextDueAt <= now ? "due later" : `next in ${spanText(all.nextDueAt - now)}`}
        href={jobsAddress({ status: "pending" })}
      />
      <Tile
        name="Running"
        value={countText(all.running)}
        note={all.stale.count === 0 ? "every lease is held" : `${countText(all.stale)} with a lease that is over`}
        tone={all.stale.count === 0 ? "plain" : "bad"}
        href={jobsAddress({ status: "running" })}
      />
      <Tile
        name="Succeeded"
        value={countText(all.succeeded)}
        note={`${lately}, ${numberText(all.succeeded.count / over * minute)} a minute`}
        href={jobsAddress({ status: "succeeded" })}
      />
      <Tile
        name="Failed"
        value={countText(all.failed)}
        note={all.failed.count === 0 ? lately : `${lately}, ${numberText(share)} % of what ended`}
        tone={all.failed.count === 0 ? "plain" : "bad"}
        href={jobsAddress({ status: "failed" })}
      />
    </dl>
  )
}

const Tile = (
  { href, name, note, tone = "plain", value }: {
    readonly name: string
    readonly value: string
    readonly note: string
    readonly href: string
    readonly tone?: "plain" | "bad"
  }
) => (
  <div class={`card tile tile-${tone}`}>
    <dt>
      <a href={href}>{name}</a>
    </dt>
    <dd class="tile-value">{value}</dd>
    <dd class="muted">{note}</dd>
  </div>
)

const Charts = (
  { all, history, span, stats }: {
    readonly history: History
    readonly stats: Stats
    readonly all: Group
    readonly span: number
  }
) => {
  const to = Math.max(serverNow(), stats.at)
  const from = to - span * minute
  const points = history.points.filter(({ at }) => at >= from && at <= to)
  const ended = (name: string, tone: Series["tone"], field: "succeeded" | "failed" | "cancelled"): Series => ({
    name,
    tone,
    points: points.map((point) => ({ at: point.at, value: point[field] / history.every * 1000 }))
  })
  // The last point is now, so that the depth moves with each look and not with each of the server's.
  const looks = [...points, lookNow(stats.at, all)]
  const depth = (name: string, tone: Series["tone"], value: (point: Look) => number): Series => ({
    name,
    tone,
    points: looks.map((point) => ({ at: point.at, value: value(point) }))
  })
  const last = looks.at(-1)
  const rates = [ended("succeeded", "good", "succeeded"), ended("cancelled", "quiet", "cancelled")]
  const failures = [ended("failed", "bad", "failed")]
  const perSecond = (value: number) => `${shortText(value)}/s`
  const delay = depth(
    "oldest due job",
    "wait",
    ({ at, oldestDueAt }) => oldestDueAt === null ? 0 : Math.max(0, at - oldestDueAt)
  )
  return (
    <div class="charts">
      <Chart
        title="Throughput"
        summary={`Lately ${perSecond(rates[0]?.points.at(-1)?.value ?? 0)} succeeded.`}
        series={rates}
        isStacked
        from={from}
        to={to}
        format={perSecond}
      />
      <Chart
        title="Failures"
        summary={`Lately ${perSecond(failures[0]?.points.at(-1)?.value ?? 0)} failed for good.`}
        series={failures}
        isStacked
        from={from}
        to={to}
        format={perSecond}
        atLeast={0.4}
      />
      <Chart
        title="Queue delay"
        summary={`The oldest due job has waited for ${spanText(delay.points.at(-1)?.value ?? 0)}.`}
        series={[delay]}
        isStacked
        from={from}
        to={to}
        format={shortSpan}
        atLeast={4000}
      />
      <Chart
        title="Depth"
        summary={`${last?.running ?? 0} running, ${last?.due ?? 0} due, ${
          Math.max(0, (last?.pending ?? 0) - (last?.due ?? 0))
        } scheduled.`}
        series={[
          depth("running", "busy", ({ running, stale }) => running + stale),
          depth("due", "wait", ({ due }) => due),
          depth("scheduled", "quiet", ({ due, pending }) => Math.max(0, pending - due))
        ]}
        isStacked
        from={from}
        to={to}
        format={shortText}
        atLeast={4}
      />
    </div>
  )
}

type Look = Pick<HistoryPoint, "at" | "pending" | "due" | "running" | "stale" | "oldestDueAt">

const lookNow = (at: number, all: Group): Look => ({
  at,
  pending: all.pending.count,
  due: all.due.count,
  running: all.running.count,
  stale: all.stale.count,
  oldestDueAt: all.oldestDueAt
})

/** A span in its largest unit alone, for an axis. */
const shortSpan = (millis: number): string =>
  millis === 0
    ? "0"
    : millis < 60_000
    ? `${shortText(millis / 1000)} s`
    : millis < 3_600_000
    ? `${shortText(millis / 60_000)} min`
    : `${shortText(millis / 3_600_000)} h`
