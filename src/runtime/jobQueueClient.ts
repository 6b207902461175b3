import { Cause, DateTime, Duration, Effect, Either, LogLevel, Option, Predicate, Redacted, Schema } from "effect"
import { endedAs } from "../domain/AttemptEnd.ts"
import * as Backoff from "../domain/Backoff.ts"
import { checkField, checkOption } from "../domain/check.ts"
import { InvalidJob, InvalidOption, JobNotFound } from "../domain/errors.ts"
import type * as Job from "../domain/Job.ts"
import { JobId, StoredJobId } from "../domain/JobId.ts"
import { JobEvent } from "../domain/JobEvent.ts"
import { JobStatus } from "../domain/JobRecord.ts"
import type { Lease } from "../domain/Lease.ts"
import { ClaimLimit, Delay, Instant, MaxAttempts, Name, PageLimit, Priority, TimerSpan } from "../domain/limits.ts"
import { payloadAndMore } from "../domain/NoPayload.ts"
import { causeName } from "../domain/Outcome.ts"
import { readableCause } from "../domain/readableCause.ts"
import { encodeJson, encodePayload } from "../domain/wireValue.ts"
import { guardCalls } from "../store/guardTelemetry.ts"
import type { ClaimRequest, NewJob } from "../store/JobStore.ts"
import { JobStore, only } from "../store/JobStore.ts"
import { isNameOf } from "../store/nameForOneClaim.ts"
import { giveWay } from "../platform/EventLoop.ts"
import { line } from "../platform/line.ts"
import { delayAfter } from "./attempt/delayAfter.ts"
import { claimed, factsOf, observe } from "./telemetry/jobEvents.ts"
import { HeldLeases } from "./attempt/HeldLeases.ts"
import { Ids } from "../platform/Ids.ts"
import { releaseStale } from "./maintenance/maintenance.ts"
import { monotonicMillis } from "../platform/monotonic.ts"
import { checkKinds, claimBytes, defaultLease } from "./options.ts"
import { currentTraceContext } from "./telemetry/traceContext.ts"
import type { ClaimOptions, EnqueueOptions, JobQueueService } from "./JobQueueService.ts"
import { settlesByHand } from "./settlesByHand.ts"
import { uniqueness } from "./uniqueness.ts"

