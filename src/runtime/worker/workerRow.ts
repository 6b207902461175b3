import type { Scope } from "effect"
import { Deferred, Duration, Effect, FiberId, Queue } from "effect"
import { monotonicMillis } from "../../platform/monotonic.ts"
import type { JobStore, WorkerBeat } from "../../store/JobStore.ts"
import { callStore } from "../callStore.ts"
import * as log from "../telemetry/workerLog.ts"

/*
 * The row that shows a worker to people. It is a hint: beats run beside the claims,
 * which wait for none, and one that fails is tried again at the next.
 */

/** The row of a worker. */
export interface WorkerRow {
  /** Has the worker report now, and not only at its next beat. Does not wait for it. */
  readonly beatNow: Effect.Effect<void>
  /** Ends the beats and deletes the row. Takes 2 s at most. Its caller must be interruptible. */
  readonly forget: Effect.Effect<void>
}

/** A call that takes longer is given up, and others follow. It may hold a connection that a lease needs. */
const beatMayTake = Duration.seconds(5)

/** A database that has not deleted a row by then is away, or busy with what matters more. */
const forgetMayTake = Duration.seconds(2)

/**
 * Writes the row of a worker now and every `every`, until it is forgotten or the
 * scope closes. `beat` says what there is to report.
 */
export const keepRow = ({ beat, every, store, worker }: {
  readonly store: typeof JobStore.Service
  readonly worker: string
  readonly every: Duration.Duration
  readonly beat: () => WorkerBeat
}): Effect.Effect<WorkerRow, never, Scope.Scope> =>
  Effect.gen(function*() {
    const asked = yield* Queue.sliding<void>(1)
    let isForgotten = false
    /** The last beat. `ended` completes with its call. */
    let last: { readonly sentAt: number; readonly ended: Deferred.Deferred<void>; isUnderWay: boolean } | undefined
    /** The failures that were logged since a beat succeeded. */
    const logged = new Set<string>()

    const write = Effect.flatMap(monotonicMillis, (sentAt) => {
      if (isForgotten) return Effect.void
      const sent = { sentAt, ended: Deferred.unsafeMake<void>(FiberId.none), isUnderWay: true }
      last = sent
      return Effect.ensuring(
        store.beatWorker(beat()),
        Effect.suspend(() => {
          sent.isUnderWay = false
          return Deferred.succeed(sent.ended, undefined)
        })
      )
    })

    const beatOnce = Effect.matchEffect(callStore("beatWorker", Duration.min(beatMayTake, every), () => write), {
      onSuccess: () => Effect.sync(() => logged.clear()),
      // The polls say so again and again where the database is away. What lasts, such as a missing right, is said once.
      onFailure: (error) =>
        Effect.suspend(() => {
          const isNew = !logged.has(String(error))
          logged.add(String(error))
          return isNew ? log.storeUnavailable("worker's row", error) : Effect.void
        })
    })

    yield* Effect.zipRight(beatOnce, Effect.timeoutOption(Queue.take(asked), every)).pipe(
      Effect.forever,
      Effect.forkScoped
    )

    const erase = Effect.suspend(() => {
      isForgotten = true
      if (last === undefined) return Effect.void
      // A beat that is under way could be written after the deletion. One that was given up still may be: its row is pruned
      // like a dead worker's.
      return Effect.zipRight(Deferred.await(last.ended), store.forgetWorker(worker))
    })

    /** Does not wait for a store that has left the last beat unanswered for as long. */
    const forget = Effect.flatMap(monotonicMillis, (now) => {
      const waited = last?.isUnderWay === true ? now - last.sentAt : 0
      const left = Math.max(0, Duration.toMillis(forgetMayTake) - waited)
      return Effect.catchAll(callStore("forgetWorker", left, () => erase), log.rowLeftBehind)
    })

    return { beatNow: Effect.asVoid(Queue.offer(asked, undefined)), forget }
  })
