import { assert, describe, it } from "vitest"
import type { JobView } from "../../../src/dashboard/api/wire.ts"
import type { LaneStats } from "../../../src/domain/Stats.ts"
import type { Beats } from "../../../src/dashboard/text/beats.ts"
import { beatsOf } from "../../../src/dashboard/text/beats.ts"
import { areaPath, highest, linePath, nearest, stacked, ticksOf } from "../../../src/dashboard/text/chart.ts"
import { groupBy, together } from "../../../src/dashboard/text/counts.ts"
import { countText, instantText, relativeText, shortText, spanText } from "../../../src/dashboard/text/format.ts"
import { leaseState } from "../../../src/dashboard/text/leaseText.ts"
import { progressOf } from "../../../src/dashboard/text/progressOf.ts"
import { rowsNear } from "../../../src/dashboard/text/rowsNear.ts"
import { searchOf } from "../../../src/dashboard/text/searchQuery.ts"
import { timelineOf } from "../../../src/dashboard/text/timeline.ts"
import { job } from "./job.ts"

describe("spans and instants", () => {
  it("a span has its two largest units, and none of them is full", () => {
    const texts: ReadonlyArray<readonly [number, string]> = [
      [-5, "0 ms"],
      [999, "999 ms"],
      [1000, "1 s"],
      [59_499, "59 s"],
      [59_600, "1 min"],
      [200_000, "3 min 20 s"],
      [3_599_900, "1 h"],
      [3_661_000, "1 h 1 min"],
      [86_399_000, "1 d"],
      [90_000_000, "1 d 1 h"]
    ]
    for (const [millis, text] of texts) assert.strictEqual(spanText(millis), text, String(millis))
  })

  it("a distance never says more time than has passed", () => {
    assert.strictEqual(relativeText(1000, 1999), "now")
    assert.strictEqual(relativeText(0, 59_999), "59 s ago")
    assert.strictEqual(relativeText(0, 119_999), "1 min ago")
    assert.strictEqual(relativeText(7_200_000, 0), "in 2 h")
    assert.strictEqual(relativeText(0, 200_000_000), "2 d ago")
  })

  it("an instant that no date holds is shown as it is", () => {
    assert.strictEqual(instantText(0), "1970-01-01T00:00:00.000Z")
    assert.strictEqual(instantText(9e15), "9000000000000000 ms")
  })

  it("a count that stopped says so", () => {
    assert.strictEqual(countText({ count: 1000, isMore: true }), "1,000+")
    assert.strictEqual(countText({ count: 12, isMore: false }), "12")
    assert.deepStrictEqual([0.25, 0.5, 12, 12_345, 3_400_000].map(shortText), ["0.25", "0.5", "12", "12.3k", "3.4M"])
  })
})

describe("counts of lanes", () => {
  const count = (count: number, isMore = false) => ({ count, isMore })
  const lane = (queue: string, kind: string, due: number, oldestDueAt: number | null): LaneStats => ({
    queue,
    kind,
    pending: count(due + 1),
    due: count(due, due === 7),
    oldestDueAt,
    nextDueAt: oldestDueAt,
    running: count(1),
    stale: count(0),
    succeeded: count(0),
    failed: count(0),
    cancelled: count(0),
    queuePaused: null,
    kindPaused: null
  })
  const lanes = [lane("b", "x", 2, 50), lane("a", "x", 7, 40), lane("b", "y", 0, null)]

  it("are summed by queue and by kind, in the order of the names", () => {
    assert.deepStrictEqual(groupBy("queue", lanes).map(({ due, name }) => [name, due.count]), [["a", 7], ["b", 2]])
    assert.deepStrictEqual(groupBy("kind", lanes).map(({ name, pending }) => [name, pending.count]), [["x", 11], [
      "y",
      1
    ]])
  })

  it("say that there is more if one of them does, and have the oldest of all", () => {
    const all = together("all", lanes)
    assert.deepStrictEqual([all.due, all.oldestDueAt], [{ count: 9, isMore: true }, 40])
    assert.strictEqual(together("none", []).oldestDueAt, null)
  })
})

