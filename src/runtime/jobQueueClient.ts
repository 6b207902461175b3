import { Chunk, DateTime, Effect, Either, Option, Stream } from "effect"
import { storableMillis } from "../domain/Backoff.ts"
import { checkOption, shown } from "../domain/check.ts"
import { InvalidOption, JobNotFound } from "../domain/errors.ts"
import type * as Job from "../domain/Job.ts"
import { changedBy, JobAction } from "../domain/JobAction.ts"
import type { JobId } from "../domain/JobId.ts"
import { StoredJobId } from "../domain/JobId.ts"
import { JobEvent } from "../domain/JobEvent.ts"
import { CountLimit, Delay, FiniteSpan, Instant, Kind, Name, Priority } from "../domain/limits.ts"
import { payloadAndMore } from "../domain/NoPayload.ts"
import type { PauseTarget } from "../domain/Pause.ts"
import { mostWorkers } from "../domain/WorkerRecord.ts"
import { EventLoop } from "../platform/EventLoop.ts"
import { guardCalls, inSpanIfTraced } from "../store/guardTelemetry.ts"
import type { Changes } from "../store/JobStore.ts"
import { isInTransaction } from "../store/ambientTransaction.ts"
import { JobStore } from "../store/JobStore.ts"
import { makeCallsByHand } from "./callsByHand.ts"
import { explain } from "./explain.ts"
import type { EditOptions, EnqueueOptions, JobQueueService } from "./JobQueueService.ts"
import type { Entry } from "./newJob.ts"
import { newJobs } from "./newJob.ts"
import { eventsOf, fatesOf, runningOf } from "./operate/bulk.ts"
import { countUpTo, cursorText, filterOf, listingOf } from "./operate/filters.ts"
import { stats } from "./stats.ts"
import { enqueueSpan } from "./telemetry/enqueueSpan.ts"
import { observe } from "./telemetry/jobEvents.ts"
import { actionBytes } from "./options.ts"
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

  /** Stops jobs of this process at once. A request that was rolled back does not count. */
  const stop = (ids: ReadonlyArray<JobId>) =>
    ids.length === 0
      ? Effect.void
      : Effect.flatMap(isInTransaction, (isInside) => store.afterCommit(stopNow(ids, isInside)))

  /** A nested transaction may have been rolled back in one that is committed, so each request is looked at then. */
  const stopNow = (ids: ReadonlyArray<JobId>, isInside: boolean) =>
    Effect.forEach(
      ids,
      (id) => Effect.whenEffect(signals.cancel(id), isInside ? isCancelled(id) : Effect.succeed(true)),
      {
        discard: true
      }
    )

  /** False also if the store does not answer. The worker hears of a cancel with its next heartbeat, too. */
  const isCancelled = (id: JobId) =>
    Effect.match(store.get(id, undefined), {
      onFailure: () => false,
      onSuccess: ({ cancelRequestedAt }) => cancelRequestedAt !== null
    })

  const wake = store.afterTransaction(signals.wake)

  const enqueues: Pick<JobQueueService, "enqueue" | "enqueueMany"> = {
    enqueue: (job: Job.Any, ...more: readonly [unknown?, EnqueueOptions?]) => {
      const [payload, options] = payloadAndMore(job, ...more)
      return Effect.map(enqueueAll(job, [{ payload, ...options }]), ([answer]) => present(answer))
    },
    enqueueMany: enqueueAll
  }

  const others = guardCalls<Omit<JobQueueService, keyof typeof enqueues | "bulk" | "events">>({
    get: (id, options) => Effect.flatMap(jobIdOf(id), (id) => store.get(id, options?.partitionKey)),

    list: Effect.fn("JobQueue.list")(function*(options = {}) {
      const page = yield* store.list(yield* listingOf(options))
      return { jobs: page.jobs, cursor: cursorText(page.cursor) }
    }),

    search: Effect.fn("JobQueue.search")(function*(options = {}) {
      const page = yield* store.search(yield* listingOf(options))
      return { jobs: page.jobs, cursor: cursorText(page.cursor) }
    }),

    count: Effect.fn("JobQueue.count")(function*(filter = {}, { limit: most = 10_000 } = {}) {
      const limit = yield* checkOption("limit", CountLimit, most)
      return yield* countUpTo(store, yield* filterOf(filter), limit)
    }),

    cancel: Effect.fn("JobQueue.cancel")(function*(given, options) {
      const id = yield* jobIdOf(given)
      return yield* thenTell(
        store.cancel(id, options?.partitionKey),
        (status) => [JobEvent.CancelRequested({ jobId: id, status })],
        (status) => stop(status === "running" ? [id] : [])
      )
    }),

    retry: Effect.fn("JobQueue.retry")(function*(given, { partitionKey, ...due } = {}) {
      const id = yield* jobIdOf(given)
      const available = yield* dueOf(due)
      yield* thenTell(store.retry(id, partitionKey, available), () => [JobEvent.Retried({ jobId: id })], () => wake)
    }),

    edit: Effect.fn("JobQueue.edit")(function*(given, { partitionKey, ...options }) {
      const id = yield* jobIdOf(given)
      const changes = yield* changesOf(options)
      yield* thenTell(store.edit(id, partitionKey, changes), () => [JobEvent.Edited({ jobId: id })], () => wake)
    }),

    delete: Effect.fn("JobQueue.delete")(function*(given, options) {
      const id = yield* jobIdOf(given)
      return yield* thenTell(
        store.delete(id, options?.partitionKey),
        (status) => [JobEvent.Deleted({ jobId: id, status })]
      )
    }),

    bulkPage: Effect.fn("JobQueue.bulkPage")(function*({ action: given, cursor, filter, limit, ...due }) {
      const action = yield* checkOption("action", JobAction, given)
      const available = yield* dueOf(due)
      if (available !== undefined && action !== "retry") {
        const option = due.delay === undefined ? "at" : "delay"
        return yield* new InvalidOption({
          option,
          given: shown(due[option]),
          allowed: `none for ${action}, since only a retry has a due time`
        })
      }
      const { cursor: place, isInclusive, limit: most, ...fits } = yield* listingOf({
        ...filter,
        status: yield* changedBy(action, filter.status),
        ...cursor === undefined ? {} : { cursor },
        ...limit === undefined ? {} : { limit }
      })
      const page = yield* store.search({ ...fits, cursor: place, isInclusive, limit: most, mostBytes: actionBytes })
      const ids = page.jobs.map(({ id }) => id)
      const acted = ids.length === 0
        ? []
        : yield* thenTell(
          store.act({ action, available, filter: fits, ids }),
          (acted) => eventsOf(action, ids, acted),
          (acted) =>
            action === "cancel"
              ? stop(runningOf(ids, acted))
              : action !== "delete" && acted.some(Either.isRight)
              ? wake
              : Effect.void
        )
      return { fates: fatesOf(ids, acted), cursor: cursorText(page.cursor) }
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
  return {
    ...enqueues,
    ...others,
    bulk: (options) =>
      Stream.paginateChunkEffect(options, (options) =>
        Effect.map(
          // Others wait for the database, and for the event loop, while a page is changed.
          Effect.flatMap(EventLoop, ({ turn }) => Effect.zipRight(turn, others.bulkPage(options))),
          ({ cursor, fates }) => [
            Chunk.fromIterable(fates),
            cursor === null ? Option.none() : Option.some({ ...options, cursor })
          ]
        )),
    events: store.events.stream
  }
})

/** The due time that `delay` or `at` gives; undefined where neither is given. */
const dueOf = (
  { at, delay }: Pick<EditOptions, "at" | "delay">
): Either.Either<Changes["available"], InvalidOption> =>
  Either.gen(function*() {
    if (at !== undefined && delay !== undefined) {
      return yield* Either.left(
        new InvalidOption({ option: "delay and at", given: "both", allowed: "only one of the two" })
      )
    }
    return delay !== undefined
      ? { after: storableMillis(yield* checkOption("delay", Delay, delay)) }
      : at !== undefined
      ? { at: Math.floor(DateTime.toEpochMillis(yield* checkOption("at", Instant, at))) }
      : undefined
  })

/** The changes of an edit, or the option that does not fit. */
const changesOf = (options: EditOptions): Either.Either<Changes, InvalidOption> =>
  Either.gen(function*() {
    const { at, delay, priority } = options
    if (at === undefined && delay === undefined && priority === undefined) {
      return yield* Either.left(
        new InvalidOption({ option: "edit", given: "nothing", allowed: "one or more of delay, at and priority" })
      )
    }
    const available = yield* dueOf(options)
    return {
      priority: priority === undefined ? undefined : yield* checkOption("priority", Priority, priority),
      available
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

/** The store answers for every item it is given. */
const present = <A>(answer: A | undefined): A => Option.getOrThrow(Option.fromNullable(answer))
