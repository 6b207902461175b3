import type { Option } from "effect"
import { Context, Effect, Either, Exit } from "effect"
import type {
  ForeignTransaction,
  JobIdConflict,
  JobNotFound,
  JobNotPending,
  JobNotRetryable,
  JobRunning,
  LeaseLost,
  StoreError,
  UniqueKeyTaken
} from "../domain/errors.ts"
import type { JobId } from "../domain/JobId.ts"
import type { JobAction } from "../domain/JobAction.ts"
import type { NotDone } from "../domain/JobFate.ts"
import type { JobRecord, JobStatus } from "../domain/JobRecord.ts"
import type { JobSummary } from "../domain/JobSummary.ts"
import type { Lease } from "../domain/Lease.ts"
import type { Pause, PauseTarget } from "../domain/Pause.ts"
import type { OnConflict, UniqueScope } from "../domain/UniqueKey.ts"
import type { WorkerRecord } from "../domain/WorkerRecord.ts"
import type { JsonRefusal } from "../domain/wireValue.ts"
import type { JobEvents } from "./JobEvents.ts"
import type { JobSignals } from "./JobSignals.ts"
import type { LeaseKeeper } from "./keeper/LeaseKeeper.ts"
import type { Presence } from "./Presence.ts"

/** Why a store operation cannot answer. Whether its write happened is unknown after a StoreError, and repeating is safe. */
export type StoreFailure = StoreError | ForeignTransaction

/** A job to be added. Spans are milliseconds, `payload` is JSON text. */
export interface NewJob {
  readonly id: JobId
  readonly queue: string
  readonly kind: string
  readonly payload: string
  readonly priority: number
  readonly partitionKey: string | null
  readonly uniqueKey: string | null
  /** Null exactly if `uniqueKey` is. */
  readonly uniqueScope: UniqueScope | null
  /** What happens where a pending job holds the unique key. */
  readonly onConflict: OnConflict
  /** Of a move: how long after its creation the holder is due at the latest. */
  readonly maxWait: number | null
  readonly maxAttempts: number
  /** An instant in epoch milliseconds, or a span from the store's now. */
  readonly available: { readonly at: number } | { readonly after: number }
  /** W3C traceparent of the enqueuing span. */
  readonly traceContext: string | null
}

/** `enqueued` is false when a job was there already: `id` is then the one that holds the unique key, or the same id. */
export interface Enqueued {
  readonly id: JobId
  readonly enqueued: boolean
  /**
   * `enqueued`: the job was added. `kept`: the one that was there is as it was.
   * `replaced`: it has the new payload. `moved`: it is due when this asked for.
   */
  readonly outcome: "enqueued" | "kept" | "replaced" | "moved"
}

/** What a worker asks for: which kinds in which queues, and how many. */
export interface ClaimRequest {
  readonly worker: string
  /** At most this many in all. */
  readonly limit: number
  /** At most this many bytes of payloads in all, but always one job: those after the first that does not fit are left. */
  readonly maxBytes: number
  /** A most for each queue; none: every queue there is. */
  readonly queues: Option.Option<ReadonlyArray<{ readonly queue: string; readonly limit: number }>>
  /** Each kind with the milliseconds its claim shall hold. */
  readonly kinds: ReadonlyArray<{ readonly kind: string; readonly leaseFor: number }>
}

/** Changes to a pending job. Fields that are left out stay as they are. */
export interface Changes {
  readonly available?: NewJob["available"] | undefined
  readonly priority?: number | undefined
}

/** A job that is due, before anyone has claimed it. */
export interface DueJob {
  readonly id: JobId
  readonly kind: string
  readonly queue: string
  readonly priority: number
  readonly availableAt: number
}

/** The job that a claim takes first of its queue, kind and priority, once it is due. */
export interface LaneHead {
  readonly queue: string
  readonly kind: string
  readonly priority: number
  readonly id: JobId
  /** Claims so far. */
  readonly attempts: number
  /** Epoch milliseconds; of all that wait there, the earliest. */
  readonly availableAt: number
}

/** The jobs of a queue and kind that one worker holds under leases that are all running, or all over. */
export interface LaneHolder {
  readonly queue: string
  readonly kind: string
  readonly lockedBy: string
  readonly jobs: number
  /** Epoch milliseconds of the last claim or extension of any of them. */
  readonly lockedAt: number
  /** When the last of the leases ends, in epoch milliseconds. */
  readonly lockedUntil: number
}