describe("progress", () => {
  it("is a bar where it is one of the usual forms", () => {
    assert.deepStrictEqual(progressOf(0.5), { fraction: 0.5, text: "50 %" })
    assert.deepStrictEqual(progressOf({ percent: 25 }), { fraction: 0.25, text: "25 %" })
    assert.deepStrictEqual(progressOf({ done: 3, total: 12 }), { fraction: 0.25, text: "3 of 12" })
    assert.strictEqual(progressOf({ processed: 30, total: 12 })?.fraction, 1)
  })

  it("is no bar for anything else", () => {
    for (
      const value of [null, undefined, "half", 7, -1, {}, { done: 3 }, { done: 3, total: 0 }, { percent: 300 }, []]
    ) {
      assert.strictEqual(progressOf(value), null, JSON.stringify(value))
    }
  })
})

describe("a lease", () => {
  const lease = { lockedAt: 0, lockedUntil: 600_000 }

  it("is held while its heartbeats come", () => {
    assert.strictEqual(leaseState(lease, 20_000, null).health, "good")
    assert.include(leaseState(lease, 20_000, 30_000).text, "every 30 s")
  })

  it("has a late heartbeat after half of it, or sooner if the usual interval is known", () => {
    assert.strictEqual(leaseState(lease, 299_000, null).health, "good")
    assert.strictEqual(leaseState(lease, 301_000, null).health, "late")
    assert.strictEqual(leaseState(lease, 60_000, 30_000).health, "late")
  })

  it("is over at its end, and says for how long", () => {
    const over = leaseState(lease, 660_000, null)
    assert.deepStrictEqual([over.health, over.passed, over.left], ["over", 1, -60_000])
    assert.include(over.text, "ran out 1 min ago")
  })
})

describe("the interval of the heartbeats", () => {
  const running = (lockedAt: number, attempts = 1) => ({ status: "running" as const, lockedAt, attempts })
  const gapAfter = (...looks: ReadonlyArray<readonly [now: number, job: Parameters<typeof beatsOf>[1]]>) =>
    looks.reduce<Beats | null>((before, [now, job]) => beatsOf(before, job, now), null)?.gap

  it("is known once two of them were seen", () => {
    assert.isNull(gapAfter([0, running(0)], [5000, running(0)]))
    assert.strictEqual(gapAfter([0, running(0)], [5000, running(0)], [10_500, running(10_000)]), 10_000)
  })

  it("is not the time for which the tab was hidden", () => {
    const hidden = [600_000, running(600_000)] as const
    assert.isNull(gapAfter([0, running(0)], hidden))
    assert.strictEqual(gapAfter([0, running(0)], [10_000, running(10_000)], hidden), 10_000)
    assert.strictEqual(gapAfter([0, running(0)], hidden, [605_000, running(605_000)]), 5000)
  })

  it("is forgotten with the attempt", () => {
    assert.isNull(gapAfter([0, running(0)], [5000, running(5000)], [6000, running(6000, 2)]))
    assert.isUndefined(gapAfter([0, running(0)], [5000, { ...running(5000), status: "pending", lockedAt: null }]))
  })
})

describe("the timeline of a job", () => {
  const titles = (view: Partial<JobView>, now = 10_000) => timelineOf(job(view), now).map(({ title }) => title)

  it("tells a rescue from a failure by what the sweep wrote", () => {
    const errors = [
      { attempt: 1, worker: "w1", at: 2000, message: "Released from stale lock (was locked by w1 since T)" },
      { attempt: 2, worker: "w2", at: 4000, message: "Error: no" }
    ]
    assert.deepStrictEqual(titles({ errors, failures: 2, attempts: 2, availableAt: 20_000 }), [
      "Enqueued",
      "Attempt 1 lost its worker",
      "Attempt 2 failed",
      "Due for attempt 3"
    ])
  })

  it("says how many failures the job has forgotten", () => {
    const errors = Array.from({ length: 10 }, (_, index) => ({
      attempt: index + 4,
      worker: "w",
      at: 3000 + index,
      message: "no"
    }))
    assert.strictEqual(titles({ errors, failures: 13, attempts: 13, availableAt: 20_000 })[1], "3 earlier failures")
  })

  it("ends with what the job does now, or how it ended", () => {
    const running = { status: "running", lockedAt: 5000, lockedBy: "w", lockedUntil: 9000, attempts: 1 } as const
    assert.strictEqual(titles({ ...running, cancelRequestedAt: 4000 }).at(-1), "Last heartbeat of attempt 1")
    assert.strictEqual(titles({ ...running, cancelRequestedAt: 4000 }).at(-2), "Cancel was asked for")
    assert.strictEqual(titles({ status: "succeeded", finishedAt: 6000, attempts: 2 }).at(-1), "Attempt 2 succeeded")
    assert.strictEqual(titles({ status: "failed", finishedAt: 6000 }).at(-1), "Failed for good")
    assert.strictEqual(titles({ status: "cancelled", finishedAt: 6000 }).at(-1), "Cancelled")
  })
})

