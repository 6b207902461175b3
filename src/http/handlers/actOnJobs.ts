import { Effect } from "effect"
import { bounded } from "../../domain/bounded.ts"
import type { JobAction, JobFate, JobFilter, JobStatus, NotDone } from "../../index.ts"
import type { ActionFilter } from "../api/requests.ts"
import type { Fate } from "../api/views.ts"
import type { LimitedQueue } from "./limitedQueue.ts"
import type { QueueFailure } from "./refusals.ts"
import { isOfStore, logged, refusalOf, refusing } from "./refusals.ts"

/** An action on a job. Answers the status that the job has now, or had if it was deleted. */
export const actionsOn = (
  queue: LimitedQueue,
  availableAt?: number
): Record<JobAction, (id: string) => Effect.Effect<JobStatus, QueueFailure>> => ({
  cancel: (id) => queue.cancel(id),
  retry: (id) => Effect.as(queue.retry(id, dueAt(availableAt)), "pending" as const),
  "run-now": (id) => Effect.as(queue.edit(id, { delay: 0 }), "pending" as const),
  delete: (id) => queue.delete(id)
})

/**
 * Does something to each job, one after the other, and tells what became of each. An id given twice is tried once.
 *
 * Once the store fails, the others are not tried: each would wait for it as long.
 */
export const actOnJobs = Effect.fn("HoldfastHttp.actOnJobs")(function*(
  ids: ReadonlyArray<string>,
  act: (id: string) => Effect.Effect<JobStatus, QueueFailure>
) {
  const fates = new Map<string, Fate>()
  let stopped = false
  for (const id of new Set(ids)) {
    if (stopped) {
      fates.set(id, { id, done: false, error: "not_tried", message: "Not tried, since the job store has failed" })
      continue
    }
    const fate = yield* act(id).pipe(
      Effect.map((status): Fate => ({ id, done: true, status })),
      Effect.catchAll((failure) =>
        Effect.gen(function*() {
          stopped = isOfStore(failure)
          yield* logged(failure)
          return { id, done: false, error: refusalOf(failure)._tag, message: messageOf(failure) } satisfies Fate
        })
      )
    )
    fates.set(id, fate)
  }
  return ids.flatMap((id) => fates.get(id) ?? [])
})

/** The time at which a job is due that is retried; none makes it due now. */
export const dueAt = (availableAt: number | undefined) => availableAt === undefined ? {} : { at: availableAt }

/** A filter as the queue has it. */
export const filterOf = ({ partition, ...filter }: Omit<ActionFilter, "all">): JobFilter => ({
  ...filter,
  ...partition === undefined ? {} : { partitionKey: partition }
})

/** Does something to the next jobs of a filter, in one transaction, and tells what became of each and where to go on. */
export const actOnFilter = Effect.fn("HoldfastHttp.actOnFilter")(function*(
  queue: LimitedQueue,
  asked: {
    readonly action: JobAction
    readonly filter: JobFilter
    readonly availableAt: number | undefined
    readonly cursor: string | undefined
    readonly limit: number | undefined
  }
) {
  const { action, availableAt, cursor, filter, limit } = asked
  const page = yield* refusing(queue.bulkPage({
    action,
    filter,
    ...dueAt(availableAt),
    ...cursor === undefined ? {} : { cursor },
    ...limit === undefined ? {} : { limit }
  }))
  return { fates: yield* Effect.forEach(page.fates, fateOf), cursor: page.cursor }
})

const fateOf = (fate: JobFate): Effect.Effect<Fate> =>
  fate._tag === "Done"
    ? Effect.succeed({ id: fate.jobId, done: true, status: fate.status })
    : Effect.as(
      fate.error._tag === "JobNotMatching" ? Effect.void : logged(fate.error),
      { id: fate.jobId, done: false, error: tagOf(fate.error), message: notDoneText(fate.error) }
    )

const tagOf = (error: NotDone): string => error._tag === "JobNotMatching" ? "job_not_matching" : refusalOf(error)._tag

const notDoneText = (error: NotDone): string =>
  error._tag === "JobNotMatching"
    ? "It no longer fits the filter: something else changed it first"
    : messageOf(error)

/** The text of a database's error is for the log. */
const messageOf = (failure: QueueFailure) =>
  isOfStore(failure) ? "The job store failed or is busy; the log says why" : bounded(failure.message, 500)
