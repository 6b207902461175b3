import { assert, describe, it } from "@effect/vitest"
import type { JobId } from "../../../src/domain/JobId.ts"
import { Lease } from "../../../src/domain/Lease.ts"
import { layout, LeaseTable } from "../../../src/store/keeper/LeaseTable.ts"

const leaseOn = (jobId: string) =>
  new Lease({ jobId: jobId as JobId, worker: "w", attempt: 3, failures: 0, lockedAt: 0, lockedUntil: 0 })

const id = "0198f3a0-0000-7000-8000-000000000001"

const terms = {
  sentAt: 1_000.5,
  leaseFor: 60_000,
  interval: 20_000,
  holdsFor: 45_000,
  deadline: 46_000.5,
  stallLimit: 300_000
}

/** A slot of the table with the lease. */
const taken = (table: LeaseTable) => {
  const slot = table.take(leaseOn(id), terms)
  assert.isDefined(slot)
  return slot
}

/** The table as its thread sees it. */
const seen = (table: LeaseTable) => {
  const ints = new Int32Array(table.memory)
  const doubles = new Float64Array(table.memory)
  const bytes = new Uint8Array(table.memory)
  const int = (slot: number, field: number) => ints[slot * (layout.bytes / 4) + field]
  const double = (slot: number, field: number) => doubles[slot * (layout.bytes / 8) + field]
  return {
    version: (slot: number) => int(slot, layout.version),
    fields: (slot: number) => ({
      id: String.fromCharCode(
        ...bytes.subarray(
          slot * layout.bytes + layout.id,
          slot * layout.bytes + layout.id + (int(slot, layout.idLength) ?? 0)
        )
      ),
      attempt: int(slot, layout.attempt),
      leaseFor: int(slot, layout.leaseFor),
      interval: double(slot, layout.interval),
      sentAt: double(slot, layout.beatSentAt),
      holdsFor: double(slot, layout.holdsFor),
      deadline: double(slot, layout.deadline),
      stallLimit: double(slot, layout.stallLimit)
    }),
    /** As the thread does after an extension. */
    hold: (slot: number, version: number, until: number) => {
      doubles[slot * (layout.bytes / 8) + layout.heldUntil] = until
      Atomics.store(ints, slot * (layout.bytes / 4) + layout.heldVersion, version)
    }
  }
}

describe("the table of leases that a thread reads", () => {
  it("shows each lease, whole, under an even version", () => {
    const table = new LeaseTable(2)
    const { fields, version } = seen(table)
    const slot = table.take(leaseOn(id), terms)
    assert.deepStrictEqual(slot, { slot: 0, version: 2 })
    assert.strictEqual(version(0), 2)
    assert.deepStrictEqual(fields(0), { id, attempt: 3, ...terms })
    assert.strictEqual(fields(1).id, "")
  })

  it("shows what a heartbeat has bought", () => {
    const table = new LeaseTable(1)
    const slot = taken(table)
    table.extended(slot, 2_000, 47_000)
    assert.deepStrictEqual(seen(table).fields(0), { id, attempt: 3, ...terms, sentAt: 2_000, deadline: 47_000 })
  })

  it("believes the thread for the lease that it extended, and for no later one in the same slot", () => {
    const table = new LeaseTable(1)
    const { fields, hold } = seen(table)
    const first = taken(table)
    assert.strictEqual(table.heldUntil(first), -Infinity)
    hold(0, first.version, 50_000)
    assert.strictEqual(table.heldUntil(first), 50_000)
    table.letGo(first)
    assert.strictEqual(fields(0).id, "")
    const second = taken(table)
    assert.strictEqual(second.slot, first.slot)
    assert.notStrictEqual(second.version, first.version)
    assert.strictEqual(table.heldUntil(second), -Infinity)
    // An extension that was under way for the first lease.
    hold(0, first.version, 60_000)
    assert.strictEqual(table.heldUntil(second), -Infinity)
  })

  it("frees a slot once, and changes nothing of the next lease in it", () => {
    const table = new LeaseTable(1)
    const first = taken(table)
    table.letGo(first)
    const second = taken(table)
    table.letGo(first)
    table.extended(first, 9_000, 99_000)
    assert.strictEqual(seen(table).fields(0).deadline, terms.deadline)
    assert.isUndefined(table.take(leaseOn(id), terms))
    table.letGo(second)
    assert.isDefined(table.take(leaseOn(id), terms))
  })

  it("takes no id that does not fit, as an app's own SQL may have made one", () => {
    const table = new LeaseTable(1)
    for (const unfit of ["", `${id}0`, "0198f3a0-0000-7000-8000-00000000000ü"]) {
      assert.isUndefined(table.take(leaseOn(unfit), terms), unfit)
    }
    assert.isDefined(table.take(leaseOn("mine"), terms))
    assert.strictEqual(seen(table).fields(0).id, "mine")
  })
})