/** A job this claim took, and the lease that proves it. */
export interface ClaimedJob {
  readonly lease: Lease
  readonly kind: string
  readonly queue: string
  /** Parsed JSON, not yet decoded by the definition; undefined when an app's SQL has left something else there. */
  readonly payload: unknown
  readonly priority: number
  readonly partitionKey: string | null
  readonly maxAttempts: number
  readonly availableAt: number
  readonly createdAt: number
  readonly traceContext: string | null
}

/** A lease that now ends later, and whether someone wants the job cancelled. */
export interface Extended {
  readonly lease: Lease
  readonly kind: string
  readonly cancelRequested: boolean
}

/** What a settle made of the job. */
export interface Settled {
  readonly status: JobStatus
  readonly kind: string
  /** True if this settle repeats the job's last one, and has written nothing. */
  readonly isRepeat: boolean
}

/**
 * The answer to one item of a write under a lease. A StoreError is of a row that
 * refused what others of the same call took; a call for one item fails with it.
 */
export type Fenced<A> = Either.Either<A, LeaseLost | StoreError>

/** The answer to a call for one item. */
export const only = <A, E>(
  answers: Effect.Effect<ReadonlyArray<Fenced<A>>, E>
): Effect.Effect<Either.Either<A, LeaseLost>, E | StoreError> =>
  Effect.flatMap(
    answers,
    ([answer]) =>
      answer === undefined ? Effect.dieMessage("The job store has not answered for an item") : exitOf(answer)
  )

/** The answer to one item, as the end of a call for it alone: a row that refuses it fails the call. */
export const exitOf = <A>(answer: Fenced<A>): Exit.Exit<Either.Either<A, LeaseLost>, StoreError> => {
  if (Either.isRight(answer)) return Exit.succeed(Either.right(answer.right))
  return answer.left._tag === "StoreError" ? Exit.fail(answer.left) : Exit.succeed(Either.left(answer.left))
}

/** A lease as a sweep has seen it: whose, of which attempt, and until when it holds, in epoch milliseconds. */
export interface StaleLease {
  readonly id: JobId
  readonly attempt: number
  readonly lockedBy: string
  readonly lockedUntil: number
}

/**
 * Which stale jobs to free: up to `limit`, those longest over first, or those of
 * `leases` that are still as they say. With `holderIsGone`, of workers whose processes
 * are known to have ended, these need not be over.
 */
export type StaleChoice =
  | { readonly limit: number }
  | { readonly leases: ReadonlyArray<StaleLease>; readonly holderIsGone?: boolean | undefined }

/** A job that was freed, and who held it since when, read before the row was cleared. */
export interface StaleJob {
  readonly id: JobId
  readonly kind: string
  readonly attempt: number
  readonly lockedBy: string
  /** Epoch milliseconds of the last claim or extension. */
  readonly lockedAt: number
  /** True if it was freed because its holder's process had ended, and perhaps before its lease was over. */
  readonly holderIsGone: boolean
  /** What became of the job. */
  readonly status: JobStatus
}

/** Pending jobs of a queue, kind and priority, and those of them that are due, each counted up to a limit. */
export interface LaneDepth {
  readonly queue: string
  readonly kind: string
  readonly priority: number
  readonly pending: number
  readonly due: number
}

/** Jobs of a queue and kind that ended lately, and how. */
export interface Ended {
  readonly queue: string
  readonly kind: string
  readonly status: "succeeded" | "failed" | "cancelled"
  readonly jobs: number
}

/** The report that a worker sends with each beat. Its instant is the store's now. */
export type WorkerBeat = Omit<WorkerRecord, "startedAt" | "beatAt" | "sinceBeat" | "isLive">

/** The jobs that a pruning deleted, and those that it could not, for example because one of the app's tables refers to them. */
export interface Pruned {
  readonly deleted: number
  readonly refused: number
}

/** Jobs, newest id first, and the last that was looked at; null on the last page. */
export interface JobPage {
  readonly jobs: ReadonlyArray<JobRecord>
  readonly cursor: JobId | null
}

/** The same without the JSON of the jobs. */
export interface SummaryPage {
  readonly jobs: ReadonlyArray<JobSummary>
  readonly cursor: JobId | null
}

/** The jobs that a count came to, and the last row that it looked at; null if that was the last there is. */
export interface CountedJobs {
  readonly jobs: number
  readonly cursor: JobId | null
}

