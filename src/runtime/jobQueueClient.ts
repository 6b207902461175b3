import { Cause, DateTime, Duration, Effect, Either, Inspectable, LogLevel, Option, Predicate, Schema } from "effect"
import * as Backoff from "../domain/Backoff.ts"
import { InvalidJob, InvalidOption, JobNotFound } from "../domain/errors.ts"
import * as Job from "../domain/Job.ts"
import { JobId, StoredJobId } from "../domain/JobId.ts"
import { JobStatus } from "../domain/JobRecord.ts"
import type { Lease } from "../domain/Lease.ts"
import { readableCause } from "../domain/readableCause.ts"
import { encodeJson, encodePayload } from "../domain/wireValue.ts"
import { guardCalls } from "../store/guardTelemetry.ts"
import type { ClaimRequest, Fenced, NewJob, StoreFailure } from "../store/JobStore.ts"
import { JobStore, only } from "../store/JobStore.ts"
import { isNameOf } from "../store/nameForOneClaim.ts"
import { giveWay } from "../platform/EventLoop.ts"
import { line } from "../platform/line.ts"
import { delayAfter } from "./attempt/delayAfter.ts"
import * as events from "./telemetry/events.ts"
import { HeldLeases } from "./attempt/HeldLeases.ts"
import { Ids } from "../platform/Ids.ts"
import type { ClaimOptions, EnqueueOptions, JobQueueService } from "./JobQueueService.ts"
import { releaseStale } from "./maintenance/maintenance.ts"
import { monotonicMillis } from "../platform/monotonic.ts"
import { claimBytes, defaultLease, span, wholeNumber } from "./options.ts"
import { currentTraceContext } from "./telemetry/traceContext.ts"
import { uniqueness } from "./uniqueness.ts"

const pageLimit = 100
const claimLimit = 1000

