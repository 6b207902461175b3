import { Cause, Duration, Effect, LogLevel, Metric, MetricBoundaries, Option } from "effect"
import type { SettledEnd } from "../../domain/AttemptEnd.ts"
import type { StoreError } from "../../domain/errors.ts"
import { instantText } from "../../domain/instantText.ts"
import type { StopReason } from "../../domain/Outcome.ts"
import { causeName } from "../../domain/Outcome.ts"
import { readableCause } from "../../domain/readableCause.ts"
import { readable } from "../../domain/readableError.ts"
import { errorText, line } from "../../platform/line.ts"
import { telemetryFailures, updateMetric } from "../../store/guardTelemetry.ts"
import type { ClaimedJob, StaleJob } from "../../store/JobStore.ts"
import { walSize } from "../../store/walSize.ts"
import type { Stall } from "./Stall.ts"

/**
 * Everything that Holdfast tells the outside while it works: one log line and
 * the metrics of each event. No line shows a payload, a result or an error's
 * message, which can carry one; the job's row keeps the whole error.
 */

const seconds = MetricBoundaries.exponential({ start: 0.001, factor: 4, count: 12 })

/** Holdfast's metrics, for those who read them by value. Spans are in seconds. */
export const metrics = {
  enqueued: Metric.counter("holdfast_jobs_enqueued", { description: "Jobs enqueued, by kind", incremental: true }),
  claimed: Metric.counter("holdfast_jobs_claimed", { description: "Attempts begun, by kind", incremental: true }),
  settled: Metric.counter("holdfast_jobs_settled", {
    description: "Attempts ended, by kind and outcome",
    incremental: true
  }),
  staleReleased: Metric.counter("holdfast_stale_releases", {
    description: "Jobs whose lease ran out, by kind and the status they got",
    incremental: true
  }),
  leasesLost: Metric.counter("holdfast_leases_lost", {
    description: "Attempts that lost their lease or came to its deadline, by kind",
    incremental: true
  }),
  outcomesUnknown: Metric.counter("holdfast_outcomes_unknown", {
    description: "Attempts whose outcome may or may not have been written, by kind",
    incremental: true
  }),
  zombies: Metric.counter("holdfast_zombies", {
    description: "Handlers that went on running after they were told to stop, by kind",
    incremental: true
  }),
  heartbeatFailures: Metric.counter("holdfast_heartbeat_failures", {
    description: "Heartbeats that did not get through, by kind",
    incremental: true
  }),
  heartbeatLateness: Metric.histogram(
    "holdfast_heartbeat_lateness_seconds",
    seconds,
    "How much later than its interval a heartbeat was sent: a blocked event loop shows here"
  ),
  loopDelay: Metric.gauge("holdfast_event_loop_delay_seconds", {
    description: "The longest that the event loop of a worker's process has stood, in the last minute or two"
  }),
  jobDuration: Metric.histogram("holdfast_job_duration_seconds", seconds, "From claim to settle, by kind"),
  queueDelay: Metric.histogram("holdfast_queue_delay_seconds", seconds, "From due to claimed, by kind"),
  unclaimedLanes: Metric.gauge("holdfast_unclaimed_lane_seconds", {
    description:
      "For how long the oldest due job of a lane has waited that no worker claims from, by queue and kind; " +
      "0 once one does or nothing is due"
  }),
  workerRestarts: Metric.counter("holdfast_worker_restarts", {
    description: "Workers that died and were started again",
    incremental: true
  }),
  walSize,
  telemetryFailures
}

const count = <Type, Out>(metric: Metric.Metric<Type, number, Out>, kind: string, by = 1) =>
  updateMetric(Metric.tagged(metric, "kind", kind), by)

/** An error of the store's as a line shows it, whatever was thrown. */
const shown = (error: unknown) => readable(() => String(error))

/** Jobs were added, unless the transaction they are part of is rolled back. */
export const enqueued = (kind: string, jobs: number) =>
  Effect.zipRight(
    count(metrics.enqueued, kind, jobs),
    line(LogLevel.Debug, "Jobs enqueued", { kind, jobs })
  )