/** The jobs that fit all of these. */
export interface Filter {
  /** One of several, where it is an array. */
  readonly status?: JobStatus | ReadonlyArray<JobStatus> | undefined
  readonly kind?: string | undefined
  readonly queue?: string | undefined
  readonly partitionKey?: string | undefined
  /** Also of a job that does not hold its key any more. */
  readonly uniqueKey?: string | undefined
  /** A part of `last_error`, with A to Z and a to z taken for the same. */
  readonly error?: string | undefined
}

/** A filter and a place in the list of jobs, newest id first. */
export interface Listing extends Filter {
  /** The `cursor` of the page before: only jobs whose id sorts before this one. */
  readonly cursor?: JobId | undefined
  /** The cursor's own job is the first of the page. */
  readonly isInclusive?: boolean | undefined
  readonly limit: number
  /** The most JSON of a search's page, in bytes. A page has one job at least. */
  readonly mostBytes?: number | undefined
}

/** One action for several jobs. */
export interface ActRequest {
  readonly action: JobAction
  /** Each once. */
  readonly ids: ReadonlyArray<JobId>
  /** A job that does not fit when its turn comes stays as it is. */
  readonly filter: Filter
  /** Of a retry: when the jobs are due. Now unless given. */
  readonly available?: NewJob["available"] | undefined
}

/** The status that the job has now, or had if it was deleted; or why nothing of it was changed. */
export type Acted = Either.Either<JobStatus, NotDone>

/**
 * Where jobs live. Methods are in the order a job meets them; those that write
 * take many items and answer for each, in the order given.
 *
 * Called inside a transaction of the client the store was built on, an operation
 * is part of it. Called inside another client's, it fails with
 * ForeignTransaction. Called outside, it is a transaction by itself.
 */
export class JobStore extends Context.Tag("holdfast/store/JobStore")<JobStore, {
  /** Called with each payload, result, progress and encoded error before the store gets it. A store without it holds all of JSON. */
  readonly jsonRefusal?: JsonRefusal | undefined

  /** Extends leases while the event loop is blocked. Without it a block that outlasts a lease costs the attempt. */
  readonly leaseKeeper?: LeaseKeeper | undefined

  /** Tells at once which workers on this machine have died. Without it their jobs wait until their leases are over. */
  readonly presence?: Presence | undefined

  /**
   * Adds the jobs as if one after the other, all, or none when it fails, also in a
   * transaction that goes on after that. Once they are committed it tells their
   * event and wakes workers.
   */
  readonly enqueue: (
    jobs: ReadonlyArray<NewJob>
  ) => Effect.Effect<ReadonlyArray<Enqueued>, JobIdConflict | StoreFailure>

  /**
   * Runs `effect` once what the caller has written so far is committed or rolled
   * back: at once outside a transaction, else in the background after its end.
   */
  readonly afterTransaction: (effect: Effect.Effect<void>) => Effect.Effect<void>

  /**
   * Runs `effect` once what the caller has written so far is committed: at once
   * outside a transaction, else in the background after its end. Never runs it
   * when that was rolled back, be it to a savepoint.
   */
  readonly afterCommit: (effect: Effect.Effect<void>) => Effect.Effect<void>

  /** The events of this store's jobs in this process. */
  readonly events: JobEvents

  /** Tells the workers of this store, in this process, that there may be something to do. Each store has its own. */
  readonly signals: JobSignals

  /** The earliest instant, in epoch milliseconds, at which a job of these lanes is due. Only reads. */
  readonly nextDue: (
    request: Omit<ClaimRequest, "worker" | "limit" | "maxBytes">
  ) => Effect.Effect<Option.Option<number>, StoreFailure>

  /** The jobs that `claim` would take now, in claim order. Only reads. */
  readonly due: (request: Omit<ClaimRequest, "worker">) => Effect.Effect<ReadonlyArray<DueJob>, StoreFailure>

  /**
   * The first in line of every queue, kind and priority that has pending jobs, due
   * or not: up to `limit` of them, by queue and kind and then highest priority
   * first, from behind `after` on. Only reads.
   */
  readonly laneHeads: (options: {
    readonly limit: number
    readonly after?: LaneHead | undefined
  }) => Effect.Effect<ReadonlyArray<LaneHead>, StoreFailure>

