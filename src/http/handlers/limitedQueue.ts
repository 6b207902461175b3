import { Clock, Data, Effect } from "effect"
import type { JobQueueService, ListOptions } from "../../index.ts"
import { sharedFor } from "../sharedFor.ts"

/** No turn came in time, since as many calls of the store as are allowed were still not answered. Nothing was changed. */
export class StoreBusy extends Data.TaggedError("StoreBusy") {
  override get message() {
    return `${atOnce} calls of the job store are not answered yet, and none ended within ${longestWait}`
  }
}

/** Enough for some pages and programs, and too few to keep a worker from its database. */
const atOnce = 8

/** A call that waits for longer would be answered too late for the person who asks. */
const longestWait = "2 seconds"

/** The calls that handlers make, each of which may fail with `StoreBusy`. */
export type LimitedQueue = ReturnType<typeof limitedQueue>

/**
 * The same queue with at most 8 calls at once that read, and at most 8 that change something.
 *
 * The two do not wait for each other: while another program holds SQLite's write lock, the page still shows the jobs.
 * Lists and figures are shared: who asks for the same within `sharedFor` of another gets the same answer, until something is
 * changed through this queue, or `forget` is run.
 */
export const limitedQueue = (queue: JobQueueService) => {
  const reads = limited()
  const search = shareAnswers((options: ListOptions) => queue.search(options))
  const stats = shareAnswers((options: { readonly over?: number }) => queue.stats(options))
  const limit = limited()
  const forget = Effect.zipRight(search.forget, stats.forget)
  // A page looks again after what it has done.
  const writes: Limit = (call) => Effect.ensuring(limit(call), forget)
  return {
    forget,
    search: taking(reads, search.of),
    count: taking(reads, queue.count),
    get: taking(reads, queue.get),
    explain: taking(reads, queue.explain),
    stats: taking(reads, stats.of),
    pauses: reads(queue.pauses),
    workers: reads(queue.workers),
    cancel: taking(writes, queue.cancel),
    retry: taking(writes, queue.retry),
    edit: taking(writes, queue.edit),
    delete: taking(writes, queue.delete),
    bulkPage: taking(writes, queue.bulkPage),
    pause: taking(writes, queue.pause),
    resume: taking(writes, queue.resume)
  }
}

/**
 * Gives everybody who asks the same the last answer while it is new. Not Effect's Cache: its lookup runs in the fiber of the
 * first who asks, so an aborted request would interrupt all who wait for it.
 */
const shareAnswers = <Given, A, E>(call: (given: Given) => Effect.Effect<A, E>) => {
  const answers = new Map<string, { readonly at: number; readonly answer: A }>()
  let changes = 0
  return {
    of: (given: Given): Effect.Effect<A, E> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        for (const [to, { at }] of answers) if (Math.abs(now - at) >= sharedFor) answers.delete(to)
        const to = JSON.stringify(given)
        const known = answers.get(to)
        if (known !== undefined) return Effect.succeed(known.answer)
        const before = changes
        return Effect.tap(call(given), (answer) =>
          Effect.sync(() => {
            // A call that began before a change may tell of the time before it.
            if (changes === before) answers.set(to, { at: now, answer })
          }))
      }),
    /** To be run after a change. */
    forget: Effect.sync(() => {
      changes += 1
      answers.clear()
    })
  }
}

type Limit = <A, E>(call: Effect.Effect<A, E>) => Effect.Effect<A, E | StoreBusy>

const taking = <Given extends ReadonlyArray<unknown>, A, E>(
  limit: Limit,
  call: (...given: Given) => Effect.Effect<A, E>
) =>
(...given: Given) => limit(call(...given))

const limited = (): Limit => {
  const permits = Effect.unsafeMakeSemaphore(atOnce)
  return (call) =>
    Effect.suspend(() => {
      let hasBegun = false
      const begin = Effect.suspend(() => {
        hasBegun = true
        return call
      })
      // The limit is of the wait only. A call that has begun ends by itself, or with its request.
      const giveUp = Effect.flatMap(
        Effect.sleep(longestWait),
        () => hasBegun ? Effect.never : new StoreBusy()
      )
      return Effect.raceFirst(permits.withPermits(1)(begin), giveUp)
    })
}