/** The job queue over the job store: checks and encodes its arguments, and wakes this process's workers. */
export const makeJobQueue: Effect.Effect<JobQueueService, never, JobStore> = Effect.gen(function*() {
  const store = yield* JobStore
  const { signals } = store
  yield* observe(store.events)
  const thisWorker = yield* (yield* Ids).workerId
  const held = yield* HeldLeases

  /** Tells what a call has done, once it is committed. No interruption comes between, or nobody would ever tell it. */
  const thenTell = <A, E>(call: Effect.Effect<A, E>, eventsOf: (answer: A) => ReadonlyArray<JobEvent>) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.tap(restore(call), (answer) => {
        const events = eventsOf(answer)
        return events.length === 0
          ? Effect.void
          : store.afterCommit(Effect.forEach(events, store.events.publish, { discard: true }))
      })
    )

  const settle = settlesByHand(thenTell)

  const enqueueAll = Effect.fn("JobQueue.enqueue")(function*(
    job: Job.Any,
    entries: ReadonlyArray<{ readonly payload?: unknown } & EnqueueOptions>
  ) {
    const ids = new Set<string>()
    const twice = entries.find(({ id }) => id !== undefined && ids.size === ids.add(id).size)?.id
    if (twice !== undefined) {
      return yield* new InvalidJob({ kind: job.kind, field: "id", given: `${twice} twice`, allowed: "each id once" })
    }
    const jobs = yield* Effect.forEach(entries, ({ payload, ...options }, index) =>
      // Heartbeats must go on beside a million, and beside a loop of those that never get to the store, which gives way.
      Effect.zipRight(
        index === 0 ? Effect.void : giveWay,
        Effect.tapError(newJob(job, payload, options), () => giveWay)
      ))
    if (jobs.length === 0) return []
    const answers = yield* thenTell(store.enqueue(jobs), (answers) => {
      const jobIds = answers.filter(({ enqueued }) => enqueued).map(({ id }) => id)
      return jobIds.length === 0 ? [] : [JobEvent.Enqueued({ kind: job.kind, jobIds })]
    })
    // One that was moved may be due sooner than the workers know.
    if (answers.some(({ outcome }) => outcome === "enqueued" || outcome === "moved")) {
      yield* store.afterTransaction(signals.wake)
    }
    return answers
  })

  const claimRequest = (options: ClaimOptions) =>
    Effect.gen(function*() {
      const limit = yield* checkOption("limit", ClaimLimit, options.limit ?? 1)
      const kinds = yield* Effect.forEach(yield* checkKinds(options.jobs), (job) =>
        Effect.map(
          checkOption("leaseFor", TimerSpan, options.leaseFor ?? Option.getOrElse(job.leaseFor, () => defaultLease)),
          (leaseFor) => ({ kind: job.kind, leaseFor: Duration.toMillis(leaseFor) })
        ))
      const worker = yield* checkOption("worker", Name, options.worker ?? thisWorker)
      for (const queue of options.queues ?? []) yield* checkOption("queues", Name, queue)
      const queues = Option.map(
        Option.fromNullable(options.queues),
        (names) => [...new Set(names)].map((queue) => ({ queue, limit }))
      )
      return { limit, maxBytes: claimBytes, kinds, queues, worker } satisfies ClaimRequest
    })

  /** A request that was rolled back does not count; one that cannot be read now is found by the next heartbeat. */
  const tellWorkers = (id: JobId) =>
    store.get(id, undefined).pipe(
      Effect.flatMap((job) => job.cancelRequestedAt === null ? Effect.void : signals.cancel(id)),
      Effect.catchAll((error) => line(LogLevel.Debug, "A cancel request could not be read", { error: error._tag }))
    )

  /** A lease that was claimed in another's name is not this process's to hold. */
  const holdOurs = (lease: Lease, until: number) =>
    isNameOf(thisWorker, lease.worker) ? held.hold(lease, Effect.succeed(until)) : Effect.void

  const calls = guardCalls<Omit<JobQueueService, "events">>({
    enqueue: (job: Job.Any, ...more: readonly [unknown?, EnqueueOptions?]) => {
      const [payload, options] = payloadAndMore(job, ...more)
      return Effect.map(enqueueAll(job, [{ payload, ...options }]), ([answer]) => present(answer))
    },
    enqueueMany: enqueueAll,

    get: (id, options) => Effect.flatMap(jobIdOf(id), (id) => store.get(id, options?.partitionKey)),

    list: Effect.fn("JobQueue.list")(function*(options = {}) {
      const { cursor, limit: most = 100, ...filter } = options
      const limit = yield* checkOption("limit", PageLimit, most)
      if (filter.status !== undefined) yield* checkOption("status", JobStatus, filter.status)
      const page = yield* store.list({
        ...filter,
        limit,
        cursor: cursor === undefined ? undefined : yield* Effect.mapError(
          cursorId(cursor),
          () =>
            new InvalidOption({ option: "cursor", given: JSON.stringify(cursor), allowed: "the `cursor` of a page" })
        )
      })
      return { jobs: page.jobs, cursor: page.cursor === null ? null : cursorAt(page.cursor) }
    }),

    cancel: Effect.fn("JobQueue.cancel")(function*(given, options) {
      const id = yield* jobIdOf(given)
      const status = yield* thenTell(
        store.cancel(id, options?.partitionKey),
        (status) => [JobEvent.CancelRequested({ jobId: id, status })]
      )
      if (status === "running") yield* store.afterTransaction(tellWorkers(id))
      return status
    }),

    retry: Effect.fn("JobQueue.retry")(function*(given, options) {
      const id = yield* jobIdOf(given)
      yield* thenTell(store.retry(id, options?.partitionKey), () => [JobEvent.Retried({ jobId: id })])
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
      const jobs = yield* thenTell(store.claim(request), (jobs) => jobs.map(claimed))
      yield* Effect.forEach(jobs, ({ lease }) => holdOurs(lease, sentAt + lease.lockedUntil - lease.lockedAt), {
        discard: true
      })
      return jobs
    }),

    complete: Effect.fn("JobQueue.complete")(function*(lease, value) {
      const result = yield* encodeJson(lease.jobId, "result", Schema.Unknown, value)
      const settled = yield* settle(lease, store.complete([{ lease, result }]), () => "succeeded")
      held.letGo(lease)
      return settled
    }),

    fail: Effect.fn("JobQueue.fail")(function*(lease, error, options) {
      const delay = options?.retry === false
        ? Option.none()
        : yield* delayAfter(options?.backoff ?? Backoff.defaultBackoff, lease.failures + 1)
      const retryAfter = Option.match(delay, { onNone: () => null, onSome: Backoff.storableMillis })
      const cause = Cause.isCause(error) ? error : Cause.fail(error)
      const message = readableCause(cause)
      const settled = yield* settle(
        lease,
        store.fail([{ lease, error: message, retryAfter }]),
        (status) => endedAs(status, "retrying"),
        { failedWith: { name: causeName(cause), message: Redacted.make(message) }, delay }
      )
      held.letGo(lease)
      return settled
    }),

    extendLock: Effect.fn("JobQueue.extendLock")(function*(lease, leaseFor) {
      const duration = Duration.toMillis(yield* checkOption("leaseFor", TimerSpan, leaseFor ?? defaultLease))
      const sentAt = yield* monotonicMillis
      const answer = yield* thenTell(
        only(store.extend([{ lease, leaseFor: duration }])),
        Either.match({
          onLeft: () => [],
          onRight: (
            { kind, lease }
          ) => [JobEvent.Extended({ ...factsOf({ kind, lease }), lockedUntil: lease.lockedUntil })]
        })
      )
      if (Either.isRight(answer)) yield* holdOurs(lease, sentAt + duration)
      return Either.isRight(answer)
    }),

    releaseStale: Effect.withSpan(releaseStale(store), "JobQueue.releaseStale")
  })
  return { ...calls, events: store.events.stream }
})

