import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import { createRequire } from "node:module"
import type { JobId } from "../../../src/domain/JobId.ts"
import { Lease } from "../../../src/domain/Lease.ts"
import type { Held, Overdue, Report, ThreadDatabase, Told } from "../../../src/store/keeper/keeperThread.ts"
import { overdueAfter } from "../../../src/store/keeper/LeaseKeeper.ts"
import { keepLeases } from "../../../src/store/keeper/keeperThread.ts"
import { layout, LeaseTable } from "../../../src/store/keeper/LeaseTable.ts"

/*
 * The code of the keeper's thread, run in this one by a clock that the tests move.
 * Leases last 3 s and are extended every second, so one is overdue after 1,250 ms.
 */

const require = createRequire(import.meta.url)

const now = () => Number(process.hrtime.bigint()) / 1e6

const row = ({ attempt, id }: Overdue) => ({ id, attempts: attempt })

const yes = (leases: ReadonlyArray<Overdue>): Held => ({ extended: leases.map(row), locked: [] })

/** A thread with a table, and what it asks of its database, which answers by `answer`. */
const start = (
  answer: (leases: ReadonlyArray<Overdue>) => Held,
  connect: () => unknown = () => undefined
) => {
  const pulse = new SharedArrayBuffer(16)
  const pulseAt = new Float64Array(pulse, 0, 1)
  const asked: Array<{ readonly at: number; readonly ids: ReadonlyArray<string> }> = []
  const reports: Array<Report> = []
  const hangs: Array<ReadonlyArray<number>> = []
  const startedAt = now()
  let tell: (told: Told) => void = () => {}
  const parentPort = {
    postMessage: (report: Report) => void reports.push(report),
    on: (_: string, listener: typeof tell) => void (tell = listener)
  }
  const database: ThreadDatabase = {
    connect,
    extend: (leases) => {
      asked.push({ at: now() - startedAt, ids: leases.map(({ id }) => id) })
      return answer(leases)
    },
    isOfARow: (thrown) => String(thrown).includes("a row"),
    close: () => undefined
  }
  const requires = (name: string) =>
    name === "node:worker_threads" ? { parentPort, workerData: { layout, overdueAfter, pulse } } : require(name)
  pulseAt[0] = startedAt
  keepLeases(requires as NodeJS.Require, () => database, (millis, jobs) => {
    hangs.push([millis, jobs])
    return Promise.resolve("the stack")
  })
  const table = new LeaseTable(8)
  tell({ add: { id: 1, worker: "w", memory: table.memory } })
  const take = (id: string, stallLimit = 60_000) => {
    const lease = new Lease({ jobId: id as JobId, worker: "w", attempt: 1, failures: 0, lockedAt: 0, lockedUntil: 0 })
    const sentAt = now()
    const slot = table.take(lease, {
      sentAt,
      leaseFor: 3_000,
      interval: 1_000,
      holdsFor: 2_250,
      deadline: sentAt + 2_250,
      stallLimit
    })
    assert.isDefined(slot)
    return slot
  }
  return {
    asked,
    reports,
    hangs,
    table,
    take,
    /** True while the thread wants to be told of the first lease. */
    isIdle: () => new Int32Array(pulse, 8, 1)[0] === 1,
    look: () => tell("look"),
    startedAt,
    /** The event loop runs again. */
    beat: () => void (pulseAt[0] = now()),
    passes: (millis: number) => vi.advanceTimersByTimeAsync(millis)
  }
}

