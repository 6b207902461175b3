import type { Cause, Option } from "effect"
import { Duration, Effect, LogLevel } from "effect"
import type { StoreError } from "../../domain/errors.ts"
import { inSeconds } from "../../domain/inSeconds.ts"
import { instantText } from "../../domain/instantText.ts"
import { causeName } from "../../domain/Outcome.ts"
import { readableCause } from "../../domain/readableCause.ts"
import type { Stall } from "../../domain/Stall.ts"
import { errorText, line } from "../../platform/line.ts"
import { updateMetric } from "../../store/guardTelemetry.ts"
import type { ClaimedJob } from "../../store/JobStore.ts"
import { metrics } from "./metrics.ts"
import { updateLabelled } from "./updateLabelled.ts"
import { becauseOf, named, shown, stood, wasBusy } from "./words.ts"

/*
 * The log lines and metrics of a worker and its process that are not facts about
 * a job: those are events, see logEvents.ts and countEvents.ts. No line shows a
 * payload or an error's message, which can carry one.
 */

/** A claim was answered after the deadline of its lease; the handler is not begun. */
export const claimedTooLate = (stall: Option.Option<Stall>) =>
  line(LogLevel.Warning, "Claimed too late to begin, handing the job back", becauseOf(stall))

/** The event loop stood for a good part of the milliseconds that can cost a lease of this process. */
export const loopStood = (stall: Stall, canCost: number, isKept: boolean) =>
  line(
    LogLevel.Warning,
    `${stood(stall)}: no heartbeat is sent meanwhile, ${
      isKept && wasBusy(stall)
        ? "and a thread extends the leases"
        : `and from ${inSeconds(canCost)} on it can cost a lease`
    }`,
    { kinds: named(stall.kinds) }
  )

/** The longest recent delay of the event loop, in milliseconds. */
export const loopDelay = (longest: number) => updateMetric(metrics.loopDelay, longest / 1000)

/** A process was told to end by a signal, for the first time or the second. */
export const toldToEnd = (signal: string, isFirst: boolean) =>
  isFirst
    ? line(
      LogLevel.Info,
      `Told to end by ${signal}; a second signal hands jobs back, a third kills`
    )
    : line(LogLevel.Info, `Told to end again by ${signal}; running jobs are handed back`)

/** An uncaught exception has cut the leases of a process, which goes on all the same. */
export const survivedCrash = line(
  LogLevel.Warning,
  "The process goes on after an uncaught exception, which has shortened its leases to 5 s; they are extended again"
)

/** A worker was told to end while jobs run. */
export const draining = (running: number, grace: Duration.Duration) =>
  line(LogLevel.Info, "Waiting for running jobs to end", { running, grace: Duration.format(grace) })

/** A worker ends, and the store has not answered its claim. The jobs of a late answer are handed back. */
export const claimLeftBehind = line(LogLevel.Error, "Left a claim behind that the store does not answer")

/** A job's own backoff schedule named no delay. */
export const backoffDied = (cause: Cause.Cause<unknown>) =>
  Effect.flatMap(
    errorText(() => readableCause(cause)),
    (shown) =>
      line(LogLevel.Error, "The job's backoff schedule died; the default is used", {
        error: causeName(cause),
        ...shown
      })
  )

/** Settling did not get through. */
export const settleFailed = (error: unknown) =>
  line(LogLevel.Warning, "Settling failed, trying again", { error: shown(error) })

/** A worker that seems dead holds jobs that this process would run. Instants are epoch milliseconds. */
export const jobsHeld = (
  { jobs, lockedAt, lockedBy, lockedUntil }: {
    readonly lockedBy: string
    readonly jobs: number
    readonly lockedAt: number
    readonly lockedUntil: number
  }
) =>
  line(LogLevel.Info, "Jobs are locked by a worker that no longer extends its leases; they wait until those are over", {
    lockedBy,
    jobs,
    lockedSince: instantText(lockedAt),
    lockedUntil: instantText(lockedUntil)
  })

