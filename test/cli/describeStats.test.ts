import { assert, describe, it } from "@effect/vitest"
import { describeQueues, describeStats, queuesOf } from "../../src/cli/describeStats.ts"
import { makeFrames } from "../../src/cli/frames.ts"
import { makeScreen } from "../../src/cli/screen.ts"
import { describeThroughput, perSecond } from "../../src/cli/throughput.ts"
import type { Count, LaneStats, Pause, Stats } from "holdfast"

const of = (count: number, isMore = false): Count => ({ count, isMore })

const at = 1_767_225_600_000

const lane = (some: Partial<LaneStats>): LaneStats => ({
  queue: "default",
  kind: "mail",
  pending: of(0),
  due: of(0),
  oldestDueAt: null,
  nextDueAt: null,
  running: of(0),
  stale: of(0),
  succeeded: of(0),
  failed: of(0),
  cancelled: of(0),
  queuePaused: null,
  kindPaused: null,
  ...some
})

const pause = (scope: "queue" | "kind", name: string): Pause => ({ scope, name, pausedAt: at, pausedBy: "ann@host" })

const busy: Stats = {
  at,
  over: 300_000,
  isWhole: true,
  lanes: [
    lane({ pending: of(1000, true), due: of(7), oldestDueAt: at - 61_000, succeeded: of(1234), failed: of(2) }),
    lane({ queue: "slow", kind: "report", pending: of(1), nextDueAt: at + 5000, queuePaused: pause("queue", "slow") })
  ]
}

const wide = { columns: Infinity, isColoured: false }

describe("figures for a person", () => {
  it("have a row for each lane, and a + where they were not counted to the end", () =>
    assert.deepStrictEqual(describeStats(busy, wide).split("\n"), [
      "QUEUE    KIND    PENDING  DUE   NEXT DUE  RUNNING  SUCCEEDED  FAILED  PAUSED",
      "default  mail     1,000+    7  1m 1s ago        0      1,234       2",
      "slow     report        1    0      in 5s        0          0       0  queue",
      "",
      "Succeeded, failed and cancelled in the last 5m."
    ]))

  it("show jobs whose lease is over, and cancelled ones, where there are any", () =>
    assert.deepStrictEqual(
      describeStats({ ...busy, lanes: [lane({ stale: of(3), cancelled: of(1) })] }, wide).split("\n").slice(0, 2),
      [
        "QUEUE    KIND  PENDING  DUE  RUNNING  STALE  SUCCEEDED  FAILED  CANCELLED",
        "default  mail        0    0        0      3          0       0          1"
      ]
    ))

  it("say that there is nothing, or more than they show", () => {
    assert.strictEqual(describeStats({ ...busy, lanes: [] }, wide), "No jobs")
    assert.include(describeStats({ ...busy, isWhole: false }, wide), "There are more lanes than these.")
  })

  it("fit a terminal of 80 columns, names cut before numbers", () => {
    const long = { ...busy, lanes: [...busy.lanes, lane({ kind: "email.welcome.to.everyone.who.is.new" })] }
    const lines = describeStats(long, { ...wide, columns: 80 }).split("\n")
    for (const line of lines) assert.isBelow(line.length, 80)
    assert.include(lines[1], "1,234")
    assert.match(lines[3] ?? "", /^default +email.*…/)
  })

  it("are added up for a queue, and name the queues and kinds that are paused", () => {
    const lanes = [...busy.lanes, lane({ kind: "sms", pending: of(5), running: of(2) })]
    const queues = queuesOf(lanes, [pause("queue", "slow"), pause("queue", "empty"), pause("kind", "mail")])
    assert.deepStrictEqual(queues.map(({ kinds, pending, queue, running }) => [queue, kinds, pending, running]), [
      ["default", ["mail", "sms"], of(1005, true), of(2)],
      ["empty", [], of(0), of(0)],
      ["slow", ["report"], of(1), of(0)]
    ])
    assert.deepStrictEqual(describeQueues(queues, [pause("kind", "mail")], true, wide).split("\n"), [
      "QUEUE    PENDING  DUE  RUNNING  KINDS      PAUSED",
      "default   1,005+    7        2  mail, sms",
      "empty          0    0        0             since 2026-01-01T00:00:00.000Z by ann@host",
      "slow           1    0        0  report     since 2026-01-01T00:00:00.000Z by ann@host",
      "The kind \"mail\" is paused since 2026-01-01T00:00:00.000Z by ann@host."
    ])
  })
})

describe("throughput", () => {
  it("is what ended in a second, in all lanes", () => {
    const lanes = [lane({ succeeded: of(10), failed: of(1) }), lane({ cancelled: of(4, true) })]
    assert.deepStrictEqual(perSecond({ ...busy, over: 2000, lanes }), of(8, true))
    assert.deepStrictEqual(perSecond({ ...busy, over: 1000, lanes: [] }), of(0))
  })

  it("is a bar for each of the last sixty seconds", () => {
    const lines = describeThroughput([of(9000), ...Array.from({ length: 59 }, () => of(0)), of(1000, true)])
    assert.deepStrictEqual(lines.split("\n"), [
      "Ended in the last second: 1,000+. Most in the last minute: 1,000+ a second.",
      `${"▁".repeat(59)}█`
    ])
    assert.strictEqual(describeThroughput([of(2)]).split("\n")[1], `${" ".repeat(59)}█`)
  })
})

describe("frames", () => {
  const framesOf = (rows: number) => {
    const written: Array<string> = []
    const terminal = { isTTY: true, columns: 10, rows, write: (text: string) => written.push(text) }
    return { written, ...makeFrames(makeScreen(terminal)) }
  }

  it("are written over, and the last one stays", () => {
    const { show, written } = framesOf(24)
    show("a\nb")
    show("c")
    show("d")
    assert.deepStrictEqual(written, ["a\nb\n", "\r\u001b[2A\u001b[Jc\n", "\r\u001b[1A\u001b[Jd\n"])
  })

  it("are no higher and no wider than the terminal, which could not go back to their first line", () => {
    const { show, written } = framesOf(4)
    show("a\n0123456789\nc\nd")
    assert.deepStrictEqual(written, ["a\n01234567…\n…\n"])
  })
})
