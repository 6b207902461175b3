import { Clock, Data, Effect } from "effect"
import type { JobQueueService } from "../../index.ts"

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
 */
export const limitedQueue = (queue: JobQueueService) => {
  const reads = limited()
  const stats = forAll((over: number | undefined) => queue.stats(over === undefined ? {} : { over }))
  const limit = limited()
  // A page looks again after what it has done.
  const writes: Limit = (call) => Effect.ensuring(limit(call), stats.forget)
  return {
    search: taking(reads, queue.search),
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

/** Milliseconds for which an answer is one for all who ask: ten pages that look once a second make four looks. */
const isNewFor = 250

/** Gives everybody the last answer while it is new. */
const forAll = <Key, A, E>(call: (key: Key) => Effect.Effect<A, E>) => {
  const last = new Map<Key, { readonly at: number; readonly answer: A }>()
  return {
    of: (key: Key): Effect.Effect<A, E> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const known = last.get(key)
        if (known !== undefined && Math.abs(now - known.at) < isNewFor) return Effect.succeed(known.answer)
        return Effect.tap(call(key), (answer) =>
          Effect.sync(() => {
            last.clear()
            last.set(key, { at: now, answer })
          }))
      }),
    forget: Effect.sync(() => last.clear())
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
