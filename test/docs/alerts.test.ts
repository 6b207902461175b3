import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { parse } from "yaml"
import type { Series } from "./promql.ts"
import { evaluate } from "./promql.ts"

const { groups } = parse(readFileSync(new URL("../../docs/alerts.yml", import.meta.url), "utf8")) as {
  readonly groups: ReadonlyArray<{
    readonly rules: ReadonlyArray<{ readonly alert: string; readonly expr: string; readonly for?: string }>
  }>
}
const rules = new Map(groups.flatMap(({ rules }) => rules).map((rule) => [rule.alert, rule]))

const minute = 60

/** An hour of scrapes, one every 15 s, in which a series has these values. */
const scraped = (
  name: string,
  value: (at: number) => number | "stale" | undefined,
  labels: Readonly<Record<string, string>> = {}
): Series => ({
  labels: { __name__: name, job: "holdfast", instance: "one", ...labels },
  samples: Array.from({ length: 241 }, (_, index) => index * 15).flatMap((at) => {
    const given = value(at)
    return given === undefined ? [] : [[at, given] as const]
  })
})

/** True if the rule fires within this hour: its expression holds for as long as it asks. */
const fires = (alert: string, ...series: ReadonlyArray<Series>) => {
  const rule = rules.get(alert)
  assert(rule !== undefined, alert)
  const holdsFor = Number(/^(\d+)m$/.exec(rule.for ?? "0m")?.[1]) * minute
  let since: number | undefined
  for (let at = 0; at <= 60 * minute; at += minute) {
    since = evaluate(rule.expr, series, at).length === 0 ? undefined : since ?? at
    if (since !== undefined && at - since >= holdsFor) return true
  }
  return false
}

const lane = { queue: "default", kind: "mail" }
const event = { kind: "mail", status: "pending", outcome: "failed" }
/** A worker that hangs after 20 minutes: its scrapes fail. */
const untilItHangs = (value: (at: number) => number) => (at: number) =>
  at < 20 * minute ? value(at) : at < 20 * minute + 15 ? "stale" : undefined

describe("the alert rules", () => {
  it("tell of a worker that hangs while others work, if jobs wait", () => {
    const hung = [
      scraped("holdfast_last_look_timestamp_seconds", untilItHangs((at) => at)),
      scraped("up", (at) => at < 20 * minute ? 1 : 0),
      scraped("holdfast_last_look_timestamp_seconds", (at) => at, { instance: "two" }),
      scraped("up", () => 1, { instance: "two" })
    ]
    const waits = (seconds: number) =>
      scraped("holdfast_oldest_due_job_seconds", () => seconds, { ...lane, instance: "two" })
    assert.isTrue(fires("HoldfastNoLook", ...hung, waits(301)))
    assert.isFalse(fires("HoldfastNoLook", ...hung, waits(300)))
    assert.isFalse(fires("HoldfastNoLook", ...hung.slice(2), waits(301)))
    assert.isTrue(fires("HoldfastDown", ...hung, waits(0)))
    assert.isFalse(fires("HoldfastDown", ...hung.slice(2)))
    assert.isFalse(fires("HoldfastGone", ...hung))
    assert.isTrue(fires("HoldfastGone", ...hung.slice(0, 2)))
    // One that was taken away, which is not scraped any more.
    assert.isFalse(fires("HoldfastNoLook", ...hung.filter(({ labels }) => labels["__name__"] !== "up"), waits(301)))
  })

  it("tell of a gauge that stays over its limit, and not of one at it", () => {
    for (
      const [alert, name, limit, labels] of [
        ["HoldfastJobsWait", "holdfast_oldest_due_job_seconds", 600, lane],
        ["HoldfastLaneUnclaimed", "holdfast_unclaimed_lane_seconds", 300, lane],
        ["HoldfastLeasesOver", "holdfast_leases_over", 0, lane],
        ["HoldfastWalGrows", "holdfast_wal_size_bytes", 268_435_456, { database: "app.db" }],
        ["HoldfastPausedForLong", "holdfast_paused_seconds", 86_400, { scope: "queue", name: "default" }]
      ] as const
    ) {
      assert.isTrue(fires(alert, scraped(name, () => limit + 1, labels)), alert)
      assert.isFalse(fires(alert, scraped(name, () => limit, labels)), alert)
    }
  })

  it("tell of a single block of the loop, which the gauge shows for a minute", () => {
    const blocked = (seconds: number) =>
      scraped("holdfast_event_loop_delay_seconds", (at) => at >= 600 && at < 660 ? seconds : 0)
    assert.isTrue(fires("HoldfastLoopBlocked", blocked(2.1)))
    assert.isFalse(fires("HoldfastLoopBlocked", blocked(2)))
  })

  it("tell of a database that no longer gives the gauges", () => {
    const gauged = (until: number) => scraped("holdfast_gauges_timestamp_seconds", (at) => Math.min(at, until))
    assert.isTrue(fires("HoldfastDatabaseSilent", gauged(20 * minute)))
    assert.isFalse(fires("HoldfastDatabaseSilent", gauged(60 * minute)))
  })

  it("tell of the first event that a counter counts, and of the next", () => {
    for (
      const [alert, name] of [
        ["HoldfastLeasesLost", "holdfast_leases_lost_total"],
        ["HoldfastStaleReleases", "holdfast_stale_releases_total"],
        ["HoldfastZombies", "holdfast_zombies_total"],
        ["HoldfastWorkerRestarts", "holdfast_worker_restarts_total"]
      ] as const
    ) {
      assert.isTrue(fires(alert, scraped(name, (at) => at < 1800 ? undefined : 1, event)), alert)
      assert.isTrue(fires(alert, scraped(name, (at) => at < 1800 ? 0 : 1, event)), alert)
      assert.isFalse(fires(alert, scraped(name, () => 0, event)), alert)
    }
  })

  it("tell of a fifth of attempts that fail, where there are more than five", () => {
    const settled = (outcome: string, perMinute: number) =>
      scraped("holdfast_jobs_settled_total", (at) => at / minute * perMinute, { kind: "mail", outcome })
    assert.isTrue(fires("HoldfastFailures", settled("failed", 3), settled("succeeded", 7)))
    assert.isFalse(fires("HoldfastFailures", settled("failed", 1), settled("succeeded", 9)))
    assert.isFalse(fires("HoldfastFailures", settled("failed", 0.3), settled("succeeded", 0.1)))
  })

  it("are all evaluated here", () => {
    const here = readFileSync(new URL(import.meta.url), "utf8")
    for (const alert of rules.keys()) assert.include(here, `"${alert}"`)
  })
})