describe("the thread that keeps leases, while the event loop is blocked", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "hrtime"] }))
  afterEach(() => void vi.useRealTimers())

  it("extends a lease once its heartbeat is overdue, again and again, and says so when the loop runs again", async () => {
    const { asked, beat, passes, reports, startedAt, table, take } = start(yes)
    const slot = take("a")
    await passes(1_200)
    assert.deepStrictEqual(asked, [])
    await passes(200)
    assert.deepStrictEqual(asked.map(({ ids }) => ids), [["a"]])
    assert.isAbove(table.heldUntil(slot), startedAt + 1_250 + 2_250 - 1)
    await passes(3_600)
    assert.lengthOf(asked, 4)
    assert.deepStrictEqual(reports, [])
    beat()
    await passes(200)
    const [report] = reports
    assert.isTrue(report?._tag === "Stalled" && report.jobs === 1 && report.lost === 0 && report.millis >= 5_000)
  })

  it("extends nothing whose deadline has passed, which nobody may write any more", async () => {
    const { asked, passes, take } = start(() => "busy")
    take("a")
    await passes(10_000)
    assert.isAbove(asked.length, 10)
    assert.isTrue(asked.every(({ at }) => at < 2_250))
  })

  it("does not hold a lease that is another's by now, asks for it no more, and tells of it as lost", async () => {
    const { asked, beat, passes, reports, table, take } = start(() => ({ extended: [], locked: [] }))
    const slot = take("a")
    await passes(2_200)
    assert.lengthOf(asked, 1)
    assert.strictEqual(table.heldUntil(slot), -Infinity)
    beat()
    await passes(200)
    assert.deepStrictEqual(reports.map((report) => report._tag === "Stalled" && [report.jobs, report.lost]), [[0, 1]])
  })

  it("asks again for one whose row is locked, and holds the others", async () => {
    let isLocked = true
    const { asked, passes, table, take } = start((leases) => ({
      extended: leases.filter(({ id }) => id !== "a" || !isLocked).map(row),
      locked: isLocked ? ["a"] : []
    }))
    const [a, b] = [take("a"), take("b")]
    await passes(1_500)
    assert.strictEqual(table.heldUntil(a), -Infinity)
    assert.isAbove(table.heldUntil(b), 0)
    isLocked = false
    await passes(200)
    assert.deepStrictEqual(asked.at(-1)?.ids, ["a"])
    assert.isAbove(table.heldUntil(a), 0)
  })

  it("holds the others of one whose row refuses to be written", async () => {
    const { passes, reports, table, take } = start((leases) => {
      if (leases.some(({ id }) => id === "b")) throw new Error("a row refuses")
      return yes(leases)
    })
    const slots = ["a", "b", "c", "d"].map((id) => take(id))
    await passes(1_500)
    assert.deepStrictEqual(slots.map((slot) => table.heldUntil(slot) > 0), [true, false, true, true])
    assert.deepStrictEqual(reports, [{ _tag: "Failed", error: "Error: a row refuses" }])
  })

  it("writes nothing more once the loop has run, as after a connection that took its time", async () => {
    let connected = () => {}
    const connecting = new Promise<void>((resolve) => void (connected = resolve))
    const { asked, beat, passes, take } = start(yes, () => connecting)
    take("a")
    await passes(1_500)
    beat()
    connected()
    await passes(100)
    assert.deepStrictEqual(asked, [])
  })

  it("leaves the leases to run out after the stall limit, and tells of the hang once", async () => {
    const { asked, hangs, passes, reports, take } = start(yes)
    take("a", 5_000)
    await passes(20_000)
    assert.isTrue(asked.every(({ at }) => at < 5_000))
    assert.lengthOf(hangs, 1)
    assert.strictEqual(hangs[0]?.[1], 1)
    assert.deepStrictEqual(reports.map((report) => report._tag === "Hung" && report.stack), ["the stack"])
  })

  it("is not woken by each of many short jobs: after a message that finds no lease it asks for the next one a moment later", async () => {
    const { beat, isIdle, look, passes } = start(yes)
    await passes(1)
    assert.isFalse(isIdle())
    await passes(260)
    beat()
    assert.isTrue(isIdle())
    look()
    await passes(1)
    assert.isFalse(isIdle())
    await passes(260)
    assert.isTrue(isIdle())
  })

  it("is woken by the next lease also where the loop was blocked when the last one ended", async () => {
    const { asked, isIdle, look, passes, table, take } = start(yes)
    const slot = take("a")
    await passes(1_100)
    table.letGo(slot)
    await passes(500)
    assert.isTrue(isIdle())
    const before = asked.length
    take("b")
    look()
    await passes(2_250)
    assert.isAbove(asked.length, before)
  })

  it("leaves a lease alone that is kept no more", async () => {
    const { asked, passes, table, take } = start(yes)
    table.letGo(take("a"))
    await passes(5_000)
    assert.deepStrictEqual(asked, [])
  })
})
