import { DateTime, Effect, Either, LogLevel, Option, Predicate, Schema } from "effect"
import { storableMillis } from "../domain/Backoff.ts"
import { checkOption } from "../domain/check.ts"
import { InvalidOption, JobNotFound } from "../domain/errors.ts"
import type * as Job from "../domain/Job.ts"
import { JobId, StoredJobId } from "../domain/JobId.ts"
import { JobEvent } from "../domain/JobEvent.ts"
import { JobStatus } from "../domain/JobRecord.ts"
import { Delay, FiniteSpan, Instant, Kind, Name, PageLimit, Priority } from "../domain/limits.ts"
import { payloadAndMore } from "../domain/NoPayload.ts"
import type { PauseTarget } from "../domain/Pause.ts"
import { mostWorkers } from "../domain/WorkerRecord.ts"
import { line } from "../platform/line.ts"
import { guardCalls, inSpanIfTraced } from "../store/guardTelemetry.ts"
import type { Changes } from "../store/JobStore.ts"
import { JobStore } from "../store/JobStore.ts"
import { makeCallsByHand } from "./callsByHand.ts"
import { explain } from "./explain.ts"
import type { EditOptions, EnqueueOptions, JobQueueService } from "./JobQueueService.ts"
import type { Entry } from "./newJob.ts"
import { newJobs } from "./newJob.ts"
import { stats } from "./stats.ts"
import { enqueueSpan } from "./telemetry/enqueueSpan.ts"
import { observe } from "./telemetry/jobEvents.ts"
import { makeThenTell } from "../store/thenTell.ts"

/** The job queue over the job store: checks and encodes its arguments, and wakes this process's workers. */
export const makeJobQueue: Effect.Effect<JobQueueService, never, JobStore> = Effect.gen(function*() {
  const store = yield* JobStore
  const { signals } = store
  yield* observe(store.events)
  const thenTell = makeThenTell(store)
  const byHand = yield* makeCallsByHand(store, thenTell)

  const enqueueAll = (job: Job.Any, entries: ReadonlyArray<Entry>) =>
    inSpanIfTraced(
      "JobQueue.enqueue",
      Effect.flatMap(newJobs(job, entries, store.jsonRefusal), (jobs) =>
        jobs.length === 0 ? Effect.succeed([]) : store.enqueue(jobs)),
      () =>
        enqueueSpan(job, entries)
    )

  /** A request that was rolled back does not count; one that cannot be read now is found by the next heartbeat. */
  const tellWorkers = (id: JobId) =>
    store.get(id, undefined).pipe(
      Effect.flatMap((job) => job.cancelRequestedAt === null ? Effect.void : signals.cancel(id)),
      Effect.catchAll((error) => line(LogLevel.Debug, "A cancel request could not be read", { error: error._tag }))
    )

  const enqueues: Pick<JobQueueService, "enqueue" | "enqueueMany"> = {
    enqueue: (job: Job.Any, ...more: readonly [unknown?, EnqueueOptions?]) => {
      const [payload, options] = payloadAndMore(job, ...more)
      return Effect.map(enqueueAll(job, [{ payload, ...options }]), ([answer]) => present(answer))
    },
    enqueueMany: enqueueAll
  }

  const others = guardCalls<Omit<JobQueueService, keyof typeof enqueues | "events">>({
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

    edit: Effect.fn("JobQueue.edit")(function*(given, { partitionKey, ...options }) {
      const id = yield* jobIdOf(given)
      const changes = yield* changesOf(options)
      yield* thenTell(store.edit(id, partitionKey, changes), () => [JobEvent.Edited({ jobId: id })])
      yield* store.afterTransaction(signals.wake)
    }),

    delete: Effect.fn("JobQueue.delete")(function*(given, options) {
      const id = yield* jobIdOf(given)
      return yield* thenTell(
        store.delete(id, options?.partitionKey),
        (status) => [JobEvent.Deleted({ jobId: id, status })]
      )
    }),

    pause: Effect.fn("JobQueue.pause")(function*(target, options) {
      yield* checkTarget(target)
      const by = options?.by === undefined ? undefined : yield* checkOption("by", Name, options.by)
      return yield* store.pause(target, by)
    }),
    resume: Effect.fn("JobQueue.resume")(function*(target) {
      yield* checkTarget(target)
      return yield* store.resume(target)
    }),
    pauses: Effect.suspend(() => store.pauses()),
    workers: Effect.suspend(() => store.workers({ limit: mostWorkers })),

    explain: (id, options) => Effect.flatMap(jobIdOf(id), (id) => explain(store, id, options?.partitionKey)),
    stats: (options = {}) =>
      Effect.flatMap(checkOption("over", FiniteSpan, options.over ?? "5 minutes"), (over) => stats(store, over)),

    ...byHand
  })
  return { ...enqueues, ...others, events: store.events.stream }
})

/** The changes of an edit, or the option that does not fit. */
const changesOf = ({ at, delay, priority }: EditOptions): Either.Either<Changes, InvalidOption> =>
  Either.gen(function*() {
    if (at === undefined && delay === undefined && priority === undefined) {
      return yield* Either.left(
        new InvalidOption({ option: "edit", given: "nothing", allowed: "one or more of delay, at and priority" })
      )
    }
    if (at !== undefined && delay !== undefined) {
      return yield* Either.left(
        new InvalidOption({ option: "delay and at", given: "both", allowed: "only one of the two" })
      )
    }
    return {
      priority: priority === undefined ? undefined : yield* checkOption("priority", Priority, priority),
      available: delay !== undefined
        ? { after: storableMillis(yield* checkOption("delay", Delay, delay)) }
        : at !== undefined
        ? { at: Math.floor(DateTime.toEpochMillis(yield* checkOption("at", Instant, at))) }
        : undefined
    }
  })

const checkTarget = (target: PauseTarget): Effect.Effect<string, InvalidOption> =>
  (target.queue === undefined) === (target.kind === undefined)
    ? new InvalidOption({
      option: "queue and kind",
      given: target.queue === undefined ? "neither" : "both",
      allowed: "one of the two"
    })
    : target.queue === undefined
    ? checkOption("kind", Kind, target.kind)
    : checkOption("queue", Name, target.queue)

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