  /**
   * Takes due jobs in claim order: priority, then availableAt, then id. Empty when
   * none is due. Skips queues and kinds that are paused.
   *
   * A claimed job whose caller never hears of it runs nowhere until its lease is
   * over. So an implementation promises:
   *
   * - Until the claim is written it can be interrupted, also in a region that is
   *   uninterruptible, while it waits for a connection or for another process.
   *   Then nothing was claimed.
   * - From the write to the answer nothing interrupts it. An uninterruptible
   *   caller gets the answer and goes on with it, and holds its jobs before any
   *   interruption is seen.
   * - Outside a transaction it has committed before it answers. Inside the
   *   caller's, which may still be rolled back, its leases carry a name that no
   *   other claim has: `isNameOf` tells whose it is.
   * - After a failure jobs may have been claimed all the same. They come back
   *   once their leases are over.
   */
  readonly claim: (request: ClaimRequest) => Effect.Effect<ReadonlyArray<ClaimedJob>, StoreFailure>

  /** Moves the end of each lease to `leaseFor` milliseconds from now. */
  readonly extend: (
    items: ReadonlyArray<{ readonly lease: Lease; readonly leaseFor: number }>
  ) => Effect.Effect<ReadonlyArray<Fenced<Extended>>, StoreFailure>

  /** Replaces each job's progress by JSON text. */
  readonly progress: (
    items: ReadonlyArray<{ readonly lease: Lease; readonly progress: string }>
  ) => Effect.Effect<ReadonlyArray<Fenced<void>>, StoreFailure>

  /**
   * Settles as succeeded. `result` is JSON text. Repeating a job's last settle
   * answers as the first did, also where the job was claimed again since.
   */
  readonly complete: (
    items: ReadonlyArray<{ readonly lease: Lease; readonly result: string }>
  ) => Effect.Effect<ReadonlyArray<Fenced<Settled>>, StoreFailure>

  /** Settles as failed once: pending again `retryAfter` milliseconds from now, or failed when that is null or the budget spent. */
  readonly fail: (
    items: ReadonlyArray<{
      readonly lease: Lease
      readonly error: string
      /** The error as JSON text, if its definition has a schema that it fits. */
      readonly errorValue?: string | undefined
      readonly retryAfter: number | null
    }>
  ) => Effect.Effect<ReadonlyArray<Fenced<Settled>>, StoreFailure>

  /** Settles with nothing spent: pending again `delay` milliseconds from now. A snooze, or 0 for a release at shutdown. */
  readonly release: (
    items: ReadonlyArray<{ readonly lease: Lease; readonly delay: number }>
  ) => Effect.Effect<ReadonlyArray<Fenced<Settled>>, StoreFailure>

  /** The holders of leases that are not over, or of those that are, counting the `limit` leases that end first. Only reads. */
  readonly laneHolders: (options: {
    readonly areOver?: boolean | undefined
    readonly limit: number
  }) => Effect.Effect<ReadonlyArray<LaneHolder>, StoreFailure>

  /**
   * Up to `limit` leases that are over, those longest over first, from behind `after` on. With `heldBy` it answers those
   * of these workers instead, over or not. Only reads.
   */
  readonly staleLeases: (options: {
    readonly limit: number
    readonly after?: StaleLease | undefined
    readonly heldBy?: ReadonlyArray<string> | undefined
  }) => Effect.Effect<ReadonlyArray<StaleLease>, StoreFailure>

  /** Frees jobs whose lease is over or whose holder is gone. A lease that was extended since it was seen keeps its job. */
  readonly releaseStale: (which: StaleChoice) => Effect.Effect<ReadonlyArray<StaleJob>, StoreFailure>

  /** The job, if it is there and in the partition, when one is given. */
  readonly get: (
    id: JobId,
    partitionKey: string | undefined
  ) => Effect.Effect<JobRecord, JobNotFound | StoreFailure>

  /**
   * A page of jobs, highest id first. It ends at `limit` jobs, at some MiB, or
   * where it has looked at some thousand rows, so that it may be short, or empty,
   * although more are to come.
   */
  readonly list: (listing: Listing) => Effect.Effect<JobPage, StoreFailure>

  /** A page of jobs without their JSON, in the order of `list`. Sizes do not end it unless `mostBytes` is given. */
  readonly search: (listing: Listing) => Effect.Effect<SummaryPage, StoreFailure>

  /**
   * Counts jobs of a filter from behind a cursor on, highest id first, as far as one walk of some
   * thousand rows goes. Only reads.
   */
  readonly count: (options: Omit<Listing, "limit">) => Effect.Effect<CountedJobs, StoreFailure>

