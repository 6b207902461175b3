import type { Duration, Option, Redacted } from "effect"
import { Data } from "effect"
import type { SettledEnd } from "./AttemptEnd.ts"
import type { JobId } from "./JobId.ts"
import type { JobStatus } from "./JobRecord.ts"
import type { StopReason } from "./Outcome.ts"
import type { Stall } from "./Stall.ts"

/** The attempt that an event is about. */
export interface AttemptFacts {
  readonly jobId: JobId
  readonly kind: string
  /** 1 on the first claim of the job. */
  readonly attempt: number
  /** The present or former holder of the lease, as in `Lease.worker`. */
  readonly worker: string
}

/** The error that an attempt failed with. */
export interface FailedWith {
  /** Its tag or class. It carries nothing of the job's data. */
  readonly name: string
  /** The text that the job's row keeps. Redacted, because it can show a payload. */
  readonly message: Redacted.Redacted
}

/**
 * A fact about jobs, told by the process that did it, after its commit. A fact
 * of a transaction that is rolled back is never told.
 */
export type JobEvent = Data.TaggedEnum<{
  /** One call has added these jobs. */
  Enqueued: { readonly kind: string; readonly jobIds: ReadonlyArray<JobId> }

  /** A worker has begun an attempt, or a job was claimed by hand. */
  Claimed: AttemptFacts & {
    readonly queue: string
    /** Failures before this attempt. */
    readonly failures: number
    /** Milliseconds from when the job was due to its claim. */
    readonly waited: number
  }

  /** The lease now ends later, or, while its worker drains, sooner. */
  Extended: AttemptFacts & {
    /** Epoch milliseconds. */
    readonly lockedUntil: number
  }

  /** A heartbeat did not get through, and is tried again. */
  HeartbeatFailed: AttemptFacts & { readonly error: unknown }

  /** A handler is told to stop. */
  Stopping: AttemptFacts & {
    readonly reason: StopReason
    /** The stall that may have cost the lease. */
    readonly stall: Option.Option<Stall>
  }

  /** A handler goes on although it was told to stop. Its heartbeat ends, and its slot stays taken. */
  Zombie: AttemptFacts

  /** An attempt has ended, and its outcome is in the job's row. */
  Settled: AttemptFacts & {
    readonly ended: SettledEnd
    readonly failedWith: Option.Option<FailedWith>
    /** The delay before the next attempt, where it ended as `retrying`. */
    readonly retryIn: Option.Option<Duration.Duration>
    /** Milliseconds from the claim to the settle. None for a settle by hand. */
    readonly took: Option.Option<number>
  }

  /** An attempt has ended without its lease, and nothing of its outcome was written. */
  LeaseLost: AttemptFacts & {
    readonly reason: "LeaseLost" | "DeadlinePassed"
    readonly stall: Option.Option<Stall>
  }

  /** An attempt has ended, and the store did not say whether its outcome was written. */
  OutcomeUnknown: AttemptFacts & {
    /** The error of the last write. None if the lease was lost after a write without an answer. */
    readonly error: Option.Option<unknown>
  }

  /** A worker has ended, and a job of its goes on. Its lease will run out. */
  LeftBehind: AttemptFacts

  /** A job was freed from a worker that no longer extends its lease. */
  StaleReleased: AttemptFacts & {
    /** Epoch milliseconds of the last claim or extension. */
    readonly lockedAt: number
    /** True if the worker's process was known to have ended. */
    readonly holderIsGone: boolean
    /** The status that the job has now. */
    readonly status: JobStatus
  }

  /** Someone has asked for a job to be cancelled. */
  CancelRequested: {
    readonly jobId: JobId
    /** The status that the job has now: `running` until its handler has stopped. */
    readonly status: JobStatus
  }

  /** A failed or cancelled job is pending again, because someone asked for it. */
  Retried: { readonly jobId: JobId }

  /** Someone has changed when a pending job is due, or its priority. */
  Edited: { readonly jobId: JobId }

  /** Someone has deleted a job. */
  Deleted: {
    readonly jobId: JobId
    /** The status that the job had. */
    readonly status: JobStatus
  }
}>
export const JobEvent = Data.taggedEnum<JobEvent>()
