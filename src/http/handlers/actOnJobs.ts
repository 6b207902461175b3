import { Effect } from "effect"
import { bounded } from "../../domain/bounded.ts"
import type { JobStatus } from "../../index.ts"
import type { JobAction } from "../api/requests.ts"
import type { Fate } from "../api/views.ts"
import type { LimitedQueue } from "./limitedQueue.ts"
import type { QueueFailure } from "./refusals.ts"
import { isOfStore, logged, refusalOf } from "./refusals.ts"

/** An action on a job. Answers the status that the job has now, or had if it was deleted. */
export const actionsOn = (
  queue: LimitedQueue
): Record<JobAction, (id: string) => Effect.Effect<JobStatus, QueueFailure>> => ({
  cancel: (id) => queue.cancel(id),
  retry: (id) => Effect.as(queue.retry(id), "pending" as const),
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

/** The text of a database's error is for the log. */
const messageOf = (failure: QueueFailure) =>
  isOfStore(failure) ? "The job store failed or is busy; the log says why" : bounded(failure.message, 500)
