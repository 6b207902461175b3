import { Clock, Effect, Option } from "effect"
import type { JobNotFound } from "../domain/errors.ts"
import type { Explanation } from "../domain/Explanation.ts"
import { Reason } from "../domain/Explanation.ts"
import type { JobId } from "../domain/JobId.ts"
import type { JobRecord } from "../domain/JobRecord.ts"
import type { JobStore, StoreFailure } from "../store/JobStore.ts"

type Store = typeof JobStore.Service

/** Due jobs of a lane that are read at most, to find a job among them. */
const mostAhead = 1000

/**
 * Why a job is not running. Reads some rows, and changes nothing. What is due is
 * judged by this process's clock, also on PostgreSQL, where a claim goes by the
 * server's.
 */
export const explain = (
  store: Store,
  id: JobId,
  partitionKey: string | undefined
): Effect.Effect<Explanation, JobNotFound | StoreFailure> =>
  Effect.gen(function*() {
    const job = yield* store.get(id, partitionKey)
    const now = yield* Clock.currentTimeMillis
    return { job, reasons: yield* reasonsOf(store, job, now) }
  })

const reasonsOf = (store: Store, job: JobRecord, now: number) => {
  switch (job.status) {
    case "waiting":
    case "pending":
      return whyWaiting(store, job, now)
    case "running":
      return Effect.succeed([whoRuns(job, now)])
    case "succeeded":
    case "failed":
    case "cancelled":
      return Effect.succeed([Reason.Finished(job)])
  }
}

const whyWaiting = (store: Store, job: JobRecord, now: number): Effect.Effect<ReadonlyArray<Reason>, StoreFailure> =>
  Effect.gen(function*() {
    const pauses = (yield* store.pauses()).filter(({ name, scope }) => name === job[scope])
    const paused = pauses.map((pause) => Reason.Paused({ pause }))
    if (job.availableAt > now) return [job.failures > 0 ? Reason.BackingOff(job) : Reason.NotDue(job), ...paused]
    return paused.length > 0 ? paused : [yield* placeInLine(store, job)]
  })

const placeInLine = (store: Store, { id, kind, queue }: JobRecord): Effect.Effect<Reason, StoreFailure> =>
  Effect.map(
    store.due({
      queues: Option.some([{ queue, limit: mostAhead }]),
      kinds: [{ kind, leaseFor: 0 }],
      limit: mostAhead,
      maxBytes: Infinity
    }),
    (due) => {
      const place = due.findIndex((job) => job.id === id)
      if (place >= 0) return Reason.InLine({ queue, kind, ahead: place, isMore: false })
      return due.length < mostAhead ? Reason.LeftOut() : Reason.InLine({ queue, kind, ahead: mostAhead, isMore: true })
    }
  )

const whoRuns = ({ cancelRequestedAt, lockedAt, lockedBy, lockedUntil }: JobRecord, now: number): Reason => {
  const lease = { lockedBy: lockedBy ?? "", lockedAt: lockedAt ?? 0, lockedUntil: lockedUntil ?? 0 }
  return lease.lockedUntil <= now ? Reason.LeaseOver(lease) : Reason.Running({ ...lease, cancelRequestedAt })
}
