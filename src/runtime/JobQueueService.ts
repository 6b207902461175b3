import type { DateTime, Duration, Effect, Stream } from "effect"
import type { Backoff } from "../domain/Backoff.ts"
import type {
  InvalidJob,
  InvalidOption,
  JobIdConflict,
  JobNotFound,
  JobNotPending,
  JobNotRetryable,
  JobRunning,
  LeaseLost,
  UniqueKeyTaken
} from "../domain/errors.ts"
import type { Explanation } from "../domain/Explanation.ts"
import type { JobEvent } from "../domain/JobEvent.ts"
import type * as Job from "../domain/Job.ts"
import type { JobAction } from "../domain/JobAction.ts"
import type { JobFate } from "../domain/JobFate.ts"
import type { JobRecord, JobStatus } from "../domain/JobRecord.ts"
import type { JobSummary } from "../domain/JobSummary.ts"
import type { Lease } from "../domain/Lease.ts"
import type { Pause, PauseTarget } from "../domain/Pause.ts"
import type { JobCount, Stats } from "../domain/Stats.ts"
import type { OnConflict, UniqueScope } from "../domain/UniqueKey.ts"
import type { WorkerRecord } from "../domain/WorkerRecord.ts"
import type { ClaimedJob, DueJob, Enqueued, StoreFailure } from "../store/JobStore.ts"

/** The options of one job. Those that are left out come from its definition. */
export interface EnqueueOptions {
  /** The wait before the job is due, at most ten years. Not with `at`. */
  readonly delay?: Duration.DurationInput
  /** The instant at which the job is due: a DateTime, a Date, or epoch milliseconds. Not with `delay`. */
  readonly at?: DateTime.DateTime.Input
  readonly priority?: number
  readonly queue?: string
  /** The failure budget: as many attempts may fail or go stale until the job has failed. */
  readonly maxAttempts?: number
  /** While a job of this kind and partition holds this key, no other is added: the answer is its id. */
  readonly uniqueKey?: string
  /**
   * Until when the job holds its unique key; give all jobs of one key the same.
   *
   * `pending`, the default: until the job is claimed. At most one waits, and an
   * enqueue while it runs adds another, so that no change is missed. A job that
   * comes back from an attempt holds its key again if it is free. If not, both
   * wait, and either may run first.
   *
   * `unfinished`: until the job has ended, so that at most one waits or runs. An
   * enqueue while it runs adds nothing.
   */
  readonly uniqueScope?: UniqueScope
  /**
   * The effect on a pending job that holds the unique key. A running one does not
   * change.
   *
   * `keep`, the default, leaves it as it is. `replace` gives it this payload.
   * `move` makes it due when this job would be, which debounces: each enqueue moves
   * it on. A job that waits for its next attempt is never moved to an earlier
   * instant.
   *
   * A `replace` or a `move` whose answer was lost may be repeated. If the job was
   * claimed meanwhile, the repetition adds one.
   */
  readonly onConflict?: OnConflict
  /** With `move`: the longest time from a job's creation until it is due. Without it a key that is enqueued again and again waits forever. */
  readonly maxWait?: Duration.DurationInput
  /** The tenant the job belongs to. Reads that name a partition see no other's jobs. */
  readonly partitionKey?: string
  /**
   * A UUID in lower case. A caller that makes the id can repeat an enqueue whose
   * answer was lost, until the job is pruned: after that a repetition adds it anew.
   */
  readonly id?: string
}

/** The jobs that fit all of these; every job if none is given. */
export interface JobFilter {
  /** One status, or several of which a job has one. */
  readonly status?: JobStatus | ReadonlyArray<JobStatus>
  readonly kind?: string
  readonly queue?: string
  readonly partitionKey?: string
  /** The whole key, also of a job that does not hold it any more. */
  readonly uniqueKey?: string
  /**
   * A part of the last error's text, 1 to 1000 characters, with A to Z and a to z taken for the same. No index
   * serves it: each page looks at up to a thousand rows, so name a status too, such as `failed`.
   */
  readonly error?: string
}

/** A filter for jobs, and the place where the page begins. */
export interface ListOptions extends JobFilter {
  /** The `cursor` of the page before, or of a count: that page begins with the newest job that was counted. */
  readonly cursor?: string
  /** From 1 to 100, which it is unless given. */
  readonly limit?: number
}