/** A job as the store takes it, or the first thing that is wrong with it. */
const newJob = (job: Job.Any, payload: unknown, options: EnqueueOptions): Effect.Effect<NewJob, InvalidJob> =>
  Effect.gen(function*() {
    const checked = yield* check(job, payload, options)
    const id = checked.id ?? (yield* (yield* Ids).jobId)
    return { ...checked, id, traceContext: yield* currentTraceContext }
  })

/** What an enqueue names of a job. What it leaves to the definition was checked with that. */
const check = (job: Job.Any, payload: unknown, options: EnqueueOptions) =>
  Either.gen(function*() {
    const { kind } = job
    const given = <A, I>(field: "queue" | "priority" | "maxAttempts" | "id", rule: Schema.Schema<A, I>) =>
      options[field] === undefined ? Either.right(undefined) : checkField(kind, field, rule, options[field])
    const queue = (yield* given("queue", Name)) ?? job.queue
    const priority = (yield* given("priority", Priority)) ?? job.priority
    const maxAttempts = (yield* given("maxAttempts", MaxAttempts)) ?? job.maxAttempts
    const encoded = yield* encodePayload(kind, job.payloadSchema, payload)
    const partitionKey = yield* keyOf(job, "partitionKey", payload, options)
    const uniqueKey = yield* keyOf(job, "uniqueKey", payload, options)
    const id = yield* given("id", JobId)
    const unique = yield* uniqueness(kind, uniqueKey, options)
    const available = yield* availability(kind, options)
    return { id, kind, queue, priority, maxAttempts, payload: encoded, partitionKey, uniqueKey, ...unique, available }
  })

/** The key that an enqueue names, else the one that its definition makes of the payload. */
const keyOf = (job: Job.Any, field: "uniqueKey" | "partitionKey", payload: unknown, options: EnqueueOptions) => {
  const { kind } = job
  const named = Option.fromNullable(options[field])
  const key = Option.isSome(named) || Option.isNone(job[field])
    ? Either.right(Option.getOrUndefined(named))
    // It is the app's code, and what it throws can show the payload.
    : Either.try({
      try: () => Option.getOrThrow(job[field])(payload as never),
      catch: () => new InvalidJob({ kind, field, allowed: "a function that does not throw" })
    })
  return Either.flatMap(
    key,
    (name) => name === undefined ? Either.right(null) : checkField(kind, field, Name, name)
  )
}

const availability = (kind: string, { at, delay }: EnqueueOptions): Either.Either<NewJob["available"], InvalidJob> => {
  if (at !== undefined && delay !== undefined) {
    return Either.left(new InvalidJob({ kind, field: "delay and at", allowed: "one of the two" }))
  }
  if (at === undefined && delay === undefined) return Either.right({ after: 0 })
  return at === undefined
    ? Either.map(checkField(kind, "delay", Delay, delay), (delay) => ({ after: Backoff.storableMillis(delay) }))
    : Either.map(
      checkField(kind, "at", Instant, at),
      (instant) => ({ at: Math.floor(DateTime.toEpochMillis(instant)) })
    )
}

/** Fails for text that cannot be an id. Any other may be the id of a row that an app's SQL has added. */
const jobIdOf = (id: string) =>
  id.isWellFormed() ? Effect.succeed(StoredJobId.make(id)) : Effect.fail(new JobNotFound({ jobId: id }))

/** The end of a page, as text that `cursorId` reads and that no other text can be mistaken for. */
const cursorAt = (id: string) => Schema.is(JobId)(id) ? id : `${oddCursor}${id}`

const cursorId = (cursor: string) =>
  Predicate.isString(cursor) && cursor.startsWith(oddCursor)
    ? Option.some(StoredJobId.make(cursor.slice(oddCursor.length)))
    : Schema.decodeUnknownOption(JobId)(cursor)

const oddCursor = "id:"

/** The store answers for every item it is given. */
const present = <A>(answer: A | undefined): A => Option.getOrThrow(Option.fromNullable(answer))
