import { Effect, Layer, Schedule } from "effect"
import type { Lease } from "../../src/index.ts"
import { Ids, JobQueue } from "../../src/index.ts"
import { SqliteStore } from "../../src/sqlite.ts"
import { Parcel } from "./jobs.ts"
import type { Note } from "./journal.ts"
import { recordedStore } from "./recordedStore.ts"

/** A job queue on a database, with what is asked of it noted. */
export const queueOn = (database: string, note: (note: Note) => void) =>
  JobQueue.layer.pipe(
    Layer.provideMerge(recordedStore(note)),
    Layer.provideMerge(SqliteStore.layer({ filename: database }))
  )

/** Over by the time another process looks. Nobody frees the script's own jobs while it lives. Milliseconds. */
const leaseFor = 100

/** How each job of the script ends. */
const ends: ReadonlyArray<(lease: Lease) => Effect.Effect<unknown, unknown, JobQueue>> = [
  (lease) => JobQueue.complete(lease, { padding: "x".repeat(6_000) }),
  (lease) => JobQueue.fail(lease, "scripted failure", { backoff: Schedule.spaced("50 millis") }),
  (lease) => JobQueue.fail(lease, "scripted failure", { retry: false })
]

/** Everything that a job's owner can ask for, one after another. */
export const live = (note: (note: Note) => void) =>
  Effect.gen(function*() {
    const ids = yield* Ids
    for (const [index, end] of ends.entries()) {
      const job = yield* ids.jobId
      const script = index === 2 ? "refuse" : "succeed"
      note({ note: "asked", job, script, byHand: true })
      // One that is to be tried again may be due by the next claim, which is for the next job.
      yield* JobQueue.enqueue(Parcel, { script, millis: 0, times: 0, padding: "x".repeat(100) }, {
        id: job,
        priority: index
      })
      note({ note: "enqueued", job })
      const [parcel] = yield* JobQueue.claim({ jobs: [Parcel], leaseFor: leaseFor })
      if (parcel === undefined) return yield* Effect.dieMessage("nothing was due")
      yield* JobQueue.progress(parcel.lease, { half: true })
      yield* JobQueue.extendLock(parcel.lease, leaseFor)
      yield* end(parcel.lease)
    }
  })

/** Goes on where a killed process has left off: waits for its leases, frees what it held, and ends every job. */
export const outlive = Effect.gen(function*() {
  while (true) {
    yield* JobQueue.releaseStale
    const { jobs } = yield* JobQueue.list()
    const left = jobs.filter(({ finishedAt }) => finishedAt === null)
    if (left.length === 0) return
    for (const { lease, payload } of yield* JobQueue.claim({ jobs: [Parcel], limit: 10 })) {
      const { script } = payload as { readonly script: string }
      yield* script === "refuse"
        ? JobQueue.fail(lease, "scripted failure", { retry: false })
        : JobQueue.complete(lease)
    }
    yield* Effect.sleep("50 millis")
  }
}).pipe(Effect.timeout("30 seconds"))