/**
 * A page of jobs, newest id first. It may be short, or empty, although more jobs
 * follow: it ends after some thousand rows or some MiB, so that a list blocks
 * nobody. Ask for the next page until `cursor` is null.
 */
export interface Page {
  readonly jobs: ReadonlyArray<JobRecord>
  /** The place where the next page begins; null on the last page. */
  readonly cursor: string | null
}

/** The same without the payloads and the other JSON of the jobs, which end no page. */
export interface SummaryPage {
  readonly jobs: ReadonlyArray<JobSummary>
  /** The place where the next page begins; null on the last page. */
  readonly cursor: string | null
}

/** The bound of a count. */
export interface CountOptions {
  /** The jobs at which the count stops, from 1 to 100,000. 10,000 unless given. */
  readonly limit?: number
}

/** When a job is due again that is retried. */
export interface RetryOptions extends InPartition {
  /** The wait from now until the job is due, at most ten years. Not with `at`. */
  readonly delay?: Duration.DurationInput
  /** The instant at which the job is due: now unless given. Not with `delay`. */
  readonly at?: DateTime.DateTime.Input
}

/** An action on every job of a filter. */
export interface BulkOptions {
  /** `run-now` makes pending jobs due now. */
  readonly action: JobAction
  /** Without a status, those that the action can change: failed and cancelled jobs of a retry, and so on. */
  readonly filter: JobFilter
  /** Of a retry: the wait until the jobs are due. Not with `at`. */
  readonly delay?: Duration.DurationInput
  /** Of a retry: the instant at which the jobs are due. Not with `delay`. */
  readonly at?: DateTime.DateTime.Input
  /** The `cursor` of the page before, to go on behind it. Or that of a count, to leave out jobs that are newer than the count. */
  readonly cursor?: string
}

/** The fates of the jobs of one page. */
export interface FatePage {
  readonly fates: ReadonlyArray<JobFate>
  /** The place where the next page begins; null on the last page. */
  readonly cursor: string | null
}

/** A partition, or tenant: jobs of others are not found. */
export interface InPartition {
  readonly partitionKey?: string
}

/** Changes to a pending job. Fields that are left out stay as they are. */
export interface EditOptions extends InPartition {
  /** The wait from now until the job is due, at most ten years; 0 runs it now. Not with `at`. */
  readonly delay?: Duration.DurationInput
  /** The instant at which the job is due. Not with `delay`. */
  readonly at?: DateTime.DateTime.Input
  readonly priority?: number
}

/** The options of a pause. */
export interface PauseOptions {
  /** Your name or your program's, for others to read: 1 to 255 characters. */
  readonly by?: string
}

/** The span of a look at the queue. */
export interface StatsOptions {
  /** The span, ending now, in which finished jobs are counted. 5 minutes unless given. */
  readonly over?: Duration.DurationInput
}

/** A claim by hand. */
export interface ClaimOptions {
  readonly jobs: ReadonlyArray<Job.Any>
  /** Every queue unless given. */
  readonly queues?: ReadonlyArray<string>
  /** 1 unless given, at most 1000. A claim takes fewer where their payloads would be more than 4 MiB together. */
  readonly limit?: number
  /** The length of the leases. The definition's unless given, or 10 minutes. */
  readonly leaseFor?: Duration.DurationInput
  /** The holder of the leases; this process unless given. */
  readonly worker?: string
}

/** The next step after a failed attempt. */
export interface FailOptions {
  /** The schedule of the next attempt: 60 s, 120 s and so on unless given. */
  readonly backoff?: Backoff
  /** False fails the job for good. */
  readonly retry?: boolean
}

/** A function that takes a job, its payload unless the definition has none, and options. */
export interface Enqueue<Answer> {
  (job: Job.WithoutPayload, options?: EnqueueOptions): Answer
  <J extends Job.Any>(job: J, payload: Job.Payload<J>, options?: EnqueueOptions): Answer
}

/** The same for many jobs of one kind, each with its options. */
export interface EnqueueMany<Answer> {
  (job: Job.WithoutPayload, entries: ReadonlyArray<EnqueueOptions>): Answer
  <J extends Job.Any>(
    job: J,
    entries: ReadonlyArray<{ readonly payload: Job.Payload<J> } & EnqueueOptions>
  ): Answer
}

