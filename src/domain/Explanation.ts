import { Data, Duration } from "effect"
import { instantText } from "./instantText.ts"
import type { JobRecord, JobStatus } from "./JobRecord.ts"
import type { Pause } from "./Pause.ts"
import type { WorkerRecord } from "./WorkerRecord.ts"

/** One reason why a job is where it is. Instants are epoch milliseconds. */
export type Reason = Data.TaggedEnum<{
  /** It is not due yet, and has not failed since it was enqueued or retried by a person. */
  NotDue: { readonly availableAt: number }
  /** It waits for its next attempt after a failure. */
  BackingOff: {
    readonly availableAt: number
    readonly failures: number
    readonly maxAttempts: number
    readonly lastError: string | null
  }
  /** No worker claims from its queue, or jobs of its kind, until that is resumed. */
  Paused: { readonly pause: Pause }
  /**
   * It is due, and so many due jobs of its queue and kind come before it. `isMore`: counting stopped there. `isClaimed`:
   * a live worker is known to claim its queue and kind.
   */
  InLine: {
    readonly queue: string
    readonly kind: string
    readonly ahead: number
    readonly isMore: boolean
    readonly isClaimed: boolean
  }
  /**
   * It is due, and no worker claims its queue and kind now. `lately`: of those that listed both and are dead or claim no
   * more, the one with the last beat; null if none was live in the last hour. Programs that claim by hand do not count.
   */
  NoWorker: { readonly queue: string; readonly kind: string; readonly lately: WorkerRecord | null }
  /** It is due, but the database has refused its last claim by this process. */
  LeftOut: object
  /** A worker runs it, and has a lease on it. */
  Running: {
    readonly lockedBy: string
    /** The last claim or extension. */
    readonly lockedAt: number
    readonly lockedUntil: number
    /** Null unless its cancel was asked for. */
    readonly cancelRequestedAt: number | null
  }
  /** The lease on it has run out. The sweep of any worker frees it. */
  LeaseOver: {
    readonly lockedBy: string
    readonly lockedAt: number
    readonly lockedUntil: number
    readonly cancelRequestedAt: number | null
  }
  /** It has ended. */
  Finished: { readonly status: JobStatus; readonly finishedAt: number | null; readonly lastError: string | null }
}>
export const Reason = Data.taggedEnum<Reason>()

/** Why a job is not running, or that it is. All reasons hold at once; one is enough to keep it waiting. */
export interface Explanation {
  readonly job: JobRecord
  readonly reasons: ReadonlyArray<Reason>
}

/** A reason in a sentence, for a person who reads it at `now`, in epoch milliseconds. */
export const reasonText = (reason: Reason, now: number): string =>
  Reason.$match(reason, {
    NotDue: ({ availableAt }) => `It is due ${at(availableAt, now)}.`,
    BackingOff: ({ availableAt, failures, lastError, maxAttempts }) =>
      `It has failed ${
        failures === 1 ? "once" : `${failures} times`
      }, of at most ${maxAttempts}; its next attempt is due ${at(availableAt, now)}.`
      + errorText(lastError),
    Paused: ({ pause: { name, pausedAt, pausedBy, scope } }) =>
      `The ${scope} "${name}" has been paused since ${instantText(pausedAt)}${
        pausedBy === null ? "" : ` by ${pausedBy}`
      }. No worker claims its jobs until it is resumed.`,
    InLine: ({ ahead, isClaimed, isMore, kind, queue }) =>
      ahead === 0
        ? `No due job of the queue "${queue}" and the kind "${kind}" comes before it. A worker may first take jobs of a higher `
          + "priority from other queues, or be at its limit."
          + (isClaimed ? "" : " It is not known whether a live worker lists both: check that one does.")
        : `${isMore ? "At least " : ""}${ahead} due ${
          ahead === 1 ? "job comes" : "jobs come"
        } before it in the queue "${queue}" of the kind "${kind}".`,
    NoWorker: ({ kind, lately, queue }) =>
      `No live worker claims jobs of the kind "${kind}" from the queue "${queue}". `
      + (lately === null
        ? "Start a worker that lists both. "
        : lately.isLive
        ? `The last one, ${lately.worker}, claims no more: it was told to end, or has claimed all that it may. Start another. `
        : `The last one, ${lately.worker}, gave its last sign of life ${
          at(lately.beatAt, lately.beatAt + lately.sinceBeat)
        }: `
          + "check its process, or start another. ")
      + "If a program claims such jobs by hand, it is not known here.",
    LeftOut: () => "It is due, but the database has refused its last claim, and the log of this process says why.",
    Running: ({ cancelRequestedAt, lockedAt, lockedBy, lockedUntil }) =>
      `It is running: ${lockedBy} holds its lease until ${instantText(lockedUntil)}, and last extended it ${
        at(lockedAt, now)
      }.`
      + (cancelRequestedAt === null ? "" : ` It was asked to stop ${at(cancelRequestedAt, now)}.`),
    LeaseOver: ({ cancelRequestedAt, lockedAt, lockedBy, lockedUntil }) =>
      `Its lease ran out ${at(lockedUntil, now)}: ${lockedBy} last extended it ${
        at(lockedAt, now)
      }. The next sweep of any worker ${
        cancelRequestedAt === null ? "frees it, as a failed attempt" : "cancels it, as somebody has asked"
      }.`,
    Finished: ({ finishedAt, lastError, status }) =>
      `It ${ended[status] ?? status}${finishedAt === null ? "" : ` ${at(finishedAt, now)}`}.`
      + (status === "failed" ? errorText(lastError) : "")
  })

const ended: Partial<Record<JobStatus, string>> = {
  succeeded: "succeeded",
  failed: "failed for good",
  cancelled: "was cancelled"
}

const errorText = (error: string | null) => error === null ? "" : ` The last error: ${error.split("\n")[0]}`

/** An instant, and its distance from now in whole seconds. */
const at = (instant: number, now: number): string => {
  const seconds = Math.round(Math.abs(instant - now) / 1000)
  if (seconds === 0) return `now, at ${instantText(instant)}`
  const distance = Duration.format(Duration.seconds(seconds))
  return `${instant > now ? `in ${distance}` : `${distance} ago`}, at ${instantText(instant)}`
}