/** An attempt begins. `at` is epoch milliseconds. */
export const claimed = (job: ClaimedJob) =>
  Effect.all([
    count(metrics.claimed, job.kind),
    count(metrics.queueDelay, job.kind, Math.max(0, job.lease.lockedAt - job.availableAt) / 1000),
    line(LogLevel.Debug, "Job claimed", { queue: job.queue, failures: job.lease.failures })
  ], { discard: true })

/** A claim was answered after the deadline of its lease; the handler is not begun. */
export const claimedTooLate = (stall: Option.Option<Stall>) =>
  line(LogLevel.Warning, "Claimed too late to begin, handing the job back", becauseOf(stall))

/** An attempt has ended, and the store has said so. */
export const settled = (
  job: ClaimedJob,
  outcome: SettledEnd,
  tookMillis: number,
  { text, ...annotations }: Readonly<Record<string, unknown>> & { readonly text?: string | undefined }
) =>
  Effect.all([
    updateMetric(Metric.tagged(Metric.tagged(metrics.settled, "kind", job.kind), "outcome", outcome), 1),
    count(metrics.jobDuration, job.kind, tookMillis / 1000),
    Effect.flatMap(text === undefined ? Effect.succeed({}) : errorText(() => text), (shown) =>
      line(outcome === "failed" ? LogLevel.Error : LogLevel.Info, settledMessage[outcome], {
        took: Duration.format(Duration.millis(tookMillis)),
        ...annotations,
        ...shown
      }))
  ], { discard: true })

const settledMessage: Readonly<Record<SettledEnd, string>> = {
  succeeded: "Job succeeded",
  failed: "Job failed",
  retrying: "Job failed, will be retried",
  snoozed: "Job snoozed",
  released: "Job handed back",
  cancelled: "Job cancelled"
}

/** A handler is told to stop. */
export const stopping = (reason: StopReason, stall: Option.Option<Stall>) =>
  losesLease(reason)
    ? line(LogLevel.Warning, "Stopping the handler", { reason: reason._tag, ...becauseOf(stall) })
    : line(LogLevel.Info, "Stopping the handler", { reason: reason._tag })

const losesLease = ({ _tag }: StopReason) => _tag === "LeaseLost" || _tag === "DeadlinePassed"

/** An attempt ended without a lease to settle it under: whatever it came to is not written. */
export const leaseLost = (job: ClaimedJob, reason: string | undefined, stall: Option.Option<Stall>) =>
  Effect.zipRight(
    count(metrics.leasesLost, job.kind),
    line(LogLevel.Warning, "Lease lost, the attempt's outcome is not written", {
      reason,
      ...becauseOf(stall)
    })
  )

/** The event loop stood for a good part of the milliseconds that can cost a lease of this process. */
export const loopStood = (stall: Stall, canCost: number) =>
  line(
    LogLevel.Warning,
    `${stood(stall)}: no heartbeat is sent meanwhile, and from ${inSeconds(canCost)} on it can cost a lease`,
    { kinds: named(stall.kinds) }
  )

/** The longest that the event loop has stood of late, in milliseconds. */
export const loopDelay = (longest: number) => updateMetric(metrics.loopDelay, longest / 1000)

/** Why a lease may be gone. */
const becauseOf = (stall: Option.Option<Stall>): { readonly because?: string } =>
  Option.match(stall, {
    onNone: () => ({}),
    onSome: (stall) => ({ because: `${stood(stall)}, while these kinds ran: ${named(stall.kinds)}` })
  })

const stood = ({ millis }: Stall) => `The event loop was blocked, or the process stopped, for ${inSeconds(millis)}`

const inSeconds = (millis: number) => `${(millis / 1000).toFixed(1)} s`

/** The first few names of many. */
const named = (kinds: ReadonlyArray<string>) => {
  const [most, more] = [kinds.slice(0, 10), kinds.length - 10]
  return kinds.length === 0 ? "none" : `${most.join(", ")}${more > 0 ? ` and ${more} more` : ""}`
}

/**
 * A settle failed, and its repetition was told that the lease is lost: either the
 * first was written, and the job was settled again or deleted since, or none was.
 */