/** Due jobs of a queue and kind wait, and nobody has claimed any for minutes. */
export const laneUnclaimed = (
  { head, isMore, jobs, kind, queue, waited }: {
    readonly queue: string
    readonly kind: string
    readonly jobs: number
    /** True if only the first of them were counted. */
    readonly isMore: boolean
    readonly head: { readonly id: string }
    /** Milliseconds for which the oldest has been due. */
    readonly waited: number
  }
) =>
  Effect.zipRight(
    laneWaits({ queue, kind }, waited),
    line(LogLevel.Warning, "Due jobs wait and no worker claims them: is one running that takes this queue and kind?", {
      queue,
      kind,
      jobs: isMore ? `${jobs} or more` : jobs,
      oldestWaits: Duration.format(Duration.seconds(Math.floor(waited / 1000))),
      nextJobId: head.id
    })
  )

/** The oldest due job of a lane that was logged still waits, by now for so many milliseconds. */
export const laneWaits = ({ kind, queue }: { readonly queue: string; readonly kind: string }, waited: number) =>
  updateLabelled(metrics.unclaimedLanes, { queue, kind }, waited / 1000)

/** A lane that was logged is claimed from again, or empty. */
export const laneClaimed = (lane: { readonly queue: string; readonly kind: string }) => laneWaits(lane, 0)

/** A background step of the worker could not reach the store. */
export const storeUnavailable = (step: string, error: unknown) =>
  line(LogLevel.Warning, "The job store failed, trying again", { step, error: shown(error) })

/**
 * Finished jobs past their retention, in milliseconds, were deleted. A line about
 * failed or cancelled ones is at Info, since a person may still look for those.
 */
export const pruned = (status: "succeeded" | "failed" | "cancelled", jobs: number, retention: number) =>
  jobs === 0
    ? Effect.void
    : Effect.zipRight(
      updateLabelled(metrics.pruned, { status }, jobs),
      line(
        status === "succeeded" ? LogLevel.Debug : LogLevel.Info,
        "Deleted finished jobs that were past their retention",
        { status, jobs, retention: Duration.format(Duration.millis(retention)) }
      )
    )

/** The rows of workers that are long dead are still there. */
export const workersNotPruned = (error: unknown) =>
  line(LogLevel.Debug, "The rows of dead workers could not be deleted, trying again at the next check", {
    error: shown(error)
  })

/** A worker died of a bug, and is started again. */
export const workerDied = (cause: Cause.Cause<unknown>, after: Duration.Duration) =>
  Effect.zipRight(
    updateMetric(metrics.workerRestarts, 1),
    line(LogLevel.Error, "The worker died, starting it again", {
      after: Duration.format(after)
    }, cause)
  )

/** A worker ended for a reason that lasts until a person acts. */
export const workerEnded = (error: StoreError) =>
  line(LogLevel.Fatal, "The worker has ended and will not be started again", {
    reason: error.reason,
    error: shown(error)
  })

/** The app's own effect for a worker's end died. */
export const onEndDied = (cause: Cause.Cause<unknown>) =>
  line(LogLevel.Error, "The worker's onEnd effect died", {}, cause)

/** A worker begins. */
export const workerStarted = (kinds: ReadonlyArray<string>, concurrency: number) =>
  line(LogLevel.Info, "Worker started", { kinds: kinds.join(", "), concurrency })

/** A worker has ended, and its row may still be there. */
export const rowLeftBehind = (error: unknown) =>
  line(
    LogLevel.Debug,
    "The worker's row was not deleted; it may show the worker as live at first, then as dead for an hour",
    { error: shown(error) }
  )

/** A worker has ended, as it was told to or at one of its limits. */
export const workerStopped = line(LogLevel.Info, "Worker stopped")

/** An attempt died of a bug in Holdfast. */
export const attemptDied = ({ lease: { jobId } }: ClaimedJob, cause: Cause.Cause<unknown>) =>
  line(LogLevel.Fatal, "The attempt died; its lease will run out", { jobId }, cause)