/** The contract, in the order a job meets it. */
export interface JobQueueService {
  /**
   * Adds a job. Inside a transaction of the store's client it is part of it, and
   * workers wake after the commit. A definition without a payload leaves it out:
   * `enqueue(Nightly)`, `enqueue(Nightly, options)`.
   */
  readonly enqueue: Enqueue<Effect.Effect<Enqueued, InvalidJob | JobIdConflict | StoreFailure>>

  /**
   * Adds jobs of one kind, all or none, as if one after the other. The answers
   * are in the order given. Until all are in, no other process can write, and none
   * waits longer than 5 s for it. A hundred thousand may take 3 s: split more than
   * that into several calls.
   */
  readonly enqueueMany: EnqueueMany<
    Effect.Effect<ReadonlyArray<Enqueued>, InvalidJob | JobIdConflict | StoreFailure>
  >

  /** The job as it stands. A job of another partition than the one named is not found. */
  readonly get: (id: string, options?: InPartition) => Effect.Effect<JobRecord, JobNotFound | StoreFailure>

  /** A page of whole jobs, newest first. It may be short although more follow: go on until `cursor` is null. */
  readonly list: (options?: ListOptions) => Effect.Effect<Page, InvalidOption | StoreFailure>

  /**
   * The same page without payloads, results, progress and lists of errors. Prefer it where many jobs are shown: on PostgreSQL
   * its cost does not grow with their size, and on SQLite much less.
   */
  readonly search: (options?: ListOptions) => Effect.Effect<SummaryPage, InvalidOption | StoreFailure>

  /**
   * Counts the jobs of a filter. It stops at the limit, and where it has looked at 100,000 rows, or at 20,000 whose errors it
   * searched; `isMore` says that there may be more. Give its `cursor` to `bulk` to change what was counted, and nothing that
   * was enqueued since.
   */
  readonly count: (
    filter?: JobFilter,
    options?: CountOptions
  ) => Effect.Effect<JobCount, InvalidOption | StoreFailure>

  /**
   * Cancels a pending job; asks for a running one to be stopped, at once in this
   * process and within a heartbeat in another; leaves a finished one as it is.
   * Answers the status the job has now: `running` means that it was asked for,
   * and the job ends cancelled unless its handler succeeds first.
   */
  readonly cancel: (id: string, options?: InPartition) => Effect.Effect<JobStatus, JobNotFound | StoreFailure>

  /**
   * Makes a failed or cancelled job pending with a fresh budget, due now unless `delay` or `at` says when. The write is
   * one: the job is never due before that.
   */
  readonly retry: (
    id: string,
    options?: RetryOptions
  ) => Effect.Effect<void, InvalidOption | JobNotFound | JobNotRetryable | UniqueKeyTaken | StoreFailure>

  /**
   * Changes when a pending job is due, or its priority: `delay: 0` runs it now, also one
   * that waits for its next attempt; one that is due already keeps its place. Wakes workers.
   */
  readonly edit: (
    id: string,
    options: EditOptions
  ) => Effect.Effect<void, InvalidOption | JobNotFound | JobNotPending | StoreFailure>

  /**
   * Deletes a job that does not run, and with it its result and errors. Answers the
   * status that it had. A running one is refused: cancel it first. An enqueue that is
   * repeated under its id adds it anew.
   */
  readonly delete: (
    id: string,
    options?: InPartition
  ) => Effect.Effect<JobStatus, JobNotFound | JobRunning | StoreFailure>

  /**
   * Does one thing to the next jobs of a filter, newest first: up to `limit`, from 1 to 100, and up to 4 MiB of their JSON.
   * They are one transaction, unless a COMMIT refuses a row: then each half is one. Answers the fate of each, and where to
   * go on; a page may have no fates although more follow.
   *
   * Each is changed as the call for one job changes it, and tells the same events. A job that refuses stays as it is
   * and keeps no other from being changed, as does one that does not fit the filter any more when its turn comes.
   */
  readonly bulkPage: (
    options: BulkOptions & { readonly limit?: number }
  ) => Effect.Effect<FatePage, InvalidOption | StoreFailure>

