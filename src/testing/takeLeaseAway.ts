import { Effect, Either } from "effect"
import type { JobNotFound } from "../domain/errors.ts"
import { StoredJobId } from "../domain/JobId.ts"
import { Lease } from "../domain/Lease.ts"
import { releaseStale } from "../runtime/maintenance/maintenance.ts"
import type { StoreFailure } from "../store/JobStore.ts"
import { only } from "../store/JobStore.ts"
import { JobNotRunning } from "./errors.ts"
import { StoreFaults } from "./StoreFaults.ts"

/**
 * Frees a running job, as another process does when the lease has run out: the
 * attempt counts as a failure, and the job is due again, or has failed when its
 * budget is spent. Who runs it finds out at the next heartbeat, progress or
 * settle, and writes nothing.
 *
 * Other jobs whose lease is over are freed with it. Faults do not stop it.
 */
export const takeLeaseAway = (
  id: string
): Effect.Effect<void, JobNotFound | JobNotRunning | StoreFailure, StoreFaults> =>
  Effect.gen(function*() {
    const { beneath } = yield* StoreFaults
    const jobId = StoredJobId.make(id)
    const { attempts, failures, lockedAt, lockedBy, lockedUntil, status } = yield* beneath.get(jobId, undefined)
    if (lockedBy === null || lockedAt === null || lockedUntil === null) {
      return yield* new JobNotRunning({ jobId, status })
    }
    // The holder's own lease, cut short: the rest is what happens to every lease that is over.
    const lease = new Lease({ jobId, worker: lockedBy, attempt: attempts, failures, lockedAt, lockedUntil })
    if (Either.isLeft(yield* only(beneath.extend([{ lease, leaseFor: 0 }])))) {
      // It has ended since.
      return yield* new JobNotRunning({ jobId, status: (yield* beneath.get(jobId, undefined)).status })
    }
    yield* releaseStale(beneath)
  })