/** The job queue over the job store: checks what it is given, encodes it, and tells this process's workers. */
export const makeJobQueue: Effect.Effect<JobQueueService, never, JobStore> = Effect.gen(function*() {
  const store = yield* JobStore
  const { signals } = store
  const thisWorker = yield* (yield* Ids).workerId
  const held = yield* HeldLeases

  const enqueueMany: JobQueueService["enqueueMany"] = Effect.fn("JobQueue.enqueue")(function*(job, entries) {
    const ids = new Set<string>()
    const twice = entries.find(({ id }) => id !== undefined && ids.size === ids.add(id).size)?.id
    if (twice !== undefined) {
      return yield* new InvalidJob({ kind: job.kind, field: "id", given: `${twice} twice`, allowed: "each id once" })
    }
    const jobs = yield* Effect.forEach(entries, ({ payload, ...options }) =>
      // Heartbeats must go on beside a million.
      Effect.zipRight(giveWay, newJob(job, payload, options)))
    if (jobs.length === 0) return []
    const answers = yield* store.enqueue(jobs)
    const added = answers.filter(({ enqueued }) => enqueued).length
    if (added > 0) yield* events.enqueued(job.kind, added)
    // One that was moved may be due sooner than the workers know.
    if (answers.some(({ outcome }) => outcome === "enqueued" || outcome === "moved")) {
      yield* store.afterTransaction(signals.wake)
    }
    return answers
  })

  const claimRequest = (options: ClaimOptions) =>
    Effect.gen(function*() {
      const limit = yield* wholeNumber("limit", options.limit ?? 1, 1, claimLimit)
      const twice = options.jobs.find(({ kind }, index) => options.jobs.findIndex((job) => job.kind === kind) < index)
      if (twice !== undefined) {
        return yield* new InvalidOption({
          option: "jobs",
          given: `two definitions of "${twice.kind}"`,
          allowed: "one definition of each kind"
        })
      }
      const kinds = yield* Effect.forEach(options.jobs, (job) =>
        Effect.map(
          span("leaseFor", options.leaseFor ?? Option.getOrElse(job.lease, () => defaultLease)),
          (lease) => ({ kind: job.kind, leaseFor: Duration.toMillis(lease) })
        ))
      const worker = options.worker ?? thisWorker
      for (const [option, names] of [["worker", [worker]], ["queues", options.queues ?? []]] as const) {
        const problem = Option.firstSomeOf(names.map((name) => Job.nameProblem("", option, name)))
        if (Option.isSome(problem)) {
          const { allowed, given = "" } = problem.value
          return yield* new InvalidOption({ option, given, allowed })
        }
      }
      const queues = Option.map(
        Option.fromNullable(options.queues),
        (names) => [...new Set(names)].map((queue) => ({ queue, limit }))
      )
      return { limit, maxBytes: claimBytes, kinds, queues, worker } satisfies ClaimRequest
    })

  /** A request that was rolled back is none; one that cannot be read now is found by the next heartbeat. */
  const tellWorkers = (id: JobId) =>
    store.get(id, undefined).pipe(
      Effect.flatMap((job) => job.cancelRequestedAt === null ? Effect.void : signals.cancel(id)),
      Effect.catchAll((error) => line(LogLevel.Debug, "A cancel request could not be read", { error: error._tag }))
    )

  /** A lease that was claimed in another's name is not this process's to hold. */
  const holdOurs = (lease: Lease, until: number) =>
    isNameOf(thisWorker, lease.worker) ? held.hold(lease, Effect.succeed(until)) : Effect.void

  return guardCalls<JobQueueService>({
    enqueue: (job, payload, options) =>
      Effect.map(enqueueMany(job, [{ payload, ...options }]), ([answer]) => present(answer)),
    enqueueMany,

    get: (id, options) => Effect.flatMap(jobIdOf(id), (id) => store.get(id, options?.partitionKey)),

    list: Effect.fn("JobQueue.list")(function*(options = {}) {
      const limit = yield* wholeNumber("limit", options.limit ?? pageLimit, 1, pageLimit)
      const { after, ...filter } = options
      if (filter.status !== undefined && !Schema.is(JobStatus)(filter.status)) {
        const given = Inspectable.toStringUnknown(filter.status)
        return yield* new InvalidOption({ option: "status", given, allowed: JobStatus.literals.join(", ") })
      }
      const before = after === undefined ? undefined : yield* Effect.mapError(
        cursorId(after),
        () => new InvalidOption({ option: "after", given: JSON.stringify(after), allowed: "the `next` of a page" })
      )
      const { jobs, next } = yield* store.list({ ...filter, before, limit })
      return { jobs, next: next === null ? null : cursorAt(next) }
    }),

    cancel: Effect.fn("JobQueue.cancel")(function*(given, options) {
      const id = yield* jobIdOf(given)
      const status = yield* store.cancel(id, options?.partitionKey)
      if (status === "running") yield* store.afterTransaction(tellWorkers(id))
      return status
    }),

    retry: Effect.fn("JobQueue.retry")(function*(given, options) {
      const id = yield* jobIdOf(given)
      yield* store.retry(id, options?.partitionKey)
      yield* store.afterTransaction(signals.wake)
    }),

    progress: Effect.fn("JobQueue.progress")(function*(lease, value) {
      const progress = yield* encodeJson(lease.jobId, "progress", Schema.Unknown, value)
      yield* yield* only(store.progress([{ lease, progress }]))
    }),

    due: (options) => Effect.flatMap(claimRequest(options), (request) => store.due(request)),
    claim: Effect.fnUntraced(function*(options) {
      const request = yield* claimRequest(options)
      const sentAt = yield* monotonicMillis
      const jobs = yield* store.claim(request)
      yield* Effect.forEach(jobs, ({ lease }) => holdOurs(lease, sentAt + lease.lockedUntil - lease.lockedAt), {
        discard: true
      })
      return jobs
    }),

    complete: Effect.fn("JobQueue.complete")(function*(lease, value) {
      const result = yield* encodeJson(lease.jobId, "result", Schema.Unknown, value)
      return yield* Effect.zipLeft(accepted(store.complete([{ lease, result }])), held.letGo(lease))
    }),

    fail: Effect.fn("JobQueue.fail")(function*(lease, error, options) {
      const delay = options?.retry === false
        ? Option.none()
        : yield* delayAfter(options?.backoff ?? Backoff.defaultBackoff, lease.failures + 1)
      const retryAfter = Option.match(delay, { onNone: () => null, onSome: Backoff.storableMillis })
      return yield* Effect.zipLeft(
        accepted(store.fail([{ lease, error: readableError(error), retryAfter }])),
        held.letGo(lease)
      )
    }),

    extendLock: Effect.fn("JobQueue.extendLock")(function*(lease, leaseFor) {
      const duration = Duration.toMillis(yield* span("leaseFor", leaseFor ?? defaultLease))
      const sentAt = yield* monotonicMillis
      const extended = yield* accepted(store.extend([{ lease, leaseFor: duration }]))
      if (extended) yield* holdOurs(lease, sentAt + duration)
      return extended
    }),

    releaseStale: Effect.withSpan(releaseStale(store), "JobQueue.releaseStale")
  })
})