  /** Cancels a pending job, records the request for a running one, leaves a finished one. Answers the status it has now. */
  readonly cancel: (
    id: JobId,
    partitionKey: string | undefined
  ) => Effect.Effect<JobStatus, JobNotFound | StoreFailure>

  /** Makes a failed or cancelled job pending, due now unless another instant is given, with a fresh budget. */
  readonly retry: (
    id: JobId,
    partitionKey: string | undefined,
    available?: NewJob["available"]
  ) => Effect.Effect<void, JobNotFound | JobNotRetryable | UniqueKeyTaken | StoreFailure>

  /** Changes a pending job. */
  readonly edit: (
    id: JobId,
    partitionKey: string | undefined,
    changes: Changes
  ) => Effect.Effect<void, JobNotFound | JobNotPending | StoreFailure>

  /** Deletes a job that does not run. Answers the status that it had. */
  readonly delete: (
    id: JobId,
    partitionKey: string | undefined
  ) => Effect.Effect<JobStatus, JobNotFound | JobRunning | StoreFailure>

  /**
   * Does to each of these jobs what the operation for one does, in one transaction, and answers for
   * each in the order given. A job that refuses, or whose row does, stays as it is and keeps no other
   * from being changed. If a COMMIT refuses a row, each half is a transaction of its own. Once one has
   * committed, a failure of the store is the answer for the jobs that are left.
   */
  readonly act: (request: ActRequest) => Effect.Effect<ReadonlyArray<Acted>, StoreFailure>

  /**
   * Keeps every claim from jobs of a queue or a kind until it is resumed. Running jobs
   * are not touched. Pausing again changes nothing.
   */
  readonly pause: (target: PauseTarget, by: string | undefined) => Effect.Effect<Pause, StoreFailure>

  /** Ends a pause. False if it was not paused. */
  readonly resume: (target: PauseTarget) => Effect.Effect<boolean, StoreFailure>

  /** All that is paused. Only reads. */
  readonly pauses: () => Effect.Effect<ReadonlyArray<Pause>, StoreFailure>

  /**
   * Writes what a worker reports, with now as its last beat, and as its first if it has
   * no row.
   */
  readonly beatWorker: (beat: WorkerBeat) => Effect.Effect<void, StoreFailure>

  /** Deletes the row of a worker that has ended. Does nothing if there is none. */
  readonly forgetWorker: (worker: string) => Effect.Effect<void, StoreFailure>

  /**
   * Up to `limit` workers: live ones first, then by their start. One that has not been
   * live for more than an hour is left out. Only reads.
   */
  readonly workers: (options: { readonly limit: number }) => Effect.Effect<ReadonlyArray<WorkerRecord>, StoreFailure>

  /** Deletes the rows of the workers that `workers` leaves out. */
  readonly pruneWorkers: () => Effect.Effect<void, StoreFailure>

  /** The number of pending jobs behind each of these heads, and of those that are due, each counted up to `limit`. Only reads. */
  readonly laneDepths: (options: {
    readonly heads: ReadonlyArray<Pick<LaneHead, "queue" | "kind" | "priority">>
    readonly limit: number
  }) => Effect.Effect<ReadonlyArray<LaneDepth>, StoreFailure>

  /** The number of due jobs of this job's queue, kind and priority that a claim takes before it, counted up to `limit`. Only reads. */
  readonly countAhead: (
    job: Pick<LaneHead, "queue" | "kind" | "priority" | "availableAt" | "id">,
    options: { readonly limit: number }
  ) => Effect.Effect<number, StoreFailure>

  /** Jobs that ended with `status` in the last `within` milliseconds, by queue and kind, counting the `limit` last. Only reads. */
  readonly endedLately: (options: {
    readonly status: Ended["status"]
    readonly within: number
    readonly limit: number
  }) => Effect.Effect<ReadonlyArray<Ended>, StoreFailure>

  /** Deletes up to `limit` jobs that ended with `status` at least `retention` milliseconds ago, the first ended first. */
  readonly prune: (options: {
    readonly status: JobStatus
    readonly retention: number
    readonly limit: number
    /** Steps over so many of the first: those that calls before have answered as refused. */
    readonly skip?: number | undefined
  }) => Effect.Effect<Pruned, StoreFailure>

  /** Sees to what the database itself needs now and then. Begins it and does not wait for it. */
  readonly tidy: Effect.Effect<void>
}>() {}
