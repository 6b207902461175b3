import { Effect, Random } from "effect"
import { Ids, JobQueue } from "../../src/index.ts"
import { Act, leaseFor, Parcel } from "./jobs.ts"
import type { Note } from "./journal.ts"

const load = [
  ...Array.from({ length: 10 }, () => ({ script: "succeed", millis: [0, 30] }) as const),
  ...Array.from({ length: 4 }, () => ({ script: "succeed", millis: [100, 600] }) as const),
  // Past one lease: only its heartbeat keeps it.
  ...Array.from({ length: 2 }, () => ({ script: "succeed", millis: [1.2 * leaseFor, 1.8 * leaseFor] }) as const),
  ...Array.from({ length: 2 }, () => ({ script: "recover", millis: [0, 50] }) as const),
  { script: "die", millis: [0, 50] },
  { script: "snooze", millis: [0, 50] },
  { script: "refuse", millis: [0, 50] }
] as const

/** Enqueues a job every now and then for as long as it may, each again under its id until the store has answered. */
export const produce = (options: {
  readonly note: (note: Note) => void
  readonly mayProduce: () => boolean
  /** Milliseconds between two, on average. */
  readonly every: number
  readonly padding: string
}) =>
  Effect.gen(function*() {
    const { every, mayProduce, note, padding } = options
    const ids = yield* Ids
    while (true) {
      yield* Effect.sleep(every * (0.5 + (yield* Random.next)))
      if (!mayProduce()) continue
      const { millis: [least, most], script } = load[yield* Random.nextIntBetween(0, load.length)] ?? load[0]
      const millis = Math.round(yield* Random.nextRange(least, most))
      const times = yield* Random.nextIntBetween(1, 3)
      const byHand = (yield* Random.next) < 0.08
      const id = yield* ids.jobId
      note({ note: "asked", job: id, script: byHand ? "succeed" : script, byHand })
      const enqueue = byHand
        // Now and then its first attempt takes longer than its lease.
        ? JobQueue.enqueue(Parcel, {
          script: "succeed",
          millis: yield* Random.nextIntBetween(0, 2_000),
          times,
          padding
        }, {
          id
        })
        : JobQueue.enqueue(Act, { script, millis, times, padding }, { id })
      yield* Effect.eventually(Effect.tapError(enqueue, () => Effect.sleep("100 millis")))
      note({ note: "enqueued", job: id })
    }
  })

/** How long a parcel is held for. Milliseconds. */
const parcelLease = 1_000

/** Claims parcels by hand and completes them when it has done its work, also when that is too late. */
export const carryParcels = Effect.gen(function*() {
  while (true) {
    yield* Effect.sleep("100 millis")
    const [parcel] = yield* JobQueue.claim({ jobs: [Parcel], leaseFor: parcelLease })
    if (parcel === undefined) continue
    const { millis } = parcel.payload as { readonly millis: number }
    yield* Effect.sleep(parcel.lease.attempt === 1 ? millis : millis / 20)
    // Half of them are kept once more, and settled in time if nothing comes between.
    if (millis % 2 === 0) yield* JobQueue.extendLock(parcel.lease, parcelLease)
    yield* JobQueue.complete(parcel.lease)
  }
}).pipe(
  // What it held waits for its lease, as after a crash.
  Effect.catchAll(({ message }) =>
    Effect.zipRight(Effect.logWarning("Dropped a parcel", message), Effect.sleep("200 millis"))
  ),
  Effect.forever
)