export const outcomeUnknown = (job: ClaimedJob) =>
  Effect.zipRight(
    count(metrics.outcomesUnknown, job.kind),
    line(
      LogLevel.Warning,
      "Lease lost after a settle without an answer, so the attempt's outcome may be written or not"
    )
  )

/** A handler goes on although it was told to stop. Its heartbeat stops; its slot stays taken until it ends. */
export const zombie = (job: ClaimedJob) =>
  Effect.zipRight(
    count(metrics.zombies, job.kind),
    line(LogLevel.Error, "The handler does not stop; its heartbeat ends and its lease will run out")
  )

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

/** A worker ends, and a job of its does not. */
export const leftBehind = ({ kind, lease: { attempt, jobId } }: ClaimedJob) =>
  line(LogLevel.Error, "The job does not stop and is left behind; its lease will run out", {
    jobId,
    kind,
    attempt
  })

/** A worker ends, and the store has not answered its claim. What that took is handed back if an answer comes. */
export const claimLeftBehind = line(LogLevel.Error, "Left a claim behind that the store does not answer")

/** A heartbeat was sent, `lateMillis` after its time. */
export const heartbeat = (kind: string, lateMillis: number) =>
  count(metrics.heartbeatLateness, kind, Math.max(0, lateMillis) / 1000)

/** A heartbeat did not get through. */
export const heartbeatFailed = (kind: string, error: unknown) =>
  Effect.zipRight(
    count(metrics.heartbeatFailures, kind),
    line(LogLevel.Warning, "Heartbeat failed, trying again", { error: shown(error) })
  )

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

/** Settling was given up. Unless one of its writes got through, the lease will run out, and the job be released as stale. */
export const settleGivenUp = (job: ClaimedJob, cause: Cause.Cause<unknown>) =>
  Effect.zipRight(
    count(metrics.outcomesUnknown, job.kind),
    line(LogLevel.Error, "Settling was given up; the lease will run out", { error: shown(Cause.squash(cause)) })
  )

/** A job was freed from a worker that no longer renews its lease: news if it runs again, and a warning if it has failed. */
export const staleReleased = (job: StaleJob) =>
  Effect.zipRight(
    updateMetric(Metric.tagged(Metric.tagged(metrics.staleReleased, "kind", job.kind), "status", job.status), 1),
    line(job.status === "failed" ? LogLevel.Warning : LogLevel.Info, "Released a stale lock", {
      jobId: job.id,
      kind: job.kind,
      attempt: job.attempt,
      lockedBy: job.lockedBy,
      lockedSince: instantText(job.lockedAt),
      status: job.status
    })
  )

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

/** The oldest due job of a lane that was told of goes on waiting, so many milliseconds by now. */
export const laneWaits = (lane: { readonly queue: string; readonly kind: string }, waited: number) =>
  updateMetric(inLane(lane), waited / 1000)

/** A lane that was told of is claimed from again, or empty. */
export const laneClaimed = (lane: { readonly queue: string; readonly kind: string }) => updateMetric(inLane(lane), 0)

const inLane = ({ kind, queue }: { readonly queue: string; readonly kind: string }) =>
  Metric.tagged(Metric.tagged(metrics.unclaimedLanes, "queue", queue), "kind", kind)

/** A background step of the worker could not reach the store. */
export const storeUnavailable = (step: string, error: unknown) =>
  line(LogLevel.Warning, "The job store failed, trying again", { step, error: shown(error) })

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
  line(LogLevel.Error, "What the app does at a worker's end died", {}, cause)

/** A worker begins. */
export const workerStarted = (kinds: ReadonlyArray<string>, concurrency: number) =>
  line(LogLevel.Info, "Worker started", { kinds: kinds.join(", "), concurrency })

/** A worker has ended, as it was told to or at one of its limits. */
export const workerStopped = line(LogLevel.Info, "Worker stopped")

/** An attempt died of a bug of ours. */
export const attemptDied = ({ lease: { jobId } }: ClaimedJob, cause: Cause.Cause<unknown>) =>
  line(LogLevel.Fatal, "The attempt died; its lease will run out", { jobId }, cause)
