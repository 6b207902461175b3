import { Clock, Effect, LogLevel, Option } from "effect"
import type { JobNotFound } from "../domain/errors.ts"
import type { Explanation } from "../domain/Explanation.ts"
import { Reason } from "../domain/Explanation.ts"
import type { JobId } from "../domain/JobId.ts"
import type { JobRecord } from "../domain/JobRecord.ts"
import { pausesOf } from "../domain/Pause.ts"
import { claimsLane, listsLane, mayLackLive, mostWorkers } from "../domain/WorkerRecord.ts"
import { line } from "../platform/line.ts"
import type { JobStore, LaneHead, StoreFailure } from "../store/JobStore.ts"

type Store = typeof JobStore.Service

/** Jobs before this one that are counted at most. */
const mostAhead = 1000

/** Priorities above the job's that are looked at, by seeks. */
const mostPriorities = 50

/** Looks at a job that others claim, settle or pause meanwhile. */
const tries = 3

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
    let job = yield* store.get(id, partitionKey)
    for (let left = tries; left > 0; left--) {
      const reasons = yield* reasonsOf(store, job, yield* Clock.currentTimeMillis)
      // The reasons were read after the job, which may have gone on since.
      const after = yield* store.get(id, partitionKey)
      if (after.updatedAt === job.updatedAt && after.status === job.status && after.attempts === job.attempts) {
        return { job, reasons }
      }
      job = after
    }
    return { job, reasons: yield* reasonsOf(store, job, yield* Clock.currentTimeMillis) }
  })

const reasonsOf = (
  store: Store,
  job: JobRecord,
  now: number
): Effect.Effect<ReadonlyArray<Reason>, StoreFailure> => {
  const { cancelRequestedAt, finishedAt, lastError, lockedAt, lockedBy, lockedUntil, status } = job
  switch (status) {
    case "waiting":
    case "pending":
      return whyWaiting(store, job, now)
    case "running": {
      const lease = {
        lockedBy: lockedBy ?? "",
        lockedAt: lockedAt ?? 0,
        lockedUntil: lockedUntil ?? 0,
        cancelRequestedAt
      }
      return Effect.succeed([lease.lockedUntil <= now ? Reason.LeaseOver(lease) : Reason.Running(lease)])
    }
    case "succeeded":
    case "failed":
    case "cancelled":
      return Effect.succeed([Reason.Finished({ status, finishedAt, lastError })])
  }
}

const whyWaiting = (store: Store, job: JobRecord, now: number): Effect.Effect<ReadonlyArray<Reason>, StoreFailure> =>
  Effect.gen(function*() {
    const { availableAt, failures, lastError, maxAttempts, settledAs } = job
    const paused = pausesOf(job, yield* store.pauses()).map((pause) => Reason.Paused({ pause }))
    if (availableAt > now) {
      // One that was snoozed after a failure waits for what it asked for.
      const isBackingOff = failures > 0 && settledAs !== "release"
      return [
        isBackingOff
          ? Reason.BackingOff({ availableAt, failures, maxAttempts, lastError })
          : Reason.NotDue({ availableAt }),
        ...paused
      ]
    }
    if (paused.length > 0) return paused
    const claimed = yield* lookForWorker(store, job)
    const place = yield* placeInLine(store, job, claimed === true)
    if (claimed === true || claimed === undefined) return [place]
    // Being the first in line explains nothing where nobody comes.
    return place._tag === "InLine" && place.ahead === 0 ? [claimed] : [claimed, place]
  })

/**
 * True if a live worker is known to claim the lane, and the reason if none does; undefined if that is not known. The
 * rows of workers are a hint, so a look at them that fails shows nothing.
 */
const lookForWorker = (
  store: Store,
  { kind, queue }: JobRecord
): Effect.Effect<Extract<Reason, { readonly _tag: "NoWorker" }> | true | undefined> =>
  store.workers({ limit: mostWorkers }).pipe(
    Effect.map((workers) => {
      if (workers.some((worker) => claimsLane(worker, { queue, kind }))) return true as const
      if (mayLackLive(workers)) return undefined
      const listed = workers.filter((worker) => listsLane(worker, { queue, kind }))
      const lately = listed.toSorted((one, other) => other.beatAt - one.beatAt)[0] ?? null
      return Reason.NoWorker({ queue, kind, lately })
    }),
    Effect.catchAll((error) => unread(error._tag)),
    // A row that an app's SQL has changed is not as expected.
    Effect.catchAllDefect((defect) => unread(String(defect)))
  )

const unread = (error: string) => Effect.as(line(LogLevel.Debug, "The workers could not be read", { error }), undefined)

const placeInLine = (store: Store, job: JobRecord, isClaimed: boolean): Effect.Effect<Reason, StoreFailure> =>
  Effect.gen(function*() {
    const { kind, queue } = job
    const ahead = (yield* dueAbove(store, job)) + (yield* store.countAhead(job, { limit: mostAhead }))
    if (ahead > 0) {
      return Reason.InLine({ queue, kind, ahead: Math.min(ahead, mostAhead), isMore: ahead >= mostAhead, isClaimed })
    }
    const [next] = yield* store.due({
      queues: Option.some([{ queue, limit: 1 }]),
      kinds: [{ kind, leaseFor: 0 }],
      limit: 1,
      maxBytes: Infinity
    })
    return next?.id === job.id ? Reason.InLine({ queue, kind, ahead: 0, isMore: false, isClaimed }) : Reason.LeftOut()
  })

/** Due jobs of the same queue and kind with a higher priority, counted so far that it shows. */
const dueAbove = (store: Store, { id, kind, priority, queue }: JobRecord): Effect.Effect<number, StoreFailure> =>
  Effect.gen(function*() {
    const heads: ReadonlyArray<LaneHead> = yield* store.laneHeads({
      limit: mostPriorities,
      after: { queue, kind, priority: highest, id, attempts: 0, availableAt: 0 }
    })
    const above = heads.filter((head) => head.queue === queue && head.kind === kind && head.priority > priority)
    if (above.length === 0) return 0
    const depths = yield* store.laneDepths({ heads: above, limit: mostAhead })
    return depths.reduce((sum, { due }) => sum + due, 0)
  })

/** Above every priority there is. */
const highest = 1001
