import { assert, describe, it } from "@effect/vitest"
import type { LaneStats, WorkerRecord } from "holdfast"
import { checkWorkers } from "../../../src/program/operate/doctor/workerChecks.ts"
import { workerBeat } from "../../../src/testing/conformance/StoreUnderTest.ts"

const now = 1_000_000
const none = { count: 0, isMore: false }

const worker = (options: Partial<WorkerRecord> = {}): WorkerRecord => ({
  ...workerBeat(),
  startedAt: 0,
  beatAt: now,
  sinceBeat: 0,
  isLive: true,
  ...options
})

const lane = (options: Partial<LaneStats> = {}): LaneStats => ({
  queue: "default",
  kind: "email",
  pending: { count: 1, isMore: false },
  due: { count: 1, isMore: false },
  oldestDueAt: now,
  nextDueAt: now,
  running: none,
  stale: none,
  succeeded: none,
  failed: none,
  cancelled: none,
  queuePaused: null,
  kindPaused: null,
  ...options
})

const check = (workers: ReadonlyArray<WorkerRecord>, ...lanes: ReadonlyArray<LaneStats>) =>
  checkWorkers(workers, lanes).map(({ check, says, verdict }) => [check, verdict, says])

const pause = { scope: "queue", name: "default", pausedAt: 0, pausedBy: null } as const

describe("what doctor says of workers", () => {
  it("counts live ones, and none where there is no need of any", () => {
    assert.deepStrictEqual(check([]), [["workers", "ok", "No worker is live"]])
    assert.deepStrictEqual(check([worker()], lane()), [["workers", "ok", "1 worker is live"]])
  })

  it("names the dead ones, that with the last beat first, and since when", () => {
    const dead = ["a", "b", "c", "d"].map((name, index) =>
      // Another machine's clock may be far from the server's, which has set `beatAt`.
      worker({ worker: name, isLive: false, beatAt: 0, sinceBeat: 200_000 - index * 1000 })
    )
    assert.deepStrictEqual(check([worker(), ...dead]), [[
      "workers",
      "warning",
      "4 workers give no sign of life: d, last beat 3m 17s ago; c, last beat 3m 18s ago; b, last beat 3m 19s ago; "
      + "and 1 more; 1 worker is live"
    ]])
  })

  it("tells queues and kinds with due jobs that no live worker claims, unless they are paused", () => {
    const unclaimed = [
      "claimed",
      "warning",
      "No live worker claims due jobs of the kind email in the queue default"
    ]
    assert.deepStrictEqual(check([], lane())[1], unclaimed)
    assert.deepStrictEqual(check([worker({ isLive: false })], lane())[1], unclaimed)
    assert.deepStrictEqual(check([worker({ isDraining: true })], lane())[1], unclaimed)
    assert.deepStrictEqual(check([worker({ kinds: ["sms"] })], lane())[1], unclaimed)
    assert.deepStrictEqual(check([worker({ queues: [{ queue: "mail", concurrency: 1 }] })], lane())[1], unclaimed)
    for (const silent of [lane({ due: none }), lane({ queuePaused: pause }), lane({ kindPaused: pause })]) {
      assert.lengthOf(check([], silent), 1)
    }
  })
})
