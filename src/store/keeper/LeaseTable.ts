import type { Lease } from "../../domain/Lease.ts"
import type { Terms } from "./LeaseKeeper.ts"

/**
 * The place of each field in a slot of the table. Indexes are in the unit of the
 * field: a number of 4 bytes, a number of 8 bytes, or a byte.
 *
 * `version` is raised before and after each change, and odd in between. A slot
 * without an id is free. The thread writes `heldUntil` and then `heldVersion`, the
 * version for which it holds; all else is the worker's.
 */
export const layout = {
  bytes: 104,
  version: 0,
  attempt: 1,
  leaseFor: 2,
  idLength: 3,
  beatSentAt: 2,
  deadline: 3,
  holdsFor: 4,
  stallLimit: 5,
  interval: 6,
  heldUntil: 7,
  heldVersion: 16,
  id: 68,
  longestId: 36
} as const

/**
 * The leases of a worker in memory that a thread reads, so that a job costs no
 * message: the thread sleeps while jobs come and go. Instants are milliseconds of
 * `process.hrtime`, which is the same in every thread.
 */
export class LeaseTable {
  readonly memory: SharedArrayBuffer
  private readonly ints: Int32Array
  private readonly doubles: Float64Array
  private readonly bytes: Uint8Array
  /** The slots that are free, the one to be taken next last. */
  private readonly free: Array<number>

  constructor(capacity: number) {
    this.memory = new SharedArrayBuffer(capacity * layout.bytes)
    this.ints = new Int32Array(this.memory)
    this.doubles = new Float64Array(this.memory)
    this.bytes = new Uint8Array(this.memory)
    this.free = Array.from({ length: capacity }, (_, index) => capacity - 1 - index)
  }

  /** Takes a slot; none if all are taken, or for an id that an app's own SQL has made longer than a UUID. */
  take(lease: Lease, terms: Terms): Slot | undefined {
    if (!isShortAscii(lease.jobId)) return undefined
    const slot = this.free.pop()
    if (slot === undefined) return undefined
    const { bytes, doubles, ints } = this
    const int = slot * (layout.bytes / 4)
    const double = slot * (layout.bytes / 8)
    // Adding keeps the writes below behind it, which a store would not.
    const version = Atomics.add(ints, int + layout.version, 1)
    ints[int + layout.attempt] = lease.attempt
    ints[int + layout.leaseFor] = terms.leaseFor
    ints[int + layout.idLength] = lease.jobId.length
    doubles[double + layout.beatSentAt] = terms.sentAt
    doubles[double + layout.deadline] = terms.deadline
    doubles[double + layout.holdsFor] = terms.holdsFor
    doubles[double + layout.interval] = terms.interval
    doubles[double + layout.stallLimit] = terms.stallLimit
    const id = slot * layout.bytes + layout.id
    for (let at = 0; at < lease.jobId.length; at++) bytes[id + at] = lease.jobId.charCodeAt(at)
    Atomics.store(ints, int + layout.version, version + 2)
    return { slot, version: version + 2 }
  }

  /** The heartbeat has extended the lease. */
  extended({ slot, version }: Slot, sentAt: number, deadline: number): void {
    const int = slot * (layout.bytes / 4)
    const double = slot * (layout.bytes / 8)
    if (this.ints[int + layout.version] !== version) return
    // A reader may see one without the other: both only move forward.
    this.doubles[double + layout.beatSentAt] = sentAt
    this.doubles[double + layout.deadline] = deadline
  }

  /** The deadline that the thread has bought for this lease; -Infinity if none. */
  heldUntil({ slot, version }: Slot): number {
    const int = slot * (layout.bytes / 4)
    return Atomics.load(this.ints, int + layout.heldVersion) === version
      ? this.doubles[slot * (layout.bytes / 8) + layout.heldUntil] ?? -Infinity
      : -Infinity
  }

  /** Frees the slot, once. */
  letGo({ slot, version }: Slot): void {
    const int = slot * (layout.bytes / 4)
    if (this.ints[int + layout.version] !== version) return
    Atomics.add(this.ints, int + layout.version, 1)
    this.ints[int + layout.idLength] = 0
    // It wraps after half a billion leases in one slot, and a thread that slept through those would still be fenced.
    Atomics.store(this.ints, int + layout.version, (version + 2) | 0)
    this.free.push(slot)
  }
}

/** A taken slot. */
export interface Slot {
  readonly slot: number
  readonly version: number
}

const isShortAscii = (id: string) => {
  if (id.length === 0 || id.length > layout.longestId) return false
  for (let at = 0; at < id.length; at++) if (id.charCodeAt(at) > 127) return false
  return true
}