describe("the search", () => {
  const known = { queues: ["mail"], kinds: ["email.welcome"] }
  const id = "01a22e9d-5abe-7193-b616-db4db6222dfa"

  it("opens a job by its id, in any case", () => {
    assert.deepStrictEqual(searchOf(`  ${id.toUpperCase()} `, known), { id })
    assert.deepStrictEqual(searchOf("id:odd-one", known), { id: "odd-one" })
  })

  it("reads words as a filter", () => {
    assert.deepStrictEqual(searchOf("failed queue:billing kind:card.charge partition:acme", known), {
      status: "failed",
      queue: "billing",
      kind: "card.charge",
      partition: "acme"
    })
    assert.deepStrictEqual(searchOf("status:running mail", known), { status: "running", queue: "mail" })
    assert.deepStrictEqual(searchOf(`queue:"two words" "other kind"`, known), {
      queue: "two words",
      kind: "other kind"
    })
    assert.deepStrictEqual(searchOf(`key:brand-7 error:"mailbox full" failed`, known), {
      status: "failed",
      uniqueKey: "brand-7",
      error: "mailbox full"
    })
    assert.deepStrictEqual(searchOf("acme:import", known), { kind: "acme:import" })
  })

  it("finds nothing in nothing", () => {
    assert.strictEqual(searchOf("  ", known), null)
    assert.strictEqual(searchOf(`""`, known), null)
  })
})

describe("the rows near the window", () => {
  const rows = (above: number, count = 5000) => rowsNear({ above, viewport: 800, rowHeight: 36, count, most: 150 })

  it("have some more at both edges", () => {
    assert.deepStrictEqual(rows(-200), { start: 0, end: 53 })
    const middle = rows(36_000)
    assert.isBelow(middle.start, 1000)
    assert.isAbove(middle.end, 1000 + 800 / 36)
  })

  it("are never more than allowed, nor beyond the list", () => {
    assert.deepStrictEqual(rowsNear({ above: 0, viewport: 100_000, rowHeight: 36, count: 5000, most: 150 }), {
      start: 0,
      end: 150
    })
    assert.strictEqual(rows(10_000_000).end, 5000)
    assert.deepStrictEqual(rows(0, 3), { start: 0, end: 3 })
    assert.deepStrictEqual(rows(0, 0), { start: 0, end: 0 })
  })
})

describe("a chart", () => {
  const series = (...values: ReadonlyArray<number | null>) => ({
    name: "s",
    tone: "good" as const,
    points: values.map((value, at) => ({ at, value }))
  })

  it("puts series upon each other", () => {
    const [first, second] = stacked([series(1, 2), series(3, null)])
    assert.deepStrictEqual(first?.points.map(({ value }) => value), [1, 2])
    assert.deepStrictEqual(second?.points.map(({ value }) => value), [4, 2])
    assert.deepStrictEqual(second?.base, [1, 2])
  })

  it("has an axis of round values up to the highest", () => {
    assert.deepStrictEqual(ticksOf(1), [0, 0.25, 0.5, 0.75, 1])
    assert.deepStrictEqual(ticksOf(4), [0, 1, 2, 3, 4])
    assert.deepStrictEqual(ticksOf(870), [0, 250, 500, 750, 1000])
    for (const most of [0.3, 7, 99, 101, 12_345]) {
      const ticks = ticksOf(most)
      assert.isAtLeast(ticks.at(-1) ?? 0, most)
      assert.isAtMost(ticks.length, 6)
    }
    assert.strictEqual(highest([series(1, null, 9), series(2)]), 9)
  })

  it("leaves a gap where a value is not known", () => {
    const same = (value: number) => value
    assert.strictEqual(linePath(series(1, null, 2, 3).points, same, same), "M0 1M2 2L3 3")
    assert.strictEqual(areaPath(series(1, 2).points, [0, 0], same, same), "M0 1L1 2L1 0L0 0Z")
    assert.strictEqual(areaPath([], [], same, same), "")
  })

  it("shows the values of the instant that is nearest", () => {
    assert.strictEqual(nearest([0, 10, 20], 14), 1)
    assert.strictEqual(nearest([], 14), -1)
  })
})
