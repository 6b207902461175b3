import type { Duration } from "effect"
import { Context, Effect, Layer, Stream } from "effect"
import type { InvalidJob, JobIdConflict } from "../domain/errors.ts"
import type * as Job from "../domain/Job.ts"
import type { Lease } from "../domain/Lease.ts"
import type { PauseTarget } from "../domain/Pause.ts"
import type { Enqueued, JobStore, StoreFailure } from "../store/JobStore.ts"
import { makeJobQueue } from "./jobQueueClient.ts"
import type {
  BulkOptions,
  ClaimOptions,
  CountOptions,
  EditOptions,
  Enqueue,
  EnqueueMany,
  EnqueueOptions,
  FailOptions,
  InPartition,
  JobFilter,
  JobQueueService,
  ListOptions,
  PauseOptions,
  RetryOptions,
  StatsOptions
} from "./JobQueueService.ts"

/** Adds jobs and looks after them. */
export class JobQueue extends Context.Tag("holdfast/runtime/JobQueue")<JobQueue, JobQueueService>() {
  /**
   * The job queue of the job store it is given; that store's workers in the same
   * process hear of its jobs at once. It is built anew wherever it is mentioned, so
   * that an app with two databases has one for each.
   */
  static readonly layer: Layer.Layer<JobQueue, never, JobStore> = Layer.fresh(Layer.effect(JobQueue, makeJobQueue))

  // Each of these is the method of the same name, of the JobQueue in the context.

  static readonly enqueue: Enqueue<
    Effect.Effect<Enqueued, InvalidJob | JobIdConflict | StoreFailure, JobQueue>
  > = (job: Job.Any, ...more: readonly [unknown?, EnqueueOptions?]) =>
    Effect.flatMap(JobQueue, (queue) => queue.enqueue(job, ...more))

  static readonly enqueueMany: EnqueueMany<
    Effect.Effect<ReadonlyArray<Enqueued>, InvalidJob | JobIdConflict | StoreFailure, JobQueue>
  > = (job: Job.Any, entries: ReadonlyArray<EnqueueOptions>) =>
    Effect.flatMap(JobQueue, (queue) => queue.enqueueMany(job as Job.WithoutPayload, entries))

  static readonly get = (id: string, options?: InPartition) =>
    Effect.flatMap(JobQueue, (queue) => queue.get(id, options))

  static readonly list = (options?: ListOptions) => Effect.flatMap(JobQueue, (queue) => queue.list(options))

  static readonly search = (options?: ListOptions) => Effect.flatMap(JobQueue, (queue) => queue.search(options))

  static readonly count = (filter?: JobFilter, options?: CountOptions) =>
    Effect.flatMap(JobQueue, (queue) => queue.count(filter, options))

  static readonly cancel = (id: string, options?: InPartition) =>
    Effect.flatMap(JobQueue, (queue) => queue.cancel(id, options))

  static readonly retry = (id: string, options?: RetryOptions) =>
    Effect.flatMap(JobQueue, (queue) => queue.retry(id, options))

  static readonly edit = (id: string, options: EditOptions) =>
    Effect.flatMap(JobQueue, (queue) => queue.edit(id, options))

  static readonly delete = (id: string, options?: InPartition) =>
    Effect.flatMap(JobQueue, (queue) => queue.delete(id, options))

  static readonly bulkPage = (options: BulkOptions & { readonly limit?: number }) =>
    Effect.flatMap(JobQueue, (queue) => queue.bulkPage(options))

  static readonly bulk = (options: BulkOptions) => Stream.unwrap(Effect.map(JobQueue, (queue) => queue.bulk(options)))

  static readonly pause = (target: PauseTarget, options?: PauseOptions) =>
    Effect.flatMap(JobQueue, (queue) => queue.pause(target, options))

  static readonly resume = (target: PauseTarget) => Effect.flatMap(JobQueue, (queue) => queue.resume(target))

  static readonly pauses = Effect.flatMap(JobQueue, (queue) => queue.pauses)

  static readonly workers = Effect.flatMap(JobQueue, (queue) => queue.workers)

  static readonly explain = (id: string, options?: InPartition) =>
    Effect.flatMap(JobQueue, (queue) => queue.explain(id, options))

  static readonly stats = (options?: StatsOptions) => Effect.flatMap(JobQueue, (queue) => queue.stats(options))

  static readonly progress = (lease: Lease, value: unknown) =>
    Effect.flatMap(JobQueue, (queue) => queue.progress(lease, value))

  static readonly due = (options: ClaimOptions) => Effect.flatMap(JobQueue, (queue) => queue.due(options))

  static readonly claim = (options: ClaimOptions) => Effect.flatMap(JobQueue, (queue) => queue.claim(options))

  static readonly complete = (lease: Lease, result?: unknown) =>
    Effect.flatMap(JobQueue, (queue) => queue.complete(lease, result))

  static readonly fail = (lease: Lease, error: unknown, options?: FailOptions) =>
    Effect.flatMap(JobQueue, (queue) => queue.fail(lease, error, options))

  static readonly extendLock = (lease: Lease, leaseFor?: Duration.DurationInput) =>
    Effect.flatMap(JobQueue, (queue) => queue.extendLock(lease, leaseFor))

  static readonly releaseStale = Effect.flatMap(JobQueue, (queue) => queue.releaseStale)

  static readonly events = Stream.unwrap(Effect.map(JobQueue, (queue) => queue.events))
}
