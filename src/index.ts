/**
 * Holdfast: a durable job runtime for Effect. A job walks through six words,
 * and this page names what each is done with.
 *
 * @since 0.1.0
 */

// define
export type { Backoff } from "./domain/Backoff.ts"
export { defaultBackoff } from "./domain/Backoff.ts"
export * as Job from "./public/Job.ts"

// enqueue, observe
export type { AttemptEnd, SettledEnd } from "./domain/AttemptEnd.ts"
export { Reason, reasonText } from "./domain/Explanation.ts"
export type { Explanation } from "./domain/Explanation.ts"
export { JobAction } from "./domain/JobAction.ts"
export { JobEvent } from "./domain/JobEvent.ts"
export type { AttemptFacts, FailedWith } from "./domain/JobEvent.ts"
export { JobFate } from "./domain/JobFate.ts"
export type { NotDone } from "./domain/JobFate.ts"
export { JobId } from "./domain/JobId.ts"
export { JobFailure, JobRecord, JobStatus } from "./domain/JobRecord.ts"
export { JobSummary } from "./domain/JobSummary.ts"
export type { Pause, PauseTarget } from "./domain/Pause.ts"
export type { Count, JobCount, LaneStats, Stats } from "./domain/Stats.ts"
export { OnConflict, UniqueScope } from "./domain/UniqueKey.ts"
export type { WorkerQueue, WorkerRecord } from "./domain/WorkerRecord.ts"
export { JobQueue } from "./runtime/JobQueue.ts"
export type {
  BulkOptions,
  ClaimOptions,
  CountOptions,
  EditOptions,
  Enqueue,
  EnqueueMany,
  EnqueueOptions,
  FailOptions,
  FatePage,
  InPartition,
  JobFilter,
  JobQueueService,
  ListOptions,
  Page,
  PauseOptions,
  RetryOptions,
  StatsOptions,
  SummaryPage
} from "./runtime/JobQueueService.ts"

// claim, run, settle
export { CurrentJob } from "./domain/CurrentJob.ts"
export { Lease } from "./domain/Lease.ts"
export { NeverRetry, neverRetry, Snooze, snooze } from "./domain/Verdict.ts"
export type { Verdict } from "./domain/Verdict.ts"
export * as Worker from "./public/Worker.ts"
export { metrics } from "./runtime/telemetry/metrics.ts"
export { handleSignals } from "./runtime/worker/handleSignals.ts"
export type { SignalOptions } from "./runtime/worker/handleSignals.ts"

// where jobs live
export { JobStore } from "./store/JobStore.ts"
export type { ClaimedJob, DueJob, Enqueued, StoreFailure } from "./store/JobStore.ts"

// what goes wrong
export {
  ForeignTransaction,
  InvalidJob,
  InvalidOption,
  JobIdConflict,
  JobNotFound,
  JobNotMatching,
  JobNotPending,
  JobNotRetryable,
  JobRunning,
  LeaseLost,
  StoreError,
  StoreErrorReason,
  UniqueKeyTaken
} from "./domain/errors.ts"

// what a simulation replaces
export { ClaimMark } from "./platform/ClaimMark.ts"
export { EventLoop } from "./platform/EventLoop.ts"
export { Ids } from "./platform/Ids.ts"
export { LoopDelay } from "./platform/LoopDelay.ts"
export { HeldLeases } from "./runtime/lease/HeldLeases.ts"