/** A job as the store takes it, or what is wrong with it. */
const newJob = <J extends Job.Any>(
  job: J,
  payload: Job.Payload<J>,
  options: EnqueueOptions
): Effect.Effect<NewJob, InvalidJob> =>
  Effect.gen(function*() {
    const { kind } = job
    const { partitionKey, uniqueKey } = options
    const queue = options.queue ?? job.queue
    const priority = options.priority ?? job.priority
    const maxAttempts = options.maxAttempts ?? job.maxAttempts
    for (
      const problem of [
        Job.nameProblem(kind, "queue", queue),
        Job.priorityProblem(kind, priority),
        Job.maxAttemptsProblem(kind, maxAttempts),
        partitionKey === undefined ? Option.none() : Job.nameProblem(kind, "partitionKey", partitionKey),
        uniqueKey === undefined ? Option.none() : Job.nameProblem(kind, "uniqueKey", uniqueKey)
      ]
    ) if (Option.isSome(problem)) return yield* problem.value
    const ids = yield* Ids
    return {
      id: options.id === undefined ? yield* ids.jobId : yield* callersId(kind, options.id),
      queue,
      kind,
      payload: yield* encodePayload(kind, job.payloadSchema, payload),
      priority,
      partitionKey: partitionKey ?? null,
      uniqueKey: uniqueKey ?? null,
      ...(yield* uniqueness(kind, options)),
      maxAttempts,
      available: yield* availability(kind, options),
      traceContext: yield* currentTraceContext
    }
  })

const availability = (kind: string, { at, delay }: EnqueueOptions): Effect.Effect<NewJob["available"], InvalidJob> => {
  if (at !== undefined && delay !== undefined) {
    return Effect.fail(new InvalidJob({ kind, field: "delay and at", allowed: "one of the two" }))
  }
  if (at !== undefined) {
    return Option.match(DateTime.make(at), {
      onNone: () =>
        Effect.fail(
          new InvalidJob({
            kind,
            field: "at",
            given: typeof at === "string" ? JSON.stringify(at) : Inspectable.toStringUnknown(at),
            allowed: "an instant"
          })
        ),
      onSome: (instant) => Effect.succeed({ at: Math.floor(DateTime.toEpochMillis(instant)) })
    })
  }
  return Option.match(
    Backoff.storable(delay ?? 0),
    {
      onNone: () =>
        Effect.fail(
          new InvalidJob({ kind, field: "delay", given: String(delay), allowed: "a duration from 0 to ten years" })
        ),
      onSome: (duration) => Effect.succeed({ after: Backoff.storableMillis(duration) })
    }
  )
}

const callersId = (kind: string, id: string) =>
  Effect.mapError(
    Schema.decodeUnknown(JobId)(id),
    () => new InvalidJob({ kind, field: "id", given: JSON.stringify(id), allowed: "a UUID in lower case" })
  )

/** Fails for text that cannot be an id. Any other may be the id of a row that an app's SQL has added. */
const jobIdOf = (id: string) =>
  id.isWellFormed() ? Effect.succeed(StoredJobId.make(id)) : Effect.fail(new JobNotFound({ jobId: id }))

/** Where a page ends, as text that `cursorId` takes and that no other text is taken for. */
const cursorAt = (id: string) => Schema.is(JobId)(id) ? id : `${oddCursor}${id}`

const cursorId = (cursor: string) =>
  Predicate.isString(cursor) && cursor.startsWith(oddCursor)
    ? Option.some(StoredJobId.make(cursor.slice(oddCursor.length)))
    : Schema.decodeUnknownOption(JobId)(cursor)

const oddCursor = "id:"

const accepted = <A>(answers: Effect.Effect<ReadonlyArray<Fenced<A>>, StoreFailure>) =>
  Effect.map(only(answers), Either.isRight)

/** The store answers for every item it is given. */
const present = <A>(answer: A | undefined): A => Option.getOrThrow(Option.fromNullable(answer))

const readableError = (error: unknown) => readableCause(Cause.isCause(error) ? error : Cause.fail(error))
