import { assert, describe, it } from "vitest"
import { describeWorkers } from "../../../src/cli/describeWorkers.ts"
import { jobsOf, queuesText, workerState } from "../../../src/dashboard/text/workers.ts"
import type { WorkerRecord } from "../../../src/domain/WorkerRecord.ts"
import { job } from "./job.ts"

const worker = (options: Partial<WorkerRecord> = {}): WorkerRecord => ({
  worker: "host:7:aa",
  host: "host",
  pid: 7,
  version: "1.2.3",
  startedAt: 0,
  beatAt: 0,
  sinceBeat: 0,
  beatEvery: 30_000,
  isLive: true,
  isDraining: false,
  kinds: ["email"],
  queues: null,
  concurrency: 10,
  running: 0,
  ...options
})

describe("a worker", () => {
  it("is live, drains, or is dead whatever it last reported", () => {
    assert.strictEqual(workerState(worker()), "live")
    assert.strictEqual(workerState(worker({ isDraining: true })), "draining")
    assert.strictEqual(workerState(worker({ isLive: false })), "dead")
    assert.strictEqual(workerState(worker({ isLive: false, isDraining: true })), "dead")
  })

  it("claims from every queue, or from those that it names, with a most for each", () => {
    assert.strictEqual(queuesText(worker()), "every queue")
    const queues = [{ queue: "mail", concurrency: 2 }, { queue: "web", concurrency: 1 }]
    assert.strictEqual(queuesText(worker({ queues })), "mail (2), web (1)")
  })

  it("is told by the same words as in a terminal", () => {
    const queues = [{ queue: "mail", concurrency: 2 }, { queue: "web", concurrency: 1 }]
    const all = [worker(), worker({ isDraining: true, queues }), worker({ isLive: false, isDraining: true })]
    const [, ...lines] = describeWorkers(all, true, { columns: Infinity, isColoured: false }).split("\n")
    assert.lengthOf(lines, all.length)
    for (const [index, one] of all.entries()) {
      const cells = (lines[index] ?? "").split(/ {2,}/)
      assert.strictEqual(cells[1], workerState(one))
      assert.strictEqual(cells[5], queuesText(one))
    }
  })

  it("runs the jobs that it holds, also by a claim inside a transaction, and no other's", () => {
    const held = ["host:7:aa", "host:7:aa#mark", "host:7:aab", "host:7:a", null].map((lockedBy, index) =>
      job({ id: String(index), lockedBy })
    )
    assert.deepStrictEqual(jobsOf(worker(), held).map(({ id }) => id), ["0", "1"])
  })
})