  /**
   * Does one thing to every job of a filter, from the highest id down, and tells the fate of each. Each transaction takes up to
   * a hundred jobs and 4 MiB of their JSON. An interruption or a failure of the store stops it between two transactions, and
   * what was done stays done. Jobs that are enqueued after it began are left out, unless their ids were made by the caller or
   * by a machine whose clock is behind. In your own transaction, all of it is part of that.
   */
  readonly bulk: (options: BulkOptions) => Stream.Stream<JobFate, InvalidOption | StoreFailure>

  /**
   * Stops every worker from claiming jobs of a queue or a kind until it is resumed.
   * Survives restarts. Running jobs are not interrupted, and jobs that a worker has
   * claimed ahead run if they get a place in time. Pausing again changes nothing: the
   * first `pausedAt` and `pausedBy` stay.
   */
  readonly pause: (target: PauseTarget, options?: PauseOptions) => Effect.Effect<Pause, InvalidOption | StoreFailure>

  /** Ends a pause, and wakes workers. False if it was not paused. */
  readonly resume: (target: PauseTarget) => Effect.Effect<boolean, InvalidOption | StoreFailure>

  /** Every pause: kinds first, then queues, each by name. */
  readonly pauses: Effect.Effect<ReadonlyArray<Pause>, StoreFailure>

  /**
   * The workers of every process, each as it last reported, which it does at its
   * heartbeat interval: live ones first, then by their start, at most 1,000. One that
   * ends leaves the list; one that dies stays in it for an hour after it was last live.
   * Programs that claim by hand are not in it.
   */
  readonly workers: Effect.Effect<ReadonlyArray<WorkerRecord>, StoreFailure>

  /**
   * Why a job is not running, as tagged values; `reasonText` puts them into words.
   * Counts at most a thousand jobs before it, of every partition.
   */
  readonly explain: (id: string, options?: InPartition) => Effect.Effect<Explanation, JobNotFound | StoreFailure>

  /**
   * Counts the jobs that are pending, due, running, stale, or finished lately, by queue
   * and kind. Its cost does not grow with the table: it reads up to 2,000 lanes and
   * priorities, and counts up to 1,000 jobs of each, 5,000 leases, and 5,000 jobs of each
   * status that finished. A count that stopped there says so, in every lane that it
   * may concern.
   */
  readonly stats: (options?: StatsOptions) => Effect.Effect<Stats, InvalidOption | StoreFailure>

  /** Replaces a running job's progress with a JSON value of at most 1 MiB. */
  readonly progress: (lease: Lease, value: unknown) => Effect.Effect<void, LeaseLost | InvalidJob | StoreFailure>

  /** The due jobs that a claim would take now, in claim order. Changes nothing. */
  readonly due: (options: ClaimOptions) => Effect.Effect<ReadonlyArray<DueJob>, InvalidOption | StoreFailure>

  /** Takes due jobs for this process, which must then extend and settle each by its lease. */
  readonly claim: (options: ClaimOptions) => Effect.Effect<ReadonlyArray<ClaimedJob>, InvalidOption | StoreFailure>

  /** Settles as succeeded. False: not yours, nothing changed. Repeating a job's last settle answers true again. */
  readonly complete: (lease: Lease, result?: unknown) => Effect.Effect<boolean, InvalidJob | StoreFailure>

  /** Settles one attempt as failed. False: not yours, nothing changed. Repeating a job's last settle answers true again. */
  readonly fail: (lease: Lease, error: unknown, options?: FailOptions) => Effect.Effect<boolean, StoreFailure>

  /** Moves the lease's end to `leaseFor`, 10 minutes unless given, from now. False: not yours, nothing changed. */
  readonly extendLock: (
    lease: Lease,
    leaseFor?: Duration.DurationInput
  ) => Effect.Effect<boolean, InvalidOption | StoreFailure>

  /**
   * Frees every job whose lease is over by this machine's clock, in one call and
   * without the second look that a worker takes. Answers how many.
   */
  readonly releaseStale: Effect.Effect<number, StoreFailure>

  /**
   * Events of this store's jobs in this process, its workers included, from
   * the moment the stream runs: each fact once, after its commit. What other
   * processes do is not told here.
   *
   * Nothing waits for a subscriber. One that is more than 1,024 events behind
   * misses the oldest of them. The stream ends when the store closes.
   */
  readonly events: Stream.Stream<JobEvent>
}
